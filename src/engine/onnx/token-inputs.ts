import type { ModelBytes } from '../contract.js';
import { embeddingOf, tableOf } from './graph/embedding.js';
import type { Graph, ValueInfo } from './graph/ir.js';
import { decodeModel } from './proto/codec.js';

/** An input of a model, and the table of vectors that its values choose rows of. */
export interface TokenInput extends Pick<ValueInfo, 'name' | 'shape'> {
  /** Rows of that table; null where the input chooses none. */
  readonly vectors: number | null;
}

/**
 * The inputs of an ONNX model as far as tokens go, in the order of the file.
 *
 * @throws AssayError `model` for a file that is not a whole, sound model
 */
export function tokenInputs(model: ModelBytes): readonly TokenInput[] {
  const graph = decodeModel(model);
  return graph.inputs.map(({ name, shape }) => ({ name, shape, vectors: vectorsOf(graph, name) }));
}

function vectorsOf(graph: Graph, input: string): number | null {
  const embedding = embeddingOf(graph, input);
  return embedding === null ? null : (tableOf(graph, embedding.table)?.shape[0] ?? null);
}
