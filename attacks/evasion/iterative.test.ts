import { takeRows } from '#base/tensor';
import { randomStreams } from '#stats/random';
import { takeLabels } from '#target/head';
import { sampleLoss } from '#target/losses';
import type { Samples } from '#target/target';
import type { ConformanceNorm } from '#testing/index';
import { bim, runBim, type BimOptions } from './bim.js';
import { miFgsm, runMiFgsm, type MiFgsmOptions } from './mi-fgsm.js';
import { runPgd } from './pgd.js';
import { curveTarget, points } from '../../test/curve-target.js';
import { fashion, TORCH_OPTIONS } from '../../test/fashion.js';
import { waveSamples, waveTarget, type WaveTarget } from '../../test/wave-target.js';
import { conforms } from '../../test/conforms.js';
import { isDeep } from '../../test/tier.js';

const NORMS: readonly ConformanceNorm[] = ['Linf', 'L2', 'L1'];
const streams = randomStreams(1, 'test');

// The other norms are in conformance.deep.ts.
conforms({ norms: ['Linf'], exact: true, configure: (norm, epsilons) => bim({ norm, epsilons, steps: 40 }) });
conforms({ norms: ['Linf'], exact: true, configure: (norm, epsilons) => miFgsm({ norm, epsilons, steps: 40 }) });

function bimOptions(changes: Partial<BimOptions> = {}): BimOptions {
  return { norm: 'Linf', epsilons: 0.1, steps: 10, loss: 'cross-entropy', ...changes };
}

function miOptions(changes: Partial<MiFgsmOptions> = {}): MiFgsmOptions {
  return { norm: 'Linf', epsilons: 0.1, steps: 10, momentum: 1, loss: 'cross-entropy', ...changes };
}

test('BIM goes from the input itself, in steps of epsilon over their number', async () => {
  const target = curveTarget({ score: (x) => x, slope: () => 1 });
  const { epsilons } = await runBim(target, points([0.5]), bimOptions({ steps: 4 }), streams);
  expect(epsilons[0]!.outcomes[0]).toMatchObject({ fate: 'survived', gradientQueries: 4, queries: 1 });
  const expected = [0.5, 0.5, 0.475, 0.45, 0.425, 0.4];
  target.seen.forEach(({ x }, i) => expect(x).toBeCloseTo(expected[i] ?? NaN, 6));
  expect(target.seen).toHaveLength(expected.length);
});

test('MI-FGSM is m <- mu m + g / |g|_1 and x <- clip(project(x + a sign(m))), in double precision', async () => {
  const [epsilon, steps, momentum] = [0.04, 25, 0.9];
  let apart = 0;
  for (let i = 0; i < 8; i++) {
    const target = waveTarget('momentum', 4, 30, 20);
    const sample = take(waveSamples(target, 8), [i]);
    const changes = { epsilons: epsilon, steps, momentum, relativeStepSize: 0.1 };
    await runMiFgsm(target, sample, miOptions(changes), streams);
    const [, ...walked] = target.seen.map(({ x }) => x);
    const center = Float64Array.from(sample.inputs.data);
    let [x, m, plain] = [center, center.map(() => 0), center];
    walked.forEach((now) => {
      expect(Math.max(...now.map((value, j) => Math.abs(value - (x[j] ?? NaN))))).toBeLessThan(1e-6);
      const moved = (from: Float64Array, along: Float64Array) =>
        from.map((value, j) => {
          const next = value + 0.1 * epsilon * Math.sign(along[j] ?? NaN);
          const origin = center[j] ?? NaN;
          return Math.min(Math.max(Math.min(Math.max(next, origin - epsilon), origin + epsilon), 0), 1);
        });
      const g = gradientAt(target, x, sample);
      const size = g.reduce((sum, slope) => sum + Math.abs(slope), 0);
      m = m.map((value, j) => momentum * value + (g[j] ?? NaN) / size);
      plain = moved(plain, gradientAt(target, plain, sample));
      x = moved(x, m);
    });
    if (plain.some((value, j) => Math.abs(value - (x[j] ?? NaN)) > 1e-3)) apart++;
  }
  // The control: without momentum the walks end elsewhere.
  expect(apart).toBeGreaterThan(4);
});

test('without momentum MI-FGSM is PGD from the input', async () => {
  for (const norm of NORMS) {
    const target = waveTarget('momentum', 4, 30, 12);
    const samples = waveSamples(target, 16);
    const epsilons = { Linf: [0.02, 0.05], L2: [0.06, 0.15], L1: [0.2, 0.5] }[norm];
    const found = await runMiFgsm(target, samples, miOptions({ norm, epsilons, momentum: 0 }), streams);
    const plain = await runBim(target, samples, bimOptions({ norm, epsilons }), streams);
    // A gradient over its sum is rounded to float32, which may decide a tie or the last bit of a length.
    found.epsilons.forEach(({ inputs, outcomes }, k) => {
      expect(outcomes.map(({ fate }) => fate)).toEqual(plain.epsilons[k]!.outcomes.map(({ fate }) => fate));
      const other = plain.epsilons[k]!.inputs.data;
      expect(Math.max(...inputs.data.map((value, j) => Math.abs(value - (other[j] ?? NaN))))).toBeLessThan(1e-6);
    });
  }
});

test.each(NORMS)('MI-FGSM in %s: a sample ends the same alone, in any batch and in any order', async (norm) => {
  const target = waveTarget('batches', 4, 30, 12);
  const samples = waveSamples(target, 24);
  const options = miOptions({ norm, epsilons: { Linf: [0.02, 0.05], L2: [0.06, 0.15], L1: [0.2, 0.5] }[norm] });
  const before = { ...target.queries };
  const whole = await runMiFgsm(target, samples, options, streams);
  const sum = (of: 'queries' | 'gradientQueries') =>
    whole.epsilons.flatMap(({ outcomes }) => outcomes).reduce((total, each) => total + each[of], 0);
  expect(target.queries.predictions - before.predictions).toBe(24 + sum('queries'));
  expect(target.queries.gradients - before.gradients).toBe(sum('gradientQueries'));
  expect(whole.epsilons[1]!.outcomes.map(({ fate }) => fate)).toEqual(
    expect.arrayContaining(['broken', 'survived', 'carried']),
  );
  for (const size of [1, 3, 8]) {
    for (let end = 24; end > 0; end -= size) {
      const rows = Array.from({ length: Math.min(size, end) }, (_, i) => end - 1 - i);
      const part = await runMiFgsm(target, take(samples, rows), options, streams);
      part.epsilons.forEach(({ inputs, outcomes }, k) => {
        expect(outcomes).toEqual(rows.map((i) => whole.epsilons[k]!.outcomes[i]));
        expect(inputs).toEqual(takeRows(whole.epsilons[k]!.inputs, rows));
      });
    }
  }
});

test('momentum goes on where a gradient gives no direction', async () => {
  const target = curveTarget({ score: (x) => x, slope: (x) => (x > 0.47 ? 1 : NaN) });
  await runMiFgsm(target, points([0.5]), miOptions({ steps: 4 }), streams);
  expect(target.seen.at(-1)!.x).toBeCloseTo(0.4, 6);
});

describe('illegal options', () => {
  test.each([
    ['no step', { steps: 0 }, '`steps` is 0'],
    ['negative momentum', { momentum: -1 }, '`momentum` is -1'],
    ['momentum without end', { momentum: Infinity }, '`momentum` is Infinity'],
    ['steps too short', { relativeStepSize: 0.05 }, '10 steps of 0.05 epsilon cannot reach the border of the ball'],
  ] as const)('MI-FGSM: %s', async (_, changes, what) => {
    const target = curveTarget({ score: (x) => x, slope: () => 1 });
    const options = miOptions(changes);
    await expect(runMiFgsm(target, points([0.5]), options, streams)).rejects.toMatchObject({ what });
    expect(() => miFgsm.plugin.checkOptions?.(options)).toThrow(what);
  });

  test('BIM without a step', async () => {
    const target = curveTarget({ score: (x) => x, slope: () => 1 });
    const options = bimOptions({ steps: 0 });
    expect(() => bim.plugin.checkOptions?.(options)).toThrow('`steps` is 0');
    await expect(runBim(target, points([0.5]), options, streams)).rejects.toMatchObject({ what: '`steps` is 0' });
  });
});

if (isDeep) {
  test('on a network that was not hardened they find what PGD with 40 steps finds, but one image in twenty', async () => {
    const { target, samples } = await fashion('fashion-cnn', 60);
    const shared = { epsilons: 0.03, steps: 20 } as const;
    const results = [
      await runPgd(target, samples, { ...TORCH_OPTIONS, epsilons: 0.03 }, streams),
      await runBim(target, samples, bimOptions(shared), streams),
      await runMiFgsm(target, samples, miOptions(shared), streams),
    ];
    const [pgd, ...others] = results.map(({ epsilons }) =>
      epsilons[0]!.outcomes.flatMap(({ fate }, i) => (fate === 'broken' ? [i] : [])),
    );
    expect(pgd!.length).toBeGreaterThan(20);
    for (const found of others) expect(pgd!.filter((i) => !found.includes(i)).length).toBeLessThanOrEqual(3);
    await target.dispose();
  });
}

function gradientAt(target: WaveTarget, x: Float64Array, { labels }: Samples): Float64Array {
  const loss = { kind: 'cross-entropy', labels: labels.values } as const;
  const { slope } = sampleLoss(target.head, loss, 0, target.scoresAt(x));
  const slopes = target.slopesAt(x);
  return x.map((_, j) => slopes.reduce((sum, each, k) => sum + (slope[k] ?? NaN) * (each[j] ?? NaN), 0));
}

function take(samples: Samples, rows: readonly number[]): Samples {
  return {
    inputs: takeRows(samples.inputs, rows),
    labels: takeLabels(samples.labels, rows),
    indices: rows.map((i) => samples.indices[i] ?? -1),
  };
}
