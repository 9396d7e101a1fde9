import { AssayError } from '#base/errors';
import { rowRange, sizeOf, zeros, type Tensor } from '#base/tensor';
import type { EngineJacobian } from './contract.js';

/**
 * How many rows of the Jacobian are asked for, of each sample.
 *
 * @param indices of scores, [samples, rows]
 * @throws AssayError `usage` where the samples do not ask for equally many, or for a score that there is not
 */
export function rowsAsked(samples: number, indices: Float64Array, width: number): number {
  const strange = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= width);
  if (strange !== undefined) {
    throw new AssayError('usage', { what: `a row of the Jacobian is asked for at ${strange}, of ${width} scores` });
  }
  const rows = samples === 0 ? 0 : indices.length / samples;
  if (Number.isInteger(rows) && rows * samples === indices.length) return rows;
  throw new AssayError('usage', {
    what: `${indices.length} rows of the Jacobian are asked for, which ${samples} samples cannot share`,
  });
}

/** The gradients of one score of each sample. */
export interface ScoreGradient {
  readonly scores: Tensor;
  readonly gradient: Tensor;
}

/**
 * Rows of the Jacobian one after the other, by one gradient each.
 *
 * @param indices of scores, [samples, rows]
 * @param place shape of one sample where gradients are taken
 * @param gradientOf the score of each sample with the given index
 */
export async function jacobianByRows(
  samples: number,
  indices: Float64Array,
  width: number,
  place: readonly number[],
  gradientOf: (labels: Float64Array) => ScoreGradient | Promise<ScoreGradient>,
): Promise<EngineJacobian> {
  const count = rowsAsked(samples, indices, width);
  const size = sizeOf(place);
  const rows = zeros([samples, count, ...place]);
  let scores = zeros([samples, width]);
  for (let row = 0; row < count; row++) {
    const found = await gradientOf(Float64Array.from({ length: samples }, (_, i) => indices[i * count + row] ?? NaN));
    scores = found.scores;
    for (let i = 0; i < samples; i++) {
      rows.data.set(rowRange(found.gradient, i, i + 1).data, (i * count + row) * size);
    }
  }
  return { scores, rows };
}
