import { row, takeRows } from '#base/tensor';
import { rng, randomStreams } from '#stats/random';
import { labelsOf, takeLabels } from '#target/head';
import { linearTarget } from '#target/linear';
import { lossSlope } from '#target/losses';
import type { Samples } from '#target/target';
import { runFgsm } from './run-fgsm.js';
import { runNoise } from './run-noise.js';
import { normsOf, type ConvexNorm } from './geometry/norms.js';
import { runPgd, pgd, type PgdOptions } from './pgd.js';
import { curveTarget, points } from '../../test/curve-target.js';

const NORMS: readonly ConvexNorm[] = ['Linf', 'L2', 'L1'];
const streams = randomStreams(1, 'test');

function pgdOptions(changes: Partial<PgdOptions> = {}): PgdOptions {
  return {
    ...{ norm: 'Linf', epsilons: 0.1, steps: 10, restarts: 1 },
    ...{ randomStart: true, loss: 'cross-entropy', earlyStop: true },
    ...changes,
  };
}

/** Three linear classes over six values in [0, 1], and samples with the model's own answers as truth. */
function threeClasses(n = 12): {
  readonly target: ReturnType<typeof linearTarget>;
  readonly samples: Samples;
  readonly weights: Float64Array[];
} {
  const source = rng('three classes');
  const weights = Array.from({ length: 3 }, () => Float64Array.from({ length: 6 }, () => source.normal()));
  const inputs = { shape: [n, 6], data: Float32Array.from({ length: n * 6 }, () => source.uniform()) };
  const labels = labelsOf(
    Array.from({ length: n }, (_, i) => {
      const scores = weights.map((w) => w.reduce((sum, value, j) => sum + value * (row(inputs, i)[j] ?? 0), 0));
      return scores.indexOf(Math.max(...scores));
    }),
  );
  const target = linearTarget(weights, [0, 0, 0], { head: { kind: 'classes', count: 3 }, shape: [6] });
  return { target, weights, samples: { inputs, labels, indices: Array.from({ length: n }, (_, i) => 100 + i) } };
}

describe('against the definition', () => {
  test('PGD without a random start is x <- clip(project(x + a sign(g))), in double precision', async () => {
    const { target, samples, weights } = threeClasses();
    const [epsilon, steps, share] = [0.07, 8, 0.3];
    const options = pgdOptions({
      epsilons: epsilon,
      steps,
      relativeStepSize: share,
      randomStart: false,
      earlyStop: false,
    });
    const { epsilons } = await runPgd(target, samples, options, streams);
    const head = { kind: 'classes', count: 3 } as const;
    samples.indices.forEach((_, i) => {
      const x0 = Float64Array.from(row(samples.inputs, i));
      const label = [samples.labels.values[i] ?? -1];
      let x = x0;
      let best = { x, margin: Infinity };
      for (let step = 0; step <= steps; step++) {
        const scores = weights.map((w) => w.reduce((sum, value, j) => sum + value * (x[j] ?? 0), 0));
        const own = scores[label[0] ?? -1] ?? NaN;
        const margin = own - Math.max(...scores.filter((_score, k) => k !== label[0]));
        if (best.margin > 0 && margin < best.margin) best = { x, margin };
        const slope = lossSlope(head, 'cross-entropy', scores, label);
        const gradient = x.map((_value, j) => weights.reduce((sum, w, k) => sum + (slope[k] ?? 0) * (w[j] ?? 0), 0));
        x = x.map((value, j) => {
          const moved = value + share * epsilon * Math.sign(gradient[j] ?? 0);
          const projected = Math.min(Math.max(moved, (x0[j] ?? 0) - epsilon), (x0[j] ?? 0) + epsilon);
          return Math.min(Math.max(projected, 0), 1);
        });
      }
      const outcome = epsilons[0]!.outcomes[i]!;
      // Float32 against double: eight steps of rounding at most 6e-8 each, times weights that sum to less than 10.
      expect(Math.abs(outcome.margin - best.margin)).toBeLessThan(5e-6);
      const found = row(epsilons[0]!.inputs, i);
      expect(Math.max(...found.map((value, j) => Math.abs(value - (best.x[j] ?? NaN))))).toBeLessThan(1e-6);
    });
  });

  test.each(NORMS)('FGSM in %s is clip(x + epsilon s(g)) with s of the unit ball', async (norm) => {
    const { target, samples, weights } = threeClasses();
    const epsilon = { Linf: 0.02, L2: 0.05, L1: 0.1 }[norm];
    const { epsilons } = await runFgsm(target, samples, { norm, epsilons: epsilon, loss: 'margin' });
    samples.indices.forEach((_, i) => {
      const x = row(samples.inputs, i);
      const scores = weights.map((w) => w.reduce((sum, value, j) => sum + value * (x[j] ?? 0), 0));
      const truth = samples.labels.values[i] ?? -1;
      const second = scores.indexOf(Math.max(...scores.filter((_score, k) => k !== truth)));
      const g = x.map((_value, j) => (weights[second]?.[j] ?? 0) - (weights[truth]?.[j] ?? 0));
      const size = normsOf(new Float32Array(6), g);
      const s = g.map((value) => {
        if (norm === 'Linf') return Math.sign(value);
        if (norm === 'L2') return value / size.l2;
        return Math.abs(value) === size.linf ? Math.sign(value) : 0;
      });
      const expected = x.map((value, j) => Math.min(Math.max(value + epsilon * (s[j] ?? 0), 0), 1));
      const found = row(epsilons[0]!.inputs, i);
      // The margin falls along this step, so it is the kept input; float32 rounding of values below 1.
      expect(Math.max(...found.map((value, j) => Math.abs(value - (expected[j] ?? NaN))))).toBeLessThan(1e-6);
    });
  });

  test("the size of the batch does not change a step: the gradient is each sample's own", async () => {
    const { target, samples } = threeClasses();
    const whole = await runFgsm(target, samples, { norm: 'L2', epsilons: 0.05, loss: 'cross-entropy' });
    for (const i of samples.indices.keys()) {
      const alone = await runFgsm(target, take(samples, [i]), { norm: 'L2', epsilons: 0.05, loss: 'cross-entropy' });
      expect(alone.epsilons[0]!.inputs.data).toEqual(row(whole.epsilons[0]!.inputs, i));
    }
  });
});

describe('what counts', () => {
  test('any wrong iterate counts, not only the last', async () => {
    // Wrong only in a slot that the walk passes through on its way to the border.
    const slot = { score: (x: number) => (x > 0.52 && x < 0.54 ? -1 : 1), slope: () => -1 };
    const options = pgdOptions({
      epsilons: 0.2,
      steps: 20,
      relativeStepSize: 0.05,
      randomStart: false,
      earlyStop: false,
    });
    const { epsilons } = await runPgd(curveTarget(slot), points([0.5]), options, streams);
    expect(epsilons[0]!.outcomes[0]).toMatchObject({ fate: 'broken', margin: -1 });
    expect(epsilons[0]!.inputs.data[0]).toBeCloseTo(0.53, 6);
  });

  test('the last iterate counts: it is asked for by a forward pass', async () => {
    const edge = { score: (x: number) => (x > 0.595 ? -1 : 1), slope: () => -1 };
    const target = curveTarget(edge);
    const options = pgdOptions({ steps: 10, relativeStepSize: 0.1, randomStart: false });
    const { epsilons } = await runPgd(target, points([0.5]), options, streams);
    expect(epsilons[0]!.outcomes[0]).toMatchObject({ fate: 'broken', queries: 1, gradientQueries: 10 });
    expect(target.seen.at(-1)).toMatchObject({ kind: 'prediction' });
  });

  test('a sample that is wrong when clean is never attacked, and is robust nowhere', async () => {
    const target = curveTarget({ score: (x) => x - 0.5, slope: () => 1 });
    const { epsilons } = await runPgd(target, points([0.2, 0.9]), pgdOptions({ epsilons: [0, 0.05] }), streams);
    expect(epsilons.map(({ outcomes }) => outcomes.map(({ fate }) => fate))).toEqual([
      ['misclassified', 'survived'],
      ['misclassified', 'survived'],
    ]);
    expect(epsilons[1]!.outcomes[0]).toMatchObject({ queries: 0, gradientQueries: 0, norms: { l0: 0 }, loss: null });
    expect(target.seen.filter(({ kind, x }) => kind === 'gradient' && x < 0.5)).toEqual([]);
  });

  test('labels are the truth: a model that is always wrong has nothing to attack', async () => {
    const target = curveTarget({ score: () => 1, slope: () => 1 });
    const { epsilons } = await runFgsm(target, points([0.2, 0.9], [0, 0]), {
      norm: 'Linf',
      epsilons: 0.1,
      loss: 'margin',
    });
    expect(epsilons[0]!.outcomes.map(({ fate }) => fate)).toEqual(['misclassified', 'misclassified']);
    expect(target.queries).toEqual({ predictions: 2, gradients: 0 });
  });

  test('broken at a small epsilon counts at every larger one, and is not attacked again', async () => {
    const target = curveTarget({ score: (x) => x - 0.5, slope: () => 1 });
    const options = pgdOptions({ epsilons: [0.3, 0.02, 0.1], randomStart: false });
    const { epsilons } = await runPgd(target, points([0.51, 0.58, 0.7]), options, streams);
    expect(epsilons.map(({ epsilon }) => epsilon)).toEqual([0.02, 0.1, 0.3]);
    expect(epsilons.map(({ outcomes }) => outcomes.map(({ fate }) => fate))).toEqual([
      ['broken', 'survived', 'survived'],
      ['carried', 'broken', 'survived'],
      ['carried', 'carried', 'broken'],
    ]);
    const [first, , last] = epsilons;
    expect(last!.inputs.data[0]).toBe(first!.inputs.data[0]);
    expect(last!.outcomes[0]).toMatchObject({ queries: 0, gradientQueries: 0, norms: first!.outcomes[0]!.norms });
  });

  test('a tie is broken, and so is an answer that is not a number', async () => {
    const tie = curveTarget({ score: (x) => (x > 0.52 ? 0 : 1), slope: () => -1 });
    const lost = curveTarget({ score: (x) => (x > 0.52 ? NaN : 1), slope: () => -1 });
    for (const target of [tie, lost]) {
      const { epsilons } = await runPgd(target, points([0.5]), pgdOptions({ randomStart: false }), streams);
      expect(epsilons[0]!.outcomes[0]!.fate).toBe('broken');
    }
  });

  test('the worst case over restarts is per sample: more restarts never find less', async () => {
    // Two valleys: which one a start leads to is chance.
    const valleys = {
      score: (x: number) => 0.02 + (x - 0.5) ** 2 * (x < 0.5 ? -0.5 : -3),
      slope: (x: number) => (x - 0.5) * (x < 0.5 ? -1 : -6),
    };
    const samples = points(Array.from({ length: 60 }, () => 0.5));
    const broken = async (restarts: number) => {
      const { epsilons } = await runPgd(curveTarget(valleys), samples, pgdOptions({ restarts }), streams);
      return new Set(epsilons[0]!.outcomes.flatMap(({ fate }, i) => (fate === 'broken' ? [i] : [])));
    };
    const [once, thrice] = [await broken(1), await broken(3)];
    expect(once.size).toBeGreaterThan(10);
    expect(once.size).toBeLessThan(50);
    expect([...once].filter((i) => !thrice.has(i))).toEqual([]);
    expect(thrice.size).toBeGreaterThan(once.size);
  });
});

describe('early stop', () => {
  test.each(NORMS)('changes the cost in %s, and nothing else', async (norm) => {
    const { target, samples } = threeClasses(24);
    const epsilons = { Linf: [0.02, 0.1], L2: [0.05, 0.2], L1: [0.1, 0.4] }[norm];
    const at = async (earlyStop: boolean) => {
      const { predictions, gradients } = target.queries;
      const result = await runPgd(target, samples, pgdOptions({ norm, epsilons, restarts: 2, earlyStop }), streams);
      return {
        result,
        spent: [target.queries.predictions - predictions, target.queries.gradients - gradients] as const,
      };
    };
    const [early, whole] = [await at(true), await at(false)];
    const found = ({ result }: typeof early) =>
      result.epsilons.map(({ inputs, outcomes }) => ({
        inputs,
        outcomes: outcomes.map(({ fate, margin }) => ({ fate, margin })),
      }));
    expect(found(early)).toEqual(found(whole));
    expect(early.spent[1]).toBeLessThan(whole.spent[1]);
    expect(
      found(early)
        .flatMap(({ outcomes }) => outcomes)
        .some(({ fate }) => fate === 'broken'),
    ).toBe(true);
  });

  test('without it every attacked sample takes every step of every restart', async () => {
    const { target, samples } = threeClasses(24);
    await runPgd(target, samples, pgdOptions({ restarts: 3, earlyStop: false }), streams);
    expect(target.queries).toEqual({ predictions: 24 + 24 * 3, gradients: 24 * 3 * 10 });
  });
});

test('queries of the samples add up to those of the target', async () => {
  const { target, samples } = threeClasses(24);
  const results = [
    await runPgd(target, samples, pgdOptions({ epsilons: [0.02, 0.05, 0.1], restarts: 2 }), streams),
    await runFgsm(target, samples, { norm: 'Linf', epsilons: [0.02, 0.05], loss: 'cross-entropy' }),
    await runNoise(target, samples, { norm: 'L2', epsilons: [0.02, 0.3], draws: 4 }, streams),
  ];
  const outcomes = results.flatMap(({ epsilons }) => epsilons.flatMap((each) => each.outcomes));
  const sum = (of: 'queries' | 'gradientQueries') => outcomes.reduce((total, each) => total + each[of], 0);
  // Each attack asks once for the answers on clean inputs.
  expect({ predictions: sum('queries') + 3 * 24, gradients: sum('gradientQueries') }).toEqual(target.queries);
});

describe('signs that the attack itself failed', () => {
  test('a gradient of zero at the start is flagged, in any restart', async () => {
    const flat = curveTarget({ score: () => 1, slope: () => 0 });
    const { epsilons } = await runPgd(flat, points([0.5]), pgdOptions({ restarts: 2 }), streams);
    expect(epsilons[0]!.outcomes[0]).toMatchObject({ fate: 'survived', flags: { zeroGradientAtStart: true } });
    const half = curveTarget({ score: () => 1, slope: (x) => (x < 0.5 ? 0 : 1) });
    const many = await runPgd(half, points(Array.from({ length: 20 }, () => 0.5)), pgdOptions(), streams);
    const flagged = many.epsilons[0]!.outcomes.filter(({ flags }) => flags.zeroGradientAtStart);
    expect(flagged.length).toBeGreaterThan(3);
    expect(flagged.length).toBeLessThan(17);
  });

  test('the loss is traced from start to end, along the restart that came highest', async () => {
    const target = curveTarget({ score: (x) => 1 - x, slope: () => -1 });
    const { epsilons } = await runPgd(
      target,
      points([0.5]),
      pgdOptions({ randomStart: false, loss: 'margin' }),
      streams,
    );
    const { loss } = epsilons[0]!.outcomes[0]!;
    // Minus the margin: -0.5 at the start, -0.4 at the border; scores are float32.
    expect(loss!.start).toBeCloseTo(-0.5, 6);
    expect(loss!.end).toBeCloseTo(-0.4, 6);
    expect(loss!.best).toBe(loss!.end);
  });

  test('a walk that only descends has its best loss at its start', async () => {
    const uphill = curveTarget({ score: (x) => 1 - x, slope: () => 1 });
    const { epsilons } = await runPgd(uphill, points([0.5]), pgdOptions({ randomStart: false }), streams);
    const { loss } = epsilons[0]!.outcomes[0]!;
    expect(loss!.best).toBe(loss!.start);
    expect(loss!.end).toBeLessThan(loss!.start);
  });
});

test('L1 does not stand still where its first choice is at the end of its range already', async () => {
  // Lowering the first value would help most, and it is zero; lowering the second by 0.1 is enough.
  const target = linearTarget([[5, 1]], [-0.4], { head: { kind: 'binary' }, shape: [2] });
  const inputs = { shape: [1, 2], data: Float32Array.from([0, 0.5]) };
  const samples: Samples = { inputs, labels: labelsOf([1]), indices: [0] };
  const walk = await runPgd(target, samples, pgdOptions({ norm: 'L1', epsilons: 0.3, randomStart: false }), streams);
  expect(walk.epsilons[0]!.outcomes[0]!.fate).toBe('broken');
  // The single step is the formula's: all of it on the first value, where it is clipped away.
  const step = await runFgsm(target, samples, { norm: 'L1', epsilons: 0.3, loss: 'cross-entropy' });
  expect(step.epsilons[0]!.outcomes[0]).toMatchObject({ fate: 'survived', norms: { l0: 0 } });
});

describe('noise', () => {
  test('every draw is a forward pass within the ball, and a sample stops at its first wrong one', async () => {
    const target = curveTarget({ score: (x) => x - 0.45, slope: () => 0 });
    const { epsilons } = await runNoise(target, points([0.5, 0.9]), { norm: 'Linf', epsilons: 0.1, draws: 7 }, streams);
    expect(epsilons[0]!.outcomes[0]!.fate).toBe('broken');
    expect(epsilons[0]!.outcomes[0]!.queries).toBeLessThanOrEqual(7);
    expect(epsilons[0]!.outcomes[1]).toMatchObject({ fate: 'survived', queries: 7, gradientQueries: 0, loss: null });
    const drawn = target.seen.slice(2).map(({ x }) => x);
    expect(drawn.every((x) => Math.min(Math.abs(x - 0.5), Math.abs(x - 0.9)) <= 0.1 + 1e-6)).toBe(true);
    expect(new Set(drawn).size).toBe(drawn.length);
  });
});

test('starts depend on the seed and on the index in the data set, and on nothing else', async () => {
  const target = linearTarget([[1, 1, 1, 1]], [10], { head: { kind: 'binary' }, shape: [4] });
  const inputs = { shape: [3, 4], data: new Float32Array(12).fill(0.5) };
  const samples: Samples = { inputs, labels: labelsOf([1, 1, 1]), indices: [7, 8, 7] };
  const options = { norm: 'L2', epsilons: 0.1, draws: 1 } as const;
  const drawn = async (seed: number) => {
    const { epsilons } = await runNoise(target, samples, options, randomStreams(seed, 'test'));
    return [0, 1, 2].map((i) => [...row(epsilons[0]!.inputs, i)]);
  };
  const [first, second, third] = await drawn(1);
  expect(third).toEqual(first);
  expect(second).not.toEqual(first);
  expect((await drawn(2))[0]).not.toEqual(first);
});

describe('illegal options', () => {
  const { target, samples } = threeClasses(2);

  test.each([
    ['no epsilon', { epsilons: [] }, '`epsilons` is empty'],
    ['a negative epsilon', { epsilons: [0.1, -1] }, '`epsilons` has -1'],
    ['NaN', { epsilons: NaN }, '`epsilons` has NaN'],
    ['infinity', { epsilons: [Infinity] }, '`epsilons` has Infinity'],
    ['one epsilon twice', { epsilons: [0.1, 0.1] }, '`epsilons` has 0.1 twice'],
    ['no step', { steps: 0 }, '`steps` is 0'],
    ['half a restart', { restarts: 0.5 }, '`restarts` is 0.5'],
    [
      'steps that do not reach the border',
      { steps: 10, relativeStepSize: 0.05 },
      '10 steps of 0.05 epsilon cannot reach the border of the ball',
    ],
    [
      'restarts of the same walk',
      { restarts: 2, randomStart: false },
      '2 restarts without a random start are the same walk again',
    ],
  ] as const)('%s', async (_, changes, what) => {
    const options = pgdOptions(changes as Partial<PgdOptions>);
    await expect(runPgd(target, samples, options, streams)).rejects.toMatchObject({ name: 'AssayError', what });
    expect(() => pgd.plugin.checkOptions?.(options)).toThrow(what);
  });

  test('noise without a draw', async () => {
    const options = { norm: 'Linf', epsilons: 0.1, draws: 0 } as const;
    await expect(runNoise(target, samples, options, streams)).rejects.toMatchObject({ what: '`draws` is 0' });
  });
});

test('progress goes from the first step to the last', async () => {
  const { target, samples } = threeClasses(4);
  const seen: (readonly [number, number])[] = [];
  await runPgd(target, samples, pgdOptions({ epsilons: [0, 0.05], steps: 3 }), streams, (done, total) =>
    seen.push([done, total]),
  );
  expect(seen).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, 6]));
});

function take(samples: Samples, rows: readonly number[]): Samples {
  return {
    inputs: takeRows(samples.inputs, rows),
    labels: takeLabels(samples.labels, rows),
    indices: rows.map((i) => samples.indices[i] ?? -1),
  };
}
