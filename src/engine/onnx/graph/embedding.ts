import type { Constant, Graph, Node } from './ir.js';

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

/** Which inputs of an operator are a table and what chooses its rows. */
const LOOKUPS: ReadonlyMap<string, { readonly table: number; readonly rows: number }> = new Map([
  ['Gather', { table: 0, rows: 1 }],
  // In the file's own graph; a prepared one has its parts instead.
  ['com.microsoft.EmbedLayerNormalization', { table: 2, rows: 0 }],
]);

/** The first lookup that the values of an input choose the rows of; null where there is none. */
export function embeddingOf(graph: Graph, input: string): Embedding | null {
  const tokens = new Set([input]);
  for (const node of graph.nodes) {
    const lookup = LOOKUPS.get(node.domain === '' ? node.op : `${node.domain}.${node.op}`);
    const table = node.inputs[lookup?.table ?? 0] ?? '';
    if (lookup !== undefined && tokens.has(node.inputs[lookup.rows] ?? '') && isTable(graph, table)) {
      return { node, table, value: node.outputs[0] ?? '' };
    }
    if (node.domain === '' && HANDS_ON.has(node.op) && tokens.has(node.inputs[0] ?? ''))
      tokens.add(node.outputs[0] ?? '');
  }
  return null;
}

function isTable(graph: Graph, name: string): boolean {
  return tableOf(graph, name)?.shape.length === 2;
}

/** The constant behind a table of embeddings; undefined where it is computed. */
export function tableOf(graph: Graph, name: string): Constant | undefined {
  const constant = graph.constants.get(name);
  if (constant !== undefined) return constant;
  // A table that is stored in eight bits is dequantized first.
  const producer = graph.nodes.find((node) => node.outputs[0] === name);
  return producer?.op === 'DequantizeLinear' ? tableOf(graph, producer.inputs[0] ?? '') : undefined;
}
