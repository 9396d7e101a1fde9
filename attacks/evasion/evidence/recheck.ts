import { row, takeRows, type Tensor } from '#base/tensor';
import { labelRow, margin, takeLabels } from '#target/head';
import type { Samples, Target } from '#target/target';
import { normsOf, sizeIn, type Norms } from '../geometry/norms.js';
import { widthAt, type Box } from '../geometry/space.js';
import { decisiveScores } from '../search/ask.js';
import type { Space } from '../search/walk.js';

/** Rounding that is forgiven, as a share of the width between the lowest and highest legal value. */
export const TOLERANCE = 1e-6;

/** Why an input does not count as adversarial, whoever says that it does. */
export type Refusal = 'not-finite' | 'over-budget' | 'outside-domain' | 'label-kept';

/** What an independent look at one changed input found. */
export interface Checked {
  /** Null: within budget and domain, and wrong. */
  readonly refusal: Refusal | null;
  readonly norms: Norms;
  /** What the target says of it; null where it was not asked, since budget or domain were left. */
  readonly scores: Float32Array | null;
  /** Of the head, at those scores. */
  readonly margin: number | null;
}

/**
 * Looks at inputs that an attack gave, and believes nothing of what it says about them: the distance is measured again in
 * the units of the data, the domain is checked, and the label is asked for by a forward pass of its own (design rule 4).
 *
 * @param changed [n, ...shape] for the same samples
 * @param positions the rows to look at
 * @param draws answers by which each is judged; more than one for a randomized target
 */
export async function recheck(
  target: Target,
  samples: Samples,
  changed: Tensor,
  positions: readonly number[],
  space: Space,
  draws = 1,
): Promise<readonly Checked[]> {
  const measured = positions.map((position) => {
    const [original, own] = [row(samples.inputs, position), row(changed, position)];
    const norms = normsOf(original, own);
    return { position, norms, refusal: leftBounds(original, own, norms, space) };
  });
  const legal = measured.filter(({ refusal }) => refusal === null).map(({ position }) => position);
  const scores =
    legal.length === 0
      ? null
      : await decisiveScores(target, takeRows(changed, legal), takeLabels(samples.labels, legal), draws);
  let next = 0;
  return measured.map(({ position, norms, refusal }): Checked => {
    if (refusal !== null || scores === null) return { refusal, norms, scores: null, margin: null };
    const own = row(scores, next++).slice();
    const distance = margin(target.head, own, labelRow(samples.labels, position));
    return { refusal: distance > 0 ? 'label-kept' : null, norms, scores: own, margin: distance };
  });
}

function leftBounds(
  original: Float32Array,
  changed: Float32Array,
  norms: Norms,
  { norm, epsilon, box }: Space,
): Refusal | null {
  if (!changed.every(Number.isFinite)) return 'not-finite';
  if (!(sizeIn(norm, norms) <= epsilon + TOLERANCE * widest(box))) return 'over-budget';
  return changed.every((value, i) => isWithin(box, i, value, original[i] ?? NaN)) ? null : 'outside-domain';
}

function widest(box: Box): number {
  return box.low.reduce((most, _, i) => Math.max(most, widthAt(box, i)), 0);
}

function isWithin(box: Box, i: number, value: number, original: number): boolean {
  if (box.immutable.has(i)) return value === original;
  const slack = TOLERANCE * widthAt(box, i);
  return value >= (box.low[i] ?? NaN) - slack && value <= (box.high[i] ?? NaN) + slack;
}
