import type { ModelBytes } from '../../contract.js';
import { isExternal } from './external-data.js';
import { refuseFatalNode } from './fatal-node.js';
import { decodeIn, malformed } from './malformed.js';
import {
  ATTRIBUTE_TYPE,
  AttributeProto,
  GraphProto,
  joined,
  NodeProto,
  SparseTensorProto,
  TensorProto,
  ValueInfoProto,
  type MessageOf,
} from './schema.js';
import { constantOfTensor, writeTensor } from './tensor.js';

/** Bytes of a message with the data of every tensor inside, and the outer names that it reads. */
interface Part {
  readonly bytes: Uint8Array;
  readonly captures: readonly string[];
}

/** How deep graphs may lie in attributes of each other. */
export const MAX_DEPTH = 64;

/**
 * Reads the subgraphs of an attribute (the branches of If, the bodies of Loop and Scan) as far as the outer graph
 * depends on them. The bytes stay as they are unless tensors inside keep their data in another file.
 */
export function readSubgraphs(
  model: ModelBytes,
  attribute: MessageOf<typeof AttributeProto>,
  bytes: Uint8Array,
  label: string,
  depth = 1,
): Part {
  if (depth > MAX_DEPTH) throw malformed(model, `${label} nests subgraphs more than ${MAX_DEPTH} deep`);
  const single = attribute.type === ATTRIBUTE_TYPE.graph;
  const graphs = single ? [joined(attribute.g)] : attribute.graphs;
  const parts = graphs.map((graph) => readGraph(model, graph, label, depth));
  const captures = [...new Set(parts.flatMap((part) => part.captures))];
  if (!differ(parts, graphs)) return { bytes, captures };
  const { name, type } = attribute;
  return { captures, bytes: AttributeProto.encode({ name, type, [single ? 'g' : 'graphs']: bytesOf(parts) }) };
}

function readGraph(model: ModelBytes, bytes: Uint8Array, label: string, depth: number): Part {
  const graph = decodeIn(model, GraphProto, bytes, label);
  const nodes = graph.node.map((node) => readNode(model, node, label, depth));
  const initializers = graph.initializer.map((tensor) => inlineTensor(model, tensor, label));
  const produced = new Set([
    ...graph.input.map((info) => decodeIn(model, ValueInfoProto, info, label).name),
    ...initializers.map(({ name }) => name),
    ...graph.sparseInitializer.map((sparse) => sparseName(model, sparse, label)),
    ...nodes.flatMap((node) => node.outputs),
  ]);
  const results = graph.output.map((info) => decodeIn(model, ValueInfoProto, info, label).name);
  const reads = [...nodes.flatMap((node) => node.captures), ...results];
  const captures = reads.filter((name) => name !== '' && !produced.has(name));
  if (!differ(nodes, graph.node) && !differ(initializers, graph.initializer)) return { bytes, captures };
  return {
    captures,
    bytes: GraphProto.encode({ ...graph, node: bytesOf(nodes), initializer: bytesOf(initializers) }),
  };
}

function readNode(model: ModelBytes, bytes: Uint8Array, label: string, depth: number) {
  const node = decodeIn(model, NodeProto, bytes, `a node of ${label}`);
  refuseFatalNode(model, node, `the ${node.opType} node of \`${node.output[0] ?? ''}\` in ${label}`);
  const attributes = node.attribute.map((attribute) => readNodeAttribute(model, attribute, label, depth));
  return {
    outputs: node.output,
    captures: [...node.input, ...attributes.flatMap((part) => part.captures)],
    bytes: differ(attributes, node.attribute) ? NodeProto.encode({ ...node, attribute: bytesOf(attributes) }) : bytes,
  };
}

function readNodeAttribute(model: ModelBytes, bytes: Uint8Array, label: string, depth: number): Part {
  const attribute = decodeIn(model, AttributeProto, bytes, `an attribute in ${label}`);
  switch (attribute.type) {
    case ATTRIBUTE_TYPE.graph:
    case ATTRIBUTE_TYPE.graphs:
      return readSubgraphs(model, attribute, bytes, label, depth + 1);
    case ATTRIBUTE_TYPE.tensor: {
      const given = joined(attribute.t);
      const tensor = inlineTensor(model, given, label);
      if (tensor.bytes === given) return { bytes, captures: [] };
      const { name, type } = attribute;
      return { bytes: AttributeProto.encode({ name, type, t: [tensor.bytes] }), captures: [] };
    }
    default:
      return { bytes, captures: [] };
  }
}

function inlineTensor(model: ModelBytes, bytes: Uint8Array, label: string): { name: string; bytes: Uint8Array } {
  const tensor = decodeIn(model, TensorProto, bytes, `a tensor of ${label}`);
  const constant = constantOfTensor(model, tensor, `tensor \`${tensor.name}\` of ${label}`);
  return { name: tensor.name, bytes: isExternal(tensor) ? writeTensor(constant, tensor.name) : bytes };
}

function sparseName(model: ModelBytes, bytes: Uint8Array, label: string): string {
  const { values } = decodeIn(model, SparseTensorProto, bytes, label);
  return decodeIn(model, TensorProto, joined(values), label).name;
}

function differ(parts: readonly { readonly bytes: Uint8Array }[], originals: readonly Uint8Array[]): boolean {
  return parts.some((part, i) => part.bytes !== originals[i]);
}

function bytesOf(parts: readonly { readonly bytes: Uint8Array }[]): Uint8Array[] {
  return parts.map((part) => part.bytes);
}
