import { row, takeRows } from '#base/tensor';
import { randomStreams } from '#stats/random';
import { linearProblem } from '#testing/linear-problem';
import { takeLabels } from '#target/head';
import type { Samples, Target } from '#target/target';
import { curveTarget, points } from '../../test/curve-target.js';
import { fashion } from '../../test/fashion.js';
import { normsOf, sizeIn } from './geometry/norms.js';
import { runPgd } from './pgd.js';
import { runNoise } from './run-noise.js';
import { runSquare, type SquareOptions } from './run-square.js';
import { square } from './square.js';
import { conforms } from '../../test/conforms.js';
import { everyNth, isDeep } from '../../test/tier.js';

const NORMS = ['Linf', 'L2', 'L1'] as const;
const streams = randomStreams(1, 'test');

function squareOptions(changes: Partial<SquareOptions> = {}): SquareOptions {
  return {
    ...{ norm: 'Linf', epsilons: 0.1, queries: 50, restarts: 1, initialShare: 0.8, rescaleSchedule: false },
    ...changes,
  };
}

function taken(samples: Samples, rows: readonly number[]): Samples {
  return {
    inputs: takeRows(samples.inputs, rows),
    labels: takeLabels(samples.labels, rows),
    indices: rows.map((i) => samples.indices[i] ?? -1),
  };
}

conforms({ norms: NORMS, exact: false, configure: (norm, epsilons) => square({ norm, epsilons, queries: 300 }) });

describe('on linear models', () => {
  const cases = NORMS.flatMap((norm) => [[8], [4, 6], [5, 7, 7]].map((shape) => [norm, shape] as const));

  test.each(everyNth(2, cases))(
    '%s, shape %j: breaks all that is nearer than a share of epsilon, and nothing that is further than epsilon',
    async (norm, shape) => {
      // The weights are white noise, and the windows of an image are no smaller than three by three in L2 and L1.
      const factor = norm !== 'Linf' && shape.length === 3 ? 2.5 : 1.5;
      for (const head of ['binary', 'three classes'] as const) {
        const problem = linearProblem(shape, head);
        const { target, samples } = problem;
        const distance = (i: number) => problem.distance(i, norm);
        const positions = samples.indices.map((_, i) => i).sort((a, b) => distance(a) - distance(b));
        // Six samples are near, and one is beyond epsilon where there is such a one.
        const epsilon = factor * distance(positions[5]!) * (1 + 1e-6);
        const beyond = positions.filter((i) => distance(i) > epsilon).slice(0, 1);
        const some = taken(samples, [...positions.slice(0, 6), ...beyond]);
        const { epsilons } = await runSquare(
          target,
          some,
          squareOptions({ norm, epsilons: epsilon, queries: 5000 }),
          streams,
        );
        const fates = epsilons[0]!.outcomes.map(({ fate }) => fate);
        expect(fates).toEqual([...Array<string>(6).fill('broken'), ...beyond.map(() => 'survived')]);
        for (const { queries } of epsilons[0]!.outcomes.slice(6)) expect(queries).toBe(5000);
      }
    },
  );

  test.each(NORMS)('%s: a sample ends the same alone, among three, among eight, in any order', async (norm) => {
    const problem = linearProblem([5, 7, 7], 'three classes', 'tight');
    const { target, samples } = problem;
    const epsilon = samples.indices.map((_, i) => problem.distance(i, norm)).sort((a, b) => a - b)[16]!;
    const options = squareOptions({ norm, epsilons: [0.8 * epsilon, epsilon], restarts: 2 });
    const resultOf = async (rows: readonly number[]) => {
      const { epsilons } = await runSquare(target, taken(samples, rows), options, streams);
      return rows.map((_, i) => epsilons.map(({ inputs, outcomes }) => [[...row(inputs, i)], outcomes[i]]));
    };
    const all = [...samples.indices.keys()].slice(0, 16);
    const whole = await resultOf(all);
    const fates = whole.map(([first]) => JSON.stringify(first).includes('broken'));
    expect(new Set(fates).size).toBe(2);
    for (const size of [1, 3, 8]) {
      const parts: unknown[] = [];
      for (let start = 0; start < 16; start += size) parts.push(...(await resultOf(all.slice(start, start + size))));
      expect(parts).toEqual(whole);
    }
    expect((await resultOf(all.toReversed())).toReversed()).toEqual(whole);
  });
});

describe('queries', () => {
  test.each(NORMS)(
    '%s: the start is one of them, and a sample that stands takes all of every restart',
    async (norm) => {
      const flat = curveTarget({ score: () => 1, slope: () => 0 });
      const options = squareOptions({ norm, queries: 7, restarts: 3, epsilons: [0.1, 0.2] });
      const { epsilons } = await runSquare(flat, points([0.5, 0.6]), options, streams);
      for (const { outcomes } of epsilons) {
        for (const outcome of outcomes)
          expect(outcome).toMatchObject({ fate: 'survived', queries: 21, gradientQueries: 0 });
      }
      expect(flat.queries).toEqual({ predictions: 2 + 2 * 21 * 2, gradients: 0 });
    },
  );

  test('a sample ends at its first wrong answer, and the others go on', async () => {
    const target = curveTarget({ score: (x) => (x > 0.55 && x < 0.65 ? -1 : 1), slope: () => 0 });
    const { epsilons } = await runSquare(target, points([0.5, 0.2, 0.5, 0.5, 0.5]), squareOptions(), streams);
    const [standing, ...broken] = [1, 0, 2, 3, 4].map((i) => epsilons[0]!.outcomes[i]!);
    expect(standing).toMatchObject({ fate: 'survived', queries: 50 });
    for (const { fate, queries } of broken) {
      expect(fate).toBe('broken');
      expect(queries).toBeLessThan(30);
    }
    expect(target.seen.filter(({ x }) => x > 0.55 && x < 0.65)).toHaveLength(4);
    const spent = epsilons[0]!.outcomes.reduce((sum, { queries }) => sum + queries, 0);
    expect(target.queries).toEqual({ predictions: 5 + spent, gradients: 0 });
  });

  test('one query is the start alone', async () => {
    const target = curveTarget({ score: () => 1, slope: () => 0 });
    await runSquare(target, points([0.5]), squareOptions({ queries: 1 }), streams);
    // Float32 of 0.5 and of 0.5 -+ 0.1, rounded into the ball.
    expect(target.seen.map(({ x }) => Math.abs(x - 0.5)).map((size) => Math.round(size * 1e6))).toEqual([0, 100_000]);
  });

  test('restarts draw anew', async () => {
    const { target, samples } = linearProblem([5, 7, 7], 'three classes', 'tight');
    const starts: number[][] = [];
    const watched: Target = {
      ...{ name: target.name, digest: target.digest, domain: target.domain, head: target.head, labels: null },
      ...{ capabilities: target.capabilities, missing: target.missing, queries: target.queries },
      dispose: () => target.dispose(),
      predict: (inputs) => {
        starts.push([...inputs.data]);
        return target.predict(inputs);
      },
    };
    const options = squareOptions({ epsilons: 1e-5, queries: 1, restarts: 2 });
    await runSquare(watched, taken(samples, [0]), options, streams);
    expect(starts).toHaveLength(3);
    expect(starts[2]).not.toEqual(starts[1]);
  });
});

test.each(NORMS)('%s: what does not bring the margin down is taken back', async (norm) => {
  const { target, samples } = linearProblem([5, 7, 7], 'binary', 'tight');
  const [tried, margins]: [Float32Array[], number[]] = [[], []];
  const watched: Target = {
    ...{ name: target.name, digest: target.digest, domain: target.domain, head: target.head, labels: null },
    ...{ capabilities: target.capabilities, missing: target.missing, queries: target.queries },
    dispose: () => target.dispose(),
    predict: async (inputs) => {
      const scores = await target.predict(inputs);
      tried.push(inputs.data.slice());
      margins.push(Math.abs(scores.data[0]!));
      return scores;
    },
  };
  // So small a radius that nothing breaks, and windows of one value or a tenth of all at the end.
  const options = squareOptions({ norm, epsilons: 1e-3, queries: 400, initialShare: 0.1 });
  await runSquare(watched, taken(samples, [0]), options, streams);
  const differing = (a: Float32Array, b: Float32Array) => a.filter((value, i) => value !== b[i]).length;
  let best = 1;
  for (let query = 2; query < tried.length; query++) {
    // In L1 the projection of more than one channel may change every value.
    if (norm !== 'L1') expect(differing(tried[query]!, tried[best]!)).toBeLessThanOrEqual(5 * 2 * 9);
    if (margins[query]! < margins[best]!) best = query;
  }
  expect(best).toBeGreaterThan(20);
});

test('illegal options', async () => {
  const target = curveTarget({ score: () => 1, slope: () => 0 });
  const refused = (changes: Partial<SquareOptions>) =>
    expect(runSquare(target, points([0.5]), squareOptions(changes), streams)).rejects;
  await refused({ queries: 0 }).toMatchObject({ code: 'usage', what: '`queries` is 0' });
  await refused({ restarts: 1.5 }).toMatchObject({ code: 'usage', what: '`restarts` is 1.5' });
  await refused({ epsilons: -1 }).toMatchObject({ code: 'usage', what: '`epsilons` has -1' });
  for (const initialShare of [0, 1.1, NaN]) {
    await refused({ initialShare }).toMatchObject({ code: 'usage', what: `\`initialShare\` is ${initialShare}` });
  }
});

test('a target that gives labels alone is none for it', () => {
  expect(square.plugin.needs).toEqual(['scores']);
});

if (isDeep) {
  test('on a network trained against Linf it comes close to PGD, and breaks more than noise', async () => {
    const { target, samples } = await fashion('fashion-cnn-robust', 60);
    const options = squareOptions({ queries: 250 });
    const found = await runSquare(target, samples, options, streams);
    const pgd = await runPgd(
      target,
      samples,
      { ...options, steps: 20, randomStart: true, loss: 'cross-entropy', earlyStop: true },
      streams,
    );
    const noise = await runNoise(target, samples, { ...options, draws: 20 }, streams);
    const [byFound, byPgd, byNoise] = [found, pgd, noise].map(
      ({ epsilons }) => epsilons[0]!.outcomes.filter(({ fate }) => fate === 'survived').length,
    );
    // Of 60 samples, three; with 1,000 queries and 200 samples it breaks three more than PGD.
    expect(byFound).toBeLessThanOrEqual(byPgd! + 3);
    expect(byFound).toBeLessThan(byNoise!);
    found.epsilons[0]!.outcomes.forEach((outcome, i) => {
      const change = normsOf(row(samples.inputs, i), row(found.epsilons[0]!.inputs, i));
      expect(sizeIn('Linf', change)).toBeLessThanOrEqual(0.1);
      expect(outcome.norms).toEqual(change);
    });
  });
}
