import type { RandomStreams } from '#stats/random';
import type { DifferentiableTarget, Samples } from '#target/target';
import { atOriginals, type Rows, type Walk } from '../search/walk.js';
import type { WorstCase } from '../search/worst-case.js';
import { autoClimb, type AutoClimb } from './auto-climb.js';
import type { ConvexSpace } from './mover.js';
import { atRandomBorder, broughtInto } from './starts.js';

export interface Restart extends Pick<AutoClimb, 'steps' | 'rho' | 'lossOf'> {
  /** L1: begins in balls of 3 and 2 times the radius, where the first and second 30 % of the steps are taken. */
  readonly largerRadii: boolean;
}

interface Stage {
  /** In units of epsilon. */
  readonly radius: number;
  readonly steps: number;
}

const { ceil } = Math;

/**
 * One restart of APGD, from a random point on the border, of what is not broken yet.
 *
 * With larger radii each stage begins at the best point of the one before, brought into its own ball (Croce & Hein 2021,
 * arXiv:2103.01208, section 3). Only iterates within epsilon itself are judged. The authors' code draws the first point
 * around the input and then projects it as if it were the offset; here the offset is projected.
 *
 * @param random one stream a sample
 */
export async function runRestart(
  target: DifferentiableTarget,
  search: WorstCase,
  samples: Samples,
  space: ConvexSpace,
  restart: Restart,
  random: RandomStreams,
  onStep: () => void,
): Promise<void> {
  const stages = stagesOf(restart);
  let best: Rows | null = null;
  search.beginRestart();
  for (const { radius, steps } of stages) {
    const wide: ConvexSpace = { ...space, epsilon: radius * space.epsilon };
    const originals = atOriginals(samples.inputs, search.survivors, wide);
    const isWithin = radius === 1;
    const start: Walk =
      best === null ? atRandomBorder(originals, samples.indices, wide, random) : broughtInto(originals, best.inputs);
    const climb: AutoClimb = {
      ...restart,
      steps,
      continues: stages.length > 1,
      isDone: (position) => isWithin && search.isBroken(position),
    };
    best = await autoClimb(target, isWithin ? search : search.outside, start, wide, climb, onStep);
  }
}

/** All steps within epsilon, or 30, 30 and 40 % of them at 3, 2 and 1 times epsilon, the first two rounded up. */
function stagesOf({ steps, largerRadii }: Restart): readonly Stage[] {
  if (!largerRadii) return [{ radius: 1, steps }];
  const share = ceil(0.3 * steps);
  return [
    { radius: 3, steps: share },
    { radius: 2, steps: share },
    { radius: 1, steps: steps - 2 * share },
  ];
}
