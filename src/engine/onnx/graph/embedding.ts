import type { Graph, Node } from './ir.js';

/** The lookup of token vectors: rows of a table, chosen by the tokens of an input. */
export interface Embedding {
  readonly node: Node;
  /** [vocabulary, width], constant. */
  readonly table: string;
  /** The token vectors, [n, ..., width]. */
  readonly value: string;
}

/** Operators that hand tokens on: other types, shapes or bounds, but still tokens. */
const HANDS_ON: ReadonlySet<string> = new Set('Cast Clip Identity Reshape Squeeze Transpose Unsqueeze'.split(' '));

/** The first lookup that the values of an input choose the rows of; null where there is none. */
export function embeddingOf(graph: Graph, input: string): Embedding | null {
  const tokens = new Set([input]);
  for (const node of graph.nodes) {
    const [first = '', second = ''] = node.inputs;
    if (node.domain !== '') continue;
    if (node.op === 'Gather' && tokens.has(second) && isTable(graph, first)) {
      return { node, table: first, value: node.outputs[0] ?? '' };
    }
    if (HANDS_ON.has(node.op) && tokens.has(first)) tokens.add(node.outputs[0] ?? '');
  }
  return null;
}

function isTable(graph: Graph, name: string): boolean {
  const constant = graph.constants.get(name);
  if (constant !== undefined) return constant.shape.length === 2;
  // A table that is stored in eight bits is dequantized first.
  const producer = graph.nodes.find((node) => node.outputs[0] === name);
  return producer?.op === 'DequantizeLinear' && isTable(graph, producer.inputs[0] ?? '');
}
