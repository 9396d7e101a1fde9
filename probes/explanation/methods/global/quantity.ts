import { row, rowsOf, type Tensor } from '#base/tensor';
import type { Head } from '#target/head';
import type { Target } from '#target/target';

/** One number of the scores of a sample: what is described. */
export type Quantity = (scores: Float32Array) => number;

/** A model as far as it answers. */
export type Answers = Pick<Target, 'predict'>;

/** The score with an index, as the model gives it. */
export function scoreAt(index: number): Quantity {
  return (scores) => scores[index] ?? NaN;
}

/**
 * How much a model says for one label, on a scale that does not change when all scores of a softmax move together: of
 * classes the log-odds, z_k - log(sum over j != k of exp z_j), of other heads the score itself.
 */
export function evidenceFor(head: Head, index: number): Quantity {
  if (head.kind !== 'classes') return scoreAt(index);
  return (scores) => (scores[index] ?? NaN) - logSumOfOthers(scores, index);
}

/** One number for each sample. */
export async function quantities(model: Answers, inputs: Tensor, quantity: Quantity): Promise<Float64Array> {
  const scores = await model.predict(inputs);
  const values = new Float64Array(rowsOf(inputs));
  for (let i = 0; i < values.length; i++) values[i] = quantity(row(scores, i));
  return values;
}

function logSumOfOthers(scores: Float32Array, index: number): number {
  let largest = -Infinity;
  for (let j = 0; j < scores.length; j++) if (j !== index) largest = Math.max(largest, scores[j] ?? NaN);
  let sum = 0;
  for (let j = 0; j < scores.length; j++) if (j !== index) sum += Math.exp((scores[j] ?? NaN) - largest);
  return largest + Math.log(sum);
}
