import { row, rowsOf, type Tensor } from '#base/tensor';
import type { DifferentiableTarget } from '#target/target';
import type { Front } from '../filters/front.js';

/** A model, and the squeezed views of its inputs that it is compared with. */
export interface Squeezed {
  readonly bare: DifferentiableTarget;
  readonly squeezers: readonly Front[];
}

/** What the model says of a batch and of each squeezed view of it, as probabilities, [n, classes] each. */
export interface Views {
  readonly inputs: readonly Tensor[];
  readonly scores: Tensor;
  readonly probabilities: readonly Float64Array[];
}

/** The batch itself is the first view. */
export async function viewsOf({ bare, squeezers }: Squeezed, batch: Tensor): Promise<Views> {
  const inputs = [batch];
  for (const { apply } of squeezers) inputs.push(await apply(batch));
  const scores = await bare.predict(batch);
  const probabilities = [softmax(scores)];
  for (const view of inputs.slice(1)) probabilities.push(softmax(await bare.predict(view)));
  return { inputs, scores, probabilities };
}

/** Of each row: the score, and the view that gives it, counted from 1. */
export interface Scores {
  readonly scores: Float64Array;
  readonly views: Int32Array;
}

/**
 * The score of feature squeezing (Xu, Evans & Qi 2018, arXiv:1704.01155, equation 4 and section 5.1): the L1 distance between
 * the probabilities of the input and those of a squeezed view of it, between 0 and 2; the largest over the squeezers.
 */
export function squeezingScores({ probabilities }: Views, n: number): Scores {
  const [own = new Float64Array(), ...others] = probabilities;
  const width = n === 0 ? 0 : own.length / n;
  const found = { scores: new Float64Array(n), views: new Int32Array(n).fill(1) };
  others.forEach((other, view) => {
    for (let i = 0; i < n; i++) {
      let distance = 0;
      for (let k = i * width; k < (i + 1) * width; k++) distance += Math.abs((own[k] ?? NaN) - (other[k] ?? NaN));
      if (!(distance > (found.scores[i] ?? NaN))) continue;
      found.scores[i] = distance;
      found.views[i] = view + 1;
    }
  });
  return found;
}

/**
 * The least threshold that at most the given share of clean scores is above.
 *
 * @param scores of clean inputs, one at least
 */
export function thresholdOf(scores: ArrayLike<number>, falsePositiveRate: number): number {
  const ascending = Float64Array.from(scores).sort();
  const above = Math.floor(falsePositiveRate * ascending.length);
  return ascending[ascending.length - 1 - above] ?? NaN;
}

function softmax(scores: Tensor): Float64Array {
  const probabilities = new Float64Array(scores.data.length);
  const width = scores.shape[1] ?? 0;
  for (let i = 0; i < rowsOf(scores); i++) {
    const own = row(scores, i);
    let most = -Infinity;
    for (let k = 0; k < width; k++) most = Math.max(most, own[k] ?? NaN);
    let total = 0;
    for (let k = 0; k < width; k++) total += Math.exp((own[k] ?? NaN) - most);
    for (let k = 0; k < width; k++) probabilities[i * width + k] = Math.exp((own[k] ?? NaN) - most) / total;
  }
  return probabilities;
}
