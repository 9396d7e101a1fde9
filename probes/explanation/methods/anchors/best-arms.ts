import { explorationRate, lowerBound, upperBound } from './bounds.js';
import { precisionOf, type Arm, type Trials } from './trials.js';

export interface BestArmsOptions {
  /** How much less precise than the best the chosen may be. */
  readonly epsilon: number;
  /** The probability with which they may be less precise than that. */
  readonly delta: number;
  /** Draws of an arm at a time. */
  readonly batch: number;
  /** Of a whole search: after these it takes what it has. */
  readonly maximumDraws: number;
}

/** Rounds after which the arms are taken as they stand: those that are still in doubt differ by less than can be told. */
const ROUNDS = 1000;

/**
 * The `count` arms of the highest precision, the highest first: KL-LUCB (Kaufmann & Kalyanakrishnan 2013, algorithm 1; Ribeiro
 * et al. 2018, algorithm 2). Each round draws for the two arms at the border of the choice whose bounds overlap the most.
 */
export async function bestArms(
  trials: Trials,
  arms: readonly Arm[],
  count: number,
  { epsilon, delta, batch, maximumDraws }: BestArmsOptions,
): Promise<readonly Arm[]> {
  await trials.draw(
    arms.filter(({ draws }) => draws === 0),
    1,
  );
  for (let round = 1; round <= ROUNDS && arms.length > count && trials.drawn < maximumDraws; round++) {
    const rate = explorationRate(arms.length, round, delta);
    const ranked = byPrecision(arms);
    const weakest = extreme(ranked.slice(0, count), (arm) => -lowerBound(precisionOf(arm), rate / arm.draws));
    const rival = extreme(ranked.slice(count), (arm) => upperBound(precisionOf(arm), rate / arm.draws));
    if (rival.value + weakest.value <= epsilon) break;
    await trials.draw([rival.arm, weakest.arm], batch);
  }
  return byPrecision(arms).slice(0, count);
}

/** Of equally precise arms the one that covers more comes first. */
function byPrecision(arms: readonly Arm[]): Arm[] {
  return arms.toSorted((a, b) => precisionOf(b) - precisionOf(a) || b.coverage - a.coverage);
}

function extreme(arms: readonly Arm[], measure: (arm: Arm) => number): { readonly arm: Arm; readonly value: number } {
  const [first, ...rest] = arms.map((arm) => ({ arm, value: measure(arm) }));
  if (first === undefined) throw new RangeError('there is no arm to choose from');
  return rest.reduce((most, each) => (each.value > most.value ? each : most), first);
}
