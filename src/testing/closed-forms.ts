import type { Example } from '#plugin/plugin';
import type { Expect } from './expect.js';
import {
  ONE_DIRECTION,
  SAMPLES,
  sizeIn,
  type ConformanceNorm,
  type HeadName,
  type LinearProblem,
} from './linear-problem.js';
import { examplesOf, fallenIn, run, type Attacked } from './run.js';
import type { AttackUnderTest, ConformanceTest } from './under-test.js';

declare const expect: Expect;

/** How much larger than the least one the change of a minimum-norm attack may be. */
const SLACK_OF_MINIMUM = 1.05;

/** The same where the loss of several classes does not point straight to one of them; the bar of adversarial-library's tests. */
const SLACK_OF_LOSS = 1.25;

/** How much farther than the nearest class another one may be that an attack goes to. */
const FARTHEST_CLASS = 3;

/**
 * Where the loss has one direction an attack has the closed form: a sample falls exactly when its margin is below epsilon
 * times the dual norm. For several classes the bar is that of adversarial-library's tests: within 1.25 times the exact
 * distance. A loss that is a sum over labels does not point to the nearest one, so there nothing is asked.
 */
export function completeness(
  attacked: () => Attacked,
  fallible: (factor: number) => number[],
  head: HeadName,
): ConformanceTest {
  const isClosedForm = ONE_DIRECTION.includes(head);
  return {
    name: isClosedForm
      ? 'has the robust accuracy of the closed form'
      : 'breaks every sample whose exact distance is below 0.8 of the radius',
    body: async () => {
      const fallen = fallenIn(await attacked());
      if (isClosedForm) expect(fallen).toEqual(fallible(1));
      else expect(fallible(0.8).filter((i) => !fallen.includes(i))).toEqual([]);
    },
  };
}

/** With room for the farthest sample every one falls, and not by more than its distance asks for. */
export function closeness(attack: AttackUnderTest, norm: ConformanceNorm, problem: LinearProblem): ConformanceTest {
  const { target, samples } = problem;
  const followsLoss = attack.minimumNorm === 'by loss' && target.head.kind === 'classes' && target.head.count > 2;
  const slack = followsLoss ? SLACK_OF_LOSS : SLACK_OF_MINIMUM;
  const exact = ({ sample, scoresAfter }: Example) =>
    followsLoss
      ? problem.distanceTo(sample, norm, largestOther(scoresAfter, samples.labels.values[sample] ?? -1))
      : problem.distance(sample, norm);
  return {
    name: `changes each sample by at most ${slack} of its exact distance`,
    body: async () => {
      const farthest = Math.max(...samples.indices.map((i) => problem.distance(i, norm)));
      const reach = (followsLoss ? FARTHEST_CLASS : slack) * farthest;
      const found = examplesOf(await run(attack.configure(norm, reach), target, samples));
      expect(found.map(({ sample }) => sample).sort((a, b) => a - b)).toEqual([...samples.indices]);
      const far = found.filter((each) => !(sizeIn(norm, each.original, each.changed) <= slack * exact(each)));
      expect(far.map(({ sample }) => sample)).toEqual([]);
    },
  };
}

/** A tie with the true class counts as the other one. */
function largestOther(scores: readonly number[], truth: number): number {
  const others = scores.map((score, i) => (i === truth ? -Infinity : score));
  return others.indexOf(Math.max(...others));
}

/** A radius that no sample is near: in the widest gap, as a ratio, of the middle half of all distances. */
export function radiusBetween(problem: LinearProblem, norm: ConformanceNorm): number {
  const distances = Array.from({ length: SAMPLES }, (_, i) => problem.distance(i, norm)).sort((a, b) => a - b);
  const middle = distances.slice(SAMPLES / 4, (3 * SAMPLES) / 4);
  const gaps = middle.slice(1).map((upper, i) => ({ lower: middle[i] ?? NaN, upper }));
  const widest = gaps.reduce((best, gap) => (gap.upper / gap.lower > best.upper / best.lower ? gap : best));
  return Math.sqrt(widest.lower * widest.upper);
}
