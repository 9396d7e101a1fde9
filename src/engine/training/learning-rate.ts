import { AssayError } from '#base/errors';
import type { LearningRate } from '../contract.js';

/**
 * The learning rate of a step, counted from 0.
 *
 * - cyclic: lowest + (highest - lowest) times a triangle that rises for `rise` steps and falls for `fall` (Smith 2017)
 * - cosine: lowest + (highest - lowest) (1 + cos(pi t / steps)) / 2 with t <= steps counted from the end of the warm-up
 *   (Loshchilov & Hutter 2017, eq. 5), in which step t takes (t + 1) / (warmUp + 1) of `highest`
 * - steps: rate factor^k behind k milestones; the step whose number is a milestone is behind it
 */
export function learningRateAt(schedule: LearningRate, step: number): number {
  switch (schedule.kind) {
    case 'constant':
      return schedule.rate;
    case 'cyclic': {
      const { lowest, highest, rise, fall } = schedule;
      const position = step % (rise + fall);
      const height = position < rise ? position / rise : 1 - (position - rise) / fall;
      return lowest + (highest - lowest) * height;
    }
    case 'cosine': {
      const { lowest, highest, steps, warmUp = 0 } = schedule;
      if (step < warmUp) return (highest * (step + 1)) / (warmUp + 1);
      const progress = Math.min(step - warmUp, steps) / steps;
      return lowest + ((highest - lowest) * (1 + Math.cos(Math.PI * progress))) / 2;
    }
    case 'steps': {
      const { rate, milestones, factor } = schedule;
      return rate * factor ** milestones.filter((milestone) => milestone <= step).length;
    }
  }
}

const COUNTS: readonly string[] = ['rise', 'fall', 'steps', 'warmUp', 'milestones'];

/** @throws AssayError `usage` where a number of a schedule has no meaning. */
export function checkLearningRate(schedule: LearningRate): void {
  const { kind, ...numbers } = schedule;
  const each = Object.entries<number | readonly number[]>(numbers).flatMap(([name, value]) =>
    [value].flat().map((one) => [name, one] as const),
  );
  for (const [name, value] of each) {
    const isCount = COUNTS.includes(name);
    const least = isCount && name !== 'warmUp' ? 1 : 0;
    if (!Number.isFinite(value) || value < least || (isCount && !Number.isInteger(value))) {
      const wanted = isCount ? `a whole number, at least ${least}` : 'a number that is not negative';
      throw new AssayError('usage', {
        what: `\`${name}\` of a ${kind} learning rate is ${value}: it has to be ${wanted}`,
      });
    }
  }
}
