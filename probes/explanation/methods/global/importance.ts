import { AssayError } from '#base/errors';
import { row, rowSize, rowsOf, type Tensor } from '#base/tensor';
import type { Features } from '#plugin/explainer';
import { permutation, type RandomStreams } from '#stats/random';
import type { Answers } from './quantity.js';

/** What the scores of each row cost, [n]: a loss, or 1 where they are wrong. */
export type RowLosses = (scores: Tensor) => Float64Array;

export interface PermutationImportance {
  /** The mean loss of the rows as they are. */
  readonly loss: number;
  /** How much it rises, on average over the repeats: one a feature. Below 0 by chance alone. */
  readonly rises: Float64Array;
  /**
   * Of the rises: what another draw of rows and permutations would change. A row counts where it is given values and where it
   * gives its own, as in a U-statistic (Hoeffding 1948); the rows' losses alone would understate it by up to a half.
   */
  readonly standardErrors: Float64Array;
}

/**
 * The rise of the loss when a feature is exchanged between rows, so that it keeps its distribution and loses what it says
 * about them (Breiman 2001, Random Forests, section 10; Fisher, Rudin & Dominici 2019, section 3, as a difference). Values of
 * one feature move together.
 *
 * @param inputs [n, ...shape], at least two rows, in an order that does not depend on how they were read
 * @param features the partition of the values of an input; -1 is never exchanged
 */
export async function permutationImportance(
  model: Answers,
  inputs: Tensor,
  losses: RowLosses,
  features: Features,
  repeats: number,
  random: RandomStreams,
  progress: (done: number, total: number) => void = () => undefined,
): Promise<PermutationImportance> {
  const n = rowsOf(inputs);
  if (n < 2)
    throw new AssayError('data', { what: `permutation importance exchanges values between rows, and has ${n}` });
  const before = losses(await model.predict(inputs));
  const count = features.names.length;
  const rises = new Float64Array(count);
  const standardErrors = new Float64Array(count);
  for (let feature = 0; feature < count; feature++) {
    const streams = random.fork('feature').fork(features.names[feature] ?? feature);
    const ofRows = new Float64Array(n);
    for (let repeat = 0; repeat < repeats; repeat++) {
      const order = permutation(n, streams.of(repeat));
      const after = losses(await model.predict(exchange(inputs, features.of, feature, order)));
      for (let i = 0; i < n; i++) {
        const giver = order[i] ?? -1;
        const rise = ((after[i] ?? NaN) - (before[i] ?? NaN)) / repeats;
        ofRows[i] = (ofRows[i] ?? NaN) + rise;
        ofRows[giver] = (ofRows[giver] ?? NaN) + rise;
      }
    }
    rises[feature] = meanOf(ofRows) / 2;
    standardErrors[feature] = standardErrorOf(ofRows);
    progress(feature + 1, count);
  }
  return { loss: meanOf(before), rises, standardErrors };
}

/** A copy in which row i has the values of one feature from row `order[i]`. */
function exchange(inputs: Tensor, of: Int32Array, feature: number, order: readonly number[]): Tensor {
  const copy = inputs.data.slice();
  const size = rowSize(inputs);
  for (let i = 0; i < order.length; i++) {
    const from = row(inputs, order[i] ?? -1);
    for (let j = 0; j < size; j++) if (of[j] === feature) copy[i * size + j] = from[j] ?? NaN;
  }
  return { shape: inputs.shape, data: copy };
}

export function meanOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ?? NaN;
  return sum / values.length;
}

/** Of the mean: the deviation with n - 1, over the root of n. */
export function standardErrorOf(values: Float64Array): number {
  const mean = meanOf(values);
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += ((values[i] ?? NaN) - mean) ** 2;
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
