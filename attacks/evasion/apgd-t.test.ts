import { row, takeRows } from '#base/tensor';
import { rng, randomStreams } from '#stats/random';
import { labelsOf, takeLabels } from '#target/head';
import { linearTarget } from '#target/linear';
import type { Samples } from '#target/target';
import type { ConformanceNorm } from '#testing/index';
import { runApgd } from './apgd.js';
import { apgdT, runApgdT, type ApgdTOptions } from './apgd-t.js';
import { runPgd } from './pgd.js';
import { fashion, TORCH_OPTIONS } from '../../test/fashion.js';
import { waveSamples, waveTarget } from '../../test/wave-target.js';
import { conforms } from '../../test/conforms.js';
import { isDeep } from '../../test/tier.js';

const NORMS: readonly ConformanceNorm[] = ['Linf', 'L2', 'L1'];
const streams = randomStreams(1, 'test');

// None of the kit's heads has four classes: what it asks of those is asked below.
conforms({ norms: ['Linf'], exact: true, configure: (norm, epsilons) => apgdT({ norm, epsilons }) });

function options(changes: Partial<ApgdTOptions> = {}): ApgdTOptions {
  return { norm: 'Linf', epsilons: 0.1, steps: 20, restarts: 1, rho: 0.75, ...changes };
}

/** Five linear classes over eight values far from the ends of their range, and how far each sample is from being wrong. */
function fiveClasses(n = 24) {
  const source = rng('five classes');
  const weights = Array.from({ length: 5 }, () => Float64Array.from({ length: 8 }, () => source.normal()));
  const inputs = { shape: [n, 8], data: Float32Array.from({ length: n * 8 }, () => source.normal()) };
  const target = linearTarget(weights, [0, 0, 0, 0, 0], {
    head: { kind: 'classes', count: 5 },
    shape: [8],
    range: [-100, 100],
  });
  const scoresOf = (i: number) =>
    weights.map((w) => w.reduce((sum, value, j) => sum + value * (row(inputs, i)[j] ?? 0), 0));
  const truths = Array.from({ length: n }, (_, i) => scoresOf(i).indexOf(Math.max(...scoresOf(i))));
  const dual = {
    Linf: (w: number[]) => sum(w.map(Math.abs)),
    L2: (w: number[]) => Math.hypot(...w),
    L1: (w: number[]) => Math.max(...w.map(Math.abs)),
  };
  const distance = (i: number, norm: ConformanceNorm) => {
    const truth = truths[i] ?? -1;
    const scores = scoresOf(i);
    return Math.min(
      ...weights.flatMap((other, k) => {
        if (k === truth) return [];
        const difference = [...other].map((value, j) => value - (weights[truth]?.[j] ?? NaN));
        return [((scores[truth] ?? NaN) - (scores[k] ?? NaN)) / dual[norm](difference)];
      }),
    );
  };
  const samples: Samples = { inputs, labels: labelsOf(truths), indices: truths.map((_, i) => i) };
  return { target, samples, distance, scoresOf };
}

describe.each(NORMS)('on linear classes, %s', (norm) => {
  test('none falls that cannot, and all do that are a tenth within the radius', async () => {
    const { target, samples, distance } = fiveClasses();
    const distances = samples.indices.map((i) => distance(i, norm));
    const epsilon = distances.toSorted((a, b) => a - b)[16] ?? NaN;
    const { epsilons } = await runApgdT(target, samples, options({ norm, epsilons: epsilon, steps: 100 }), streams);
    const fallen = epsilons[0]!.outcomes.map(({ fate }) => fate === 'broken');
    expect(distances.filter((each, i) => fallen[i] && each > epsilon * (1 + 1e-6))).toEqual([]);
    expect(distances.filter((each, i) => !fallen[i] && each < 0.9 * epsilon)).toEqual([]);
    expect(distances.filter((each) => each < 0.9 * epsilon).length).toBeGreaterThan(8);
  });

  test('a sample ends the same alone, in any batch and in any order', async () => {
    const target = waveTarget('batches', 5, 20, 8);
    const samples = waveSamples(target, 16);
    const settings = options({
      norm,
      epsilons: { Linf: [0.02, 0.05], L2: [0.06, 0.15], L1: [0.2, 0.5] }[norm],
      steps: 10,
    });
    const whole = await runApgdT(target, samples, settings, streams);
    const fates = whole.epsilons.flatMap(({ outcomes }) => outcomes.map(({ fate }) => fate));
    expect(fates).toEqual(expect.arrayContaining(['broken', 'survived']));
    for (const size of [1, 3, 8]) {
      for (let end = 16; end > 0; end -= size) {
        const rows = Array.from({ length: Math.min(size, end) }, (_, i) => end - 1 - i);
        const part = await runApgdT(target, take(samples, rows), settings, streams);
        part.epsilons.forEach(({ inputs, outcomes }, k) => {
          expect(outcomes).toEqual(rows.map((i) => whole.epsilons[k]!.outcomes[i]));
          expect(inputs).toEqual(takeRows(whole.epsilons[k]!.inputs, rows));
        });
      }
    }
  });
});

test('the targets are the classes next to the true one by the logits of the clean input, each once', async () => {
  const { target, samples, scoresOf } = fiveClasses(3);
  const asked = new Map<number, number[]>([
    [0, []],
    [1, []],
    [2, []],
  ]);
  const gradient = target.gradient.bind(target);
  target.gradient = (inputs, loss) => {
    if (loss.kind !== 'targeted-dlr') throw new Error(loss.kind);
    expect(loss.labels).toEqual(samples.labels.values);
    loss.targets.forEach((aim, i) => asked.get(i)?.push(aim));
    return gradient(inputs, loss);
  };
  await runApgdT(target, samples, options({ epsilons: 1e-3, steps: 2, targetClasses: 3 }), streams);
  for (const [i, aims] of asked) {
    const order = scoresOf(i)
      .map((score, k) => ({ score, k }))
      .sort((a, b) => b.score - a.score);
    expect(aims).toEqual(order.slice(1, 4).flatMap(({ k }) => [k, k]));
  }
});

test('never more targets than there are wrong classes; a broken sample is done', async () => {
  const { target, samples, distance } = fiveClasses();
  const epsilon = 1.2 * Math.min(...samples.indices.map((i) => distance(i, 'Linf')));
  const seen: (readonly [number, number])[] = [];
  const { epsilons } = await runApgdT(target, samples, options({ epsilons: epsilon }), streams, (done, total) =>
    seen.push([done, total]),
  );
  expect(seen.at(-1)).toEqual([80, 80]);
  for (const { fate, queries, gradientQueries } of epsilons[0]!.outcomes) {
    if (fate === 'survived') expect([queries, gradientQueries]).toEqual([4, 80]);
    else expect(gradientQueries).toBeLessThan(80);
  }
  const sum = (of: 'queries' | 'gradientQueries') => epsilons[0]!.outcomes.reduce((total, each) => total + each[of], 0);
  expect({ predictions: 24 + sum('queries'), gradients: sum('gradientQueries') }).toEqual(target.queries);
});

describe('illegal options', () => {
  test('no target', async () => {
    const { target, samples } = fiveClasses(1);
    const settings = options({ targetClasses: 0 });
    await expect(runApgdT(target, samples, settings, streams)).rejects.toMatchObject({ what: '`targetClasses` is 0' });
    expect(() => apgdT.plugin.checkOptions?.(settings)).toThrow('`targetClasses` is 0');
  });

  test('the targeted ratio has a fourth logit, or says why not', async () => {
    const why = 'the targeted difference of logits ratio needs at least four classes';
    const target = waveTarget('three', 3, 4, 1);
    await expect(runApgdT(target, waveSamples(target, 1), options(), streams)).rejects.toMatchObject({
      code: 'usage',
      what: why,
    });
    expect(apgdT.plugin.appliesTo?.(target, options())).toBe(why);
    expect(apgdT.plugin.appliesTo?.(waveTarget('four', 4, 4, 1), options())).toBeNull();
  });
});

if (isDeep) {
  test('on a hardened network it breaks what PGD and untargeted APGD break', async () => {
    const { target, samples } = await fashion('fashion-cnn-robust', 60);
    const shared = { norm: 'Linf', epsilons: 0.1, steps: 100, restarts: 1, rho: 0.75 } as const;
    const results = [
      await runPgd(target, samples, TORCH_OPTIONS, streams),
      await runApgd(target, samples, { ...shared, loss: 'cross-entropy' }, streams),
      await runApgdT(target, samples, { ...shared, steps: 50 }, streams),
    ];
    const [pgd, ce, targeted] = results.map(({ epsilons }) =>
      epsilons[0]!.outcomes.flatMap(({ fate }, i) => (fate === 'broken' ? [i] : [])),
    );
    for (const other of [pgd!, ce!]) {
      expect(other.length).toBeGreaterThan(5);
      // One image may lie on the edge of what either finds.
      expect(other.filter((i) => !targeted!.includes(i)).length).toBeLessThanOrEqual(1);
    }
    await target.dispose();
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function take(samples: Samples, rows: readonly number[]): Samples {
  return {
    inputs: takeRows(samples.inputs, rows),
    labels: takeLabels(samples.labels, rows),
    indices: rows.map((i) => samples.indices[i] ?? -1),
  };
}
