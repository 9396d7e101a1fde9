import { row, rowSize, rowsOf, zeros, type Tensor } from '#base/tensor';
import type { Rng } from '#stats/random';
import type { Target } from '#target/target';
import type { Decision } from '../decision.js';
import type { AnchorSpace, Rule } from './space.js';

/** A rule, and what the target decided for inputs drawn under it. */
export interface Arm {
  readonly rule: Rule;
  readonly coverage: number;
  draws: number;
  /** For how many of them the decision was that of the sample. */
  hits: number;
}

/** Draws inputs under rules and counts decisions. */
export interface Trials {
  readonly space: AnchorSpace;
  /** In all. */
  readonly drawn: number;
  arm(rule: Rule): Arm;
  /** So many more draws for each of the arms. */
  draw(arms: readonly Arm[], count: number): Promise<void>;
}

/** At most so many values go through the target at once. */
const BATCH_VALUES = 2 ** 22;

export function trialsOf(target: Pick<Target, 'predict'>, space: AnchorSpace, decision: Decision, random: Rng): Trials {
  let drawn = 0;
  return {
    space,
    get drawn() {
      return drawn;
    },
    arm: (rule) => ({ rule, coverage: space.coverage(rule), draws: 0, hits: 0 }),
    async draw(arms, count) {
      const drawers = arms.map(({ rule }) => space.drawer(rule));
      const total = arms.length * count;
      drawn += total;
      const batch = zeros([0, ...space.shape]);
      const size = Math.max(1, Math.floor(BATCH_VALUES / rowSize(batch)));
      for (let start = 0; start < total; start += size) {
        const inputs = zeros([Math.min(size, total - start), ...space.shape]);
        for (let i = 0; i < rowsOf(inputs); i++) {
          drawers[Math.floor((start + i) / count)]?.(random, row(inputs, i));
        }
        const scores = await target.predict(inputs);
        countHits(arms, count, start, scores, decision);
      }
    },
  };
}

function countHits(arms: readonly Arm[], count: number, start: number, scores: Tensor, decision: Decision): void {
  for (let i = 0; i < rowsOf(scores); i++) {
    const arm = arms[Math.floor((start + i) / count)];
    if (arm === undefined) continue;
    arm.draws++;
    if (decision(row(scores, i)) > 0) arm.hits++;
  }
}

/** The share of the draws for which the decision was that of the sample; 0 before the first. */
export function precisionOf({ hits, draws }: Arm): number {
  return draws === 0 ? 0 : hits / draws;
}
