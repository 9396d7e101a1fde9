import { counted, grouped } from '#base/format';
import { row, rowsOf, type Tensor } from '#base/tensor';
import type { TargetCheck } from '#report/report';

/**
 * Whether every score is a number.
 *
 * @param indices of the samples in their data set, or null where they have none
 */
export function checkFiniteScores(scores: Tensor, indices: readonly number[] | null): TargetCheck {
  const n = rowsOf(scores);
  const broken = Array.from({ length: n }, (_, i) => i).filter((i) => !row(scores, i).every(Number.isFinite));
  const [first] = broken;
  const id = 'target/finite-scores';
  if (first === undefined) {
    return { id, holds: n === 0 ? null : true, sentence: `The scores of ${counted(n, 'clean sample')} are finite.` };
  }
  const place = indices === null ? '' : `, the first at sample ${indices[first] ?? first}`;
  return {
    id,
    holds: false,
    sentence: `The scores of ${grouped(broken.length)} of ${counted(n, 'clean sample')} are NaN or infinite${place}.`,
  };
}
