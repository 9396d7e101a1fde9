import type { ModelBytes } from '../../contract.js';
import type { Attribute } from '../graph/ir.js';
import { longOf, longsOf, numberOf, numbersOf } from './int64.js';
import { decodeIn, malformed } from './malformed.js';
import { ATTRIBUTE_TYPE, AttributeProto, joined, LAST_ATTRIBUTE_TYPE, type MessageOf } from './schema.js';
import { readSubgraphs } from './subgraph.js';
import { readTensor, writeTensor } from './tensor.js';

type Message = MessageOf<typeof AttributeProto>;

/** Reads one attribute of a node; `node` names the node in errors. */
export function readAttribute(model: ModelBytes, bytes: Uint8Array, node: string): readonly [string, Attribute] {
  const message = decodeIn(model, AttributeProto, bytes, `an attribute of ${node}`);
  const label = `attribute \`${message.name}\` of ${node}`;
  if (message.name === '') throw malformed(model, `${node} has an attribute without a name`);
  if (message.refAttrName !== '')
    throw malformed(model, `${label} refers to a function's attribute outside a function`);
  return [message.name, valueOf(model, message, bytes, label)];
}

export function writeAttribute(name: string, attribute: Attribute): Uint8Array {
  switch (attribute.kind) {
    case 'float':
      return AttributeProto.encode({ name, type: ATTRIBUTE_TYPE.float, f: attribute.value });
    case 'int':
      return AttributeProto.encode({ name, type: ATTRIBUTE_TYPE.int, i: longOf(attribute.value) });
    case 'string':
      return AttributeProto.encode({ name, type: ATTRIBUTE_TYPE.string, s: encodeText(attribute.value) });
    case 'tensor':
      return AttributeProto.encode({ name, type: ATTRIBUTE_TYPE.tensor, t: [writeTensor(attribute.value, '')] });
    case 'floats':
      return AttributeProto.encode({ name, type: ATTRIBUTE_TYPE.floats, floats: attribute.value });
    case 'ints':
      return AttributeProto.encode({ name, type: ATTRIBUTE_TYPE.ints, ints: longsOf(attribute.value) });
    case 'strings':
      return AttributeProto.encode({ name, type: ATTRIBUTE_TYPE.strings, strings: attribute.value.map(encodeText) });
    case 'opaque':
      return attribute.bytes;
  }
}

function valueOf(model: ModelBytes, message: Message, bytes: Uint8Array, label: string): Attribute {
  switch (message.type) {
    case ATTRIBUTE_TYPE.float:
      return { kind: 'float', value: message.f };
    case ATTRIBUTE_TYPE.int:
      return { kind: 'int', value: numberOf(message.i) };
    case ATTRIBUTE_TYPE.floats:
      return { kind: 'floats', value: message.floats };
    case ATTRIBUTE_TYPE.ints:
      return { kind: 'ints', value: numbersOf(message.ints) };
    case ATTRIBUTE_TYPE.tensor:
      return { kind: 'tensor', value: readTensor(model, joined(message.t), label) };
    case ATTRIBUTE_TYPE.string: {
      const value = decodeText(message.s);
      return value === null ? { kind: 'opaque', bytes, captures: [] } : { kind: 'string', value };
    }
    case ATTRIBUTE_TYPE.strings: {
      const value = message.strings.map(decodeText);
      return value.every((text) => text !== null)
        ? { kind: 'strings', value }
        : { kind: 'opaque', bytes, captures: [] };
    }
    case ATTRIBUTE_TYPE.graph:
    case ATTRIBUTE_TYPE.graphs:
      return { kind: 'opaque', ...readSubgraphs(model, message, bytes, label) };
    default:
      if (message.type <= 0 || message.type > LAST_ATTRIBUTE_TYPE) throw malformed(model, `${label} has no known type`);
      return { kind: 'opaque', bytes, captures: [] };
  }
}

function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Null for bytes that are no UTF-8: some operators keep binary data in string attributes. */
function decodeText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
