import { row, rowsOf, type Tensor } from '#base/tensor';
import type { RepeatsData } from '../data.js';
import { bitsOf, chosen, type Examination } from '../examination.js';

/** AutoAttack's number of passes, and the difference of normalized scores from which they count as random. */
const PASSES = 5;
const LIMIT = 1e-4;

/** Samples that are asked for alone. */
const ALONE = 8;

/** Whether scores change from pass to pass, and with the other samples of the batch. */
export async function repeats(examination: Examination): Promise<RepeatsData> {
  const { target, samples, right } = examination;
  const { inputs } = chosen(samples, right);
  const first = await target.predict(inputs);
  const differing = new Set<number>();
  for (let pass = 1; pass < PASSES; pass++) {
    const again = await target.predict(inputs);
    right.forEach((position, i) => differ(row(first, i), row(again, i)) && differing.add(position));
  }
  const lonely = right.slice(0, ALONE);
  const apart: number[] = [];
  for (const [i, position] of lonely.entries()) {
    const alone = await target.predict(chosen(samples, [position]).inputs);
    if (differ(row(first, i), row(alone, 0)) && !differing.has(position)) apart.push(position);
  }
  return { differing: bitsOf(examination, differing), dependsOnBatch: bitsOf(examination, apart) };
}

/** AutoAttack's own measure: the largest difference of scores over their length (its checks.py, `check_randomized`). */
function differ(a: Float32Array, b: Float32Array): boolean {
  const [lengthA, lengthB] = [lengthOf(a), lengthOf(b)];
  return a.some((value, k) => !(Math.abs(value / lengthA - (b[k] ?? NaN) / lengthB) <= LIMIT));
}

function lengthOf(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) || 1;
}

/** Whether each row of scores is a logarithm of probabilities: their sum is one. */
export function isNormalized(scores: Tensor): boolean {
  return Array.from({ length: rowsOf(scores) }, (_, i) => row(scores, i)).every(
    (own) => own.length > 1 && Math.abs(own.reduce((sum, value) => sum + Math.exp(value), 0) - 1) <= 1e-5,
  );
}
