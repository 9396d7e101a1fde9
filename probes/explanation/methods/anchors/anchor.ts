import type { Interval } from '#stats/intervals';
import type { RandomStreams } from '#stats/random';
import type { Target } from '#target/target';
import type { Decision } from '../decision.js';
import { searchBeam, type BeamOptions } from './beam.js';
import type { AnchorSpace, Rule } from './space.js';
import { trialsOf } from './trials.js';
import { verifier, type Verified } from './verification.js';

export interface AnchorOptions extends BeamOptions {
  /** Draws, none of which the search has seen, by which a rule is judged. */
  readonly verification: number;
}

export interface Anchor {
  readonly space: AnchorSpace;
  readonly rule: Rule;
  /** In words. None: the decision hardly ever changes, whatever the input is. */
  readonly predicates: readonly string[];
  /** The share of the verifying draws for which the decision was that of the sample. */
  readonly precision: number;
  /** 95 % interval (Clopper & Pearson 1934). */
  readonly interval: Interval;
  /** With a confidence of 99.9 %, over all rules that were verified, the precision is no lower. */
  readonly atLeast: number;
  readonly draws: number;
  readonly coverage: number;
  /** Rules for which inputs were drawn. */
  readonly candidates: number;
  /** Whether a search ended because it had no more draws: a wider rule may be there. */
  readonly spent: boolean;
  /** Whether `atLeast` reaches the precision that was asked for. */
  readonly holds: boolean;
}

/**
 * The rule of the largest coverage under which the decision stays what it is (Ribeiro, Singh & Guestrin 2018, AAAI). What the
 * beam search finds is judged by fresh draws, and where nothing of one space passes, the next is searched. Where nothing
 * passes at all, the most precise of the rules that failed is given, and does not hold.
 *
 * @param spaces from wide predicates to narrow ones; one at least
 * @param index of the sample in its data set, by which the random streams are keyed
 */
export async function findAnchor(
  target: Pick<Target, 'predict'>,
  spaces: readonly AnchorSpace[],
  decision: Decision,
  options: AnchorOptions,
  random: RandomStreams,
  index: number,
): Promise<Anchor> {
  const verify = verifier(options.precision, options.verification);
  const failed: Anchor[] = [];
  let candidates = 0;
  let spent = false;
  for (const [level, space] of spaces.entries()) {
    const trials = (name: string) => trialsOf(target, space, decision, random.fork(name).fork(level).of(index));
    const fresh = trials('verification');
    const search = await searchBeam(trials('search'), (arm) => verify(fresh, arm), options);
    candidates += search.candidates;
    spent ||= search.spent;
    const anchor = anchorOf(space, search.best, { candidates, spent });
    if (anchor.holds) return anchor;
    failed.push(anchor);
  }
  const [closest] = failed.toSorted((a, b) => b.precision - a.precision);
  if (closest === undefined) throw new RangeError('there is no space to search');
  return { ...closest, candidates, spent };
}

function anchorOf(
  space: AnchorSpace,
  { arm, ...verified }: Verified,
  search: Pick<Anchor, 'candidates' | 'spent'>,
): Anchor {
  const { rule, coverage } = arm;
  return { space, rule, predicates: space.describe(rule), coverage, ...search, ...verified };
}
