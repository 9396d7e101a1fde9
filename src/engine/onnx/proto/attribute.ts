import type { ModelBytes } from '../../contract.js';
import type { Attribute } from '../graph/ir.js';
import { longOf, longsOf, numberOf, numbersOf } from './int64.js';
import { decodeIn, malformed } from './malformed.js';
import { AttributeProto, type MessageOf } from './schema.js';
import { readSubgraphs } from './subgraph.js';
import { readTensor, writeTensor } from './tensor.js';

type Message = MessageOf<typeof AttributeProto>;

/** AttributeProto.AttributeType */
const TYPE = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8, graphs: 10 } as const;
const KNOWN_TYPES = 14;

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
      return AttributeProto.encode({ name, type: TYPE.float, f: attribute.value });
    case 'int':
      return AttributeProto.encode({ name, type: TYPE.int, i: longOf(attribute.value) });
    case 'string':
      return AttributeProto.encode({ name, type: TYPE.string, s: encodeText(attribute.value) });
    case 'tensor':
      return AttributeProto.encode({ name, type: TYPE.tensor, t: writeTensor(attribute.value, '') });
    case 'floats':
      return AttributeProto.encode({ name, type: TYPE.floats, floats: attribute.value });
    case 'ints':
      return AttributeProto.encode({ name, type: TYPE.ints, ints: longsOf(attribute.value) });
    case 'strings':
      return AttributeProto.encode({ name, type: TYPE.strings, strings: attribute.value.map(encodeText) });
    case 'opaque':
      return attribute.bytes;
  }
}

function valueOf(model: ModelBytes, message: Message, bytes: Uint8Array, label: string): Attribute {
  switch (message.type) {
    case TYPE.float:
      return { kind: 'float', value: message.f };
    case TYPE.int:
      return { kind: 'int', value: numberOf(message.i) };
    case TYPE.floats:
      return { kind: 'floats', value: message.floats };
    case TYPE.ints:
      return { kind: 'ints', value: numbersOf(message.ints) };
    case TYPE.tensor:
      return { kind: 'tensor', value: readTensor(model, message.t, label) };
    case TYPE.string: {
      const value = decodeText(message.s);
      return value === null ? { kind: 'opaque', bytes, captures: [] } : { kind: 'string', value };
    }
    case TYPE.strings: {
      const value = message.strings.map(decodeText);
      return value.every((text) => text !== null)
        ? { kind: 'strings', value }
        : { kind: 'opaque', bytes, captures: [] };
    }
    case TYPE.graph:
    case TYPE.graphs:
      return { kind: 'opaque', ...readSubgraphs(model, message, bytes, label) };
    default:
      if (message.type <= 0 || message.type > KNOWN_TYPES) throw malformed(model, `${label} has no known type`);
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
