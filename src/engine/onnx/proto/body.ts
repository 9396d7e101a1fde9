import type { ModelBytes } from '../../contract.js';
import type { Attribute, Constant, Node } from '../graph/ir.js';
import { writeAttribute } from './attribute.js';
import { normalDomain, readInitializer, readNode, readOpsets } from './codec.js';
import { constantOfNode, isConstantNode } from './constant-node.js';
import { decodeIn } from './malformed.js';
import { AttributeProto, FunctionProto, GraphProto, joined, NodeProto, ValueInfoProto } from './schema.js';

/** Nodes and constants that can take the place of the node that holds or calls them, under their own names. */
export interface Body {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
}

/** The graph in an attribute, such as a branch of If; it may read names from outside. */
export function readSubgraph(model: ModelBytes, attribute: Uint8Array): Body {
  const { g } = decodeIn(model, AttributeProto, attribute, 'a subgraph');
  const graph = decodeIn(model, GraphProto, joined(g), 'a subgraph');
  const nameOf = (info: Uint8Array): string => decodeIn(model, ValueInfoProto, info, 'a value of a subgraph').name;
  return bodyOf(
    model,
    graph.input.map(nameOf),
    graph.output.map(nameOf),
    graph.node,
    new Map(graph.initializer.map((tensor) => readInitializer(model, tensor))),
  );
}

/** A function that the model defines for itself. */
export interface LocalFunction {
  readonly domain: string;
  readonly name: string;
  readonly opset: number | undefined;
  /** What it does for a caller with these attributes. */
  body(attributes: Node['attributes']): Body;
}

export function readFunction(model: ModelBytes, bytes: Uint8Array): LocalFunction {
  const proto = decodeIn(model, FunctionProto, bytes, 'a function of the model');
  const defaults = new Map(
    proto.attributeProto.map((attribute) => {
      return [decodeIn(model, AttributeProto, attribute, `function \`${proto.name}\``).name, attribute] as const;
    }),
  );
  return {
    domain: normalDomain(proto.domain),
    name: proto.name,
    opset: proto.opsetImport.length === 0 ? undefined : readOpsets(model, proto.opsetImport).get(''),
    body: (attributes) => {
      const nodes = proto.node.map((node) => withAttributes(model, node, attributes, defaults));
      return bodyOf(model, proto.input, proto.output, nodes, new Map());
    },
  };
}

function bodyOf(
  model: ModelBytes,
  inputs: readonly string[],
  outputs: readonly string[],
  nodes: readonly Uint8Array[],
  constants: ReadonlyMap<string, Constant>,
): Body {
  const all = nodes.map((node) => readNode(model, node));
  const fromNodes = all.filter(isConstantNode).map((node) => constantOfNode(model, node));
  return {
    inputs,
    outputs,
    nodes: all.filter((node) => !isConstantNode(node)),
    constants: new Map([...constants, ...fromNodes]),
  };
}

/** A node of a function in which references to the function's attributes are replaced by the caller's, or by defaults. */
function withAttributes(
  model: ModelBytes,
  bytes: Uint8Array,
  given: Node['attributes'],
  defaults: ReadonlyMap<string, Uint8Array>,
): Uint8Array {
  const node = decodeIn(model, NodeProto, bytes, 'a node of a function');
  const attribute = node.attribute.flatMap((own) => {
    const { name, refAttrName } = decodeIn(model, AttributeProto, own, 'an attribute in a function');
    if (refAttrName === '') return [own];
    const value = given.get(refAttrName);
    if (value !== undefined) return [renamed(model, name, value)];
    const fallback = defaults.get(refAttrName);
    return fallback === undefined ? [] : [AttributeProto.encode({ ...AttributeProto.decode(fallback), name })];
  });
  return NodeProto.encode({ ...node, attribute });
}

function renamed(model: ModelBytes, name: string, value: Attribute): Uint8Array {
  if (value.kind !== 'opaque') return writeAttribute(name, value);
  return AttributeProto.encode({ ...decodeIn(model, AttributeProto, value.bytes, 'an attribute'), name });
}
