import { clopperPearson, type Interval } from '#stats/intervals';
import { precisionOf, type Arm, type Trials } from './trials.js';

/** What fresh draws say of a rule. */
export interface Verified {
  readonly arm: Arm;
  readonly precision: number;
  /** 95 % interval (Clopper & Pearson 1934). */
  readonly interval: Interval;
  /** With a confidence of 99.9 %, over all rules that were verified, the precision is no lower. */
  readonly atLeast: number;
  readonly draws: number;
  readonly holds: boolean;
}

export type Verifier = (fresh: Trials, found: Arm) => Promise<Verified>;

/** The risk that any of the rules that pass is less precise than it has to be. */
const RISK = 0.001;
/** The share of the draws after which a rule that cannot be saved is given up. */
const FIRST_LOOK = 0.1;

/**
 * Judges rules by draws that the search has not seen. A search that tries hundreds of rules finds some that were lucky, and
 * its own bounds do not say which; so the k-th rule that is verified has a share of 1 / (k (k + 1)) of the whole risk, which
 * shares add up to 1.
 *
 * @param precision what a rule has to reach
 * @param draws of each rule
 */
export function verifier(precision: number, draws: number): Verifier {
  let verified = 0;
  return async (fresh, { rule }) => {
    verified++;
    const risk = RISK / (verified * (verified + 1));
    const arm = fresh.arm(rule);
    const first = Math.ceil(draws * FIRST_LOOK);
    await fresh.draw([arm], first);
    // To give up early lets no rule through that would have failed.
    if (clopperPearson(arm.hits, arm.draws, 1 - 2 * RISK).high >= precision) await fresh.draw([arm], draws - first);
    const atLeast = clopperPearson(arm.hits, arm.draws, 1 - 2 * risk).low;
    return {
      arm,
      precision: precisionOf(arm),
      interval: clopperPearson(arm.hits, arm.draws),
      atLeast,
      draws: arm.draws,
      holds: atLeast >= precision,
    };
  };
}
