import type { Attribute, Constant, Graph, Node } from '../graph/ir.js';
import { RANDOM } from '../graph/structure.js';

/**
 * Nodes that compute the same from the same become one, so that their gradients meet before that node's rule rather than
 * behind several. Exporters repeat slices, and give each its own copy of the bounds.
 */
export function mergeRepeats(graph: Graph): Graph {
  const kept = new Set(graph.outputs.map(({ name }) => name));
  for (const { attributes } of graph.nodes) {
    for (const attribute of attributes.values()) {
      if (attribute.kind === 'opaque') attribute.captures.forEach((name) => kept.add(name));
    }
  }
  const firsts = new Map<string, Node>();
  const names = new Map<string, string>();
  const nodes: Node[] = [];
  for (const original of graph.nodes) {
    const node = { ...original, inputs: original.inputs.map((name) => names.get(name) ?? name) };
    const key = node.outputs.some((output) => kept.has(output)) ? null : keyOf(graph, node);
    const first = key === null ? undefined : firsts.get(key);
    if (key !== null && first === undefined) firsts.set(key, node);
    if (first === undefined) nodes.push(node);
    else node.outputs.forEach((output, i) => names.set(output, first.outputs[i] ?? output));
  }
  return { ...graph, nodes };
}

/** What a node computes, in one string; null where two such nodes may differ. */
function keyOf(graph: Graph, node: Node): string | null {
  const attributes = [...node.attributes].map(([name, attribute]) => `${name}=${valueOf(attribute) ?? ''}`);
  const isKnown = [...node.attributes.values()].every((attribute) => valueOf(attribute) !== null);
  if (!isKnown || RANDOM.has(node.op) || node.op === 'Dropout') return null;
  const inputs = node.inputs.map((name) => contentOf(graph.constants.get(name)) ?? name);
  return JSON.stringify([node.domain, node.op, node.outputs.length, inputs, attributes.sort()]);
}

function valueOf(attribute: Attribute): string | null {
  if (attribute.kind === 'opaque') return null;
  return attribute.kind === 'tensor' ? contentOf(attribute.value) : JSON.stringify(attribute.value);
}

const SHORT = 64;

/** Short integers by their content: bounds, axes and shapes. Real numbers may be weights, each of which moves by itself. */
function contentOf(constant: Constant | undefined): string | null {
  if (constant === undefined || constant.bytes.length > SHORT) return null;
  if (constant.type !== 'int64' && constant.type !== 'int32') return null;
  return JSON.stringify([constant.type, constant.shape, [...constant.bytes]]);
}
