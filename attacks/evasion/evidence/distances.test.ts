import type { DifferentiableTarget } from '#target/target';
import { memoryContext } from '#testing/context';
import { linearProblem } from '#testing/linear-problem';
import type { EvasionAttack } from './chunk.js';
import { attackEvidence } from './evidence.js';
import { fmn, runFmn, type FmnOptions } from '../fmn.js';
import { bitAt } from './data.js';
import type { AttackResult, RunAttack } from '../search/result.js';

const problem = linearProblem([8], 'two classes', 'inner');
const { target, samples } = problem;
const exact = samples.indices.map((_, i) => problem.distance(i, 'L2'));
const sorted = exact.toSorted((a, b) => a - b);

/** So that some samples fall at the first, more at the second, and the rest beyond both. */
const between = (i: number) => ((sorted[i] ?? NaN) + (sorted[i + 1] ?? NaN)) / 2;
const epsilons = [between(5), between(13)] as const;
const options: FmnOptions = {
  ...{ norm: 'L2', epsilons: [...epsilons], steps: 200, stepSize: 1, gamma: 0.05 },
  trust: { samples: 0, noiseDraws: 1, queries: 1 },
};
const context = () => ({ ...memoryContext(fmn(options), target, samples), options });

function evidence(change: (result: AttackResult) => AttackResult = (result) => result) {
  const run: RunAttack<DifferentiableTarget, FmnOptions> = async (...given) => change(await runFmn(...given));
  const attack: EvasionAttack<FmnOptions> = {
    ...{ name: 'FMN', uses: 'gradients', minimumNorm: true, examined: false },
    run,
  };
  return attackEvidence(attack, context());
}

test('one run tells the distance of every sample, also beyond the largest epsilon, each checked', async () => {
  const { data } = await evidence();
  data.distances?.forEach((distance, i) => {
    // FMN stops within 5 % of the boundary on a linear model, and never in front of it but for float32's rounding.
    expect((distance ?? Infinity) / (exact[i] ?? NaN)).toBeLessThan(1.05);
    expect((distance ?? 0) / (exact[i] ?? NaN)).toBeGreaterThan(1 - 1e-5);
  });
  expect(data.distances).toHaveLength(exact.length);
});

test('a sample is broken at the least epsilon that reaches it, and carried to the next', async () => {
  const { data } = await evidence();
  const [first, second] = data.epsilons;
  samples.indices.forEach((_, i) => {
    const distance = data.distances?.[i] ?? NaN;
    expect(bitAt(first?.broken ?? '', i)).toBe(distance <= epsilons[0]);
    expect(bitAt(second?.broken ?? '', i)).toBe(distance <= epsilons[1]);
    expect(bitAt(second?.carried ?? '', i)).toBe(distance <= epsilons[0]);
  });
});

test('what is no adversarial input has no distance, whatever the attack says', async () => {
  const { data } = await evidence(({ norm, epsilons: each, closest }) => ({
    norm,
    epsilons: each,
    closest: { inputs: samples.inputs, distances: closest?.distances ?? [] },
  }));
  const beyond = exact.map((distance) => distance > epsilons[1] * 1.05);
  expect(data.distances?.filter((_, i) => beyond[i])).toEqual(beyond.flatMap((is) => (is ? [null] : [])));
});

test('the search itself says the same fates: broken, carried, survived', async () => {
  const result = await runFmn(target, samples, options, context().random);
  const fates = (k: number) => result.epsilons[k]?.outcomes.map(({ fate }) => fate);
  const distances = result.closest?.distances ?? [];
  expect(fates(0)).toEqual(distances.map((distance) => (distance <= epsilons[0] ? 'broken' : 'survived')));
  expect(fates(1)).toEqual(
    distances.map((distance) =>
      distance <= epsilons[0] ? 'carried' : distance <= epsilons[1] ? 'broken' : 'survived',
    ),
  );
});
