import { row, takeRows, type Tensor } from '#base/tensor';
import { labelRow, margin } from '#target/head';
import type { Samples, Target } from '#target/target';
import { normsOf, sizeIn, type Norms } from './norms.js';
import type { Space } from './walk.js';

/** Rounding that is forgiven, as a share of the range of legal values. */
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
 */
export async function recheck(
  target: Target,
  samples: Samples,
  changed: Tensor,
  positions: readonly number[],
  space: Space,
): Promise<readonly Checked[]> {
  const measured = positions.map((position) => {
    const norms = normsOf(row(samples.inputs, position), row(changed, position));
    return { position, norms, refusal: leftBounds(row(changed, position), norms, space) };
  });
  const legal = measured.filter(({ refusal }) => refusal === null).map(({ position }) => position);
  const scores = legal.length === 0 ? null : await target.predict(takeRows(changed, legal));
  let next = 0;
  return measured.map(({ position, norms, refusal }): Checked => {
    if (refusal !== null || scores === null) return { refusal, norms, scores: null, margin: null };
    const own = row(scores, next++).slice();
    const distance = margin(target.head, own, labelRow(samples.labels, position));
    return { refusal: distance > 0 ? 'label-kept' : null, norms, scores: own, margin: distance };
  });
}

function leftBounds(changed: Float32Array, norms: Norms, { norm, epsilon, range: [low, high] }: Space): Refusal | null {
  const slack = TOLERANCE * (high - low);
  if (!changed.every(Number.isFinite)) return 'not-finite';
  if (!(sizeIn(norm, norms) <= epsilon + slack)) return 'over-budget';
  return changed.every((value) => value >= low - slack && value <= high + slack) ? null : 'outside-domain';
}
