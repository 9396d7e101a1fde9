import { takeRows } from '#base/tensor';
import { randomStreams } from '#stats/random';
import { takeLabels } from '#target/head';
import { linearTarget } from '#target/linear';
import type { Samples } from '#target/target';
import type { ConformanceNorm } from '#testing/index';
import { apgd, runApgd, type ApgdOptions } from './apgd.js';
import { runPgd } from './pgd.js';
import { curveTarget, points } from '../../test/curve-target.js';
import { fashion, TORCH_OPTIONS } from '../../test/fashion.js';
import { waveSamples, waveTarget } from '../../test/wave-target.js';
import { conforms } from '../../test/conforms.js';
import { isDeep } from '../../test/tier.js';

const NORMS: readonly ConformanceNorm[] = ['Linf', 'L2', 'L1'];
const streams = randomStreams(1, 'test');

conforms({
  norms: NORMS,
  exact: true,
  configure: (norm, epsilons) => apgd({ norm, epsilons, steps: 20, restarts: 1 }),
});
function options(changes: Partial<ApgdOptions> = {}): ApgdOptions {
  return { norm: 'Linf', epsilons: 0.1, steps: 20, restarts: 1, rho: 0.75, loss: 'cross-entropy', ...changes };
}

describe.each(NORMS)('%s, on a model with many valleys', (norm) => {
  const epsilons = { Linf: [0.02, 0.05], L2: [0.06, 0.15], L1: [0.2, 0.5] }[norm];
  const settings = options({ norm, epsilons, restarts: 2 });

  test('a sample ends the same alone, in any batch and in any order, and some fall and some do not', async () => {
    const target = waveTarget('batches', 4, 30, 12);
    const samples = waveSamples(target, 24);
    const whole = await runApgd(target, samples, settings, streams);
    const fates = whole.epsilons.flatMap(({ outcomes }) => outcomes.map(({ fate }) => fate));
    expect(fates).toEqual(expect.arrayContaining(['broken', 'survived', 'carried']));
    for (const size of [1, 3, 8]) {
      // Backwards.
      for (let end = 24; end > 0; end -= size) {
        const rows = Array.from({ length: Math.min(size, end) }, (_, i) => end - 1 - i);
        const part = await runApgd(target, take(samples, rows), settings, streams);
        part.epsilons.forEach(({ inputs, outcomes }, k) => {
          expect(outcomes).toEqual(rows.map((i) => whole.epsilons[k]!.outcomes[i]));
          expect(inputs).toEqual(takeRows(whole.epsilons[k]!.inputs, rows));
        });
      }
    }
  });

  test('queries of the samples add up to those of the target', async () => {
    const target = waveTarget('batches', 4, 30, 12);
    const samples = waveSamples(target, 24);
    const { epsilons: results } = await runApgd(target, samples, settings, streams);
    const outcomes = results.flatMap((each) => each.outcomes);
    const sum = (of: 'queries' | 'gradientQueries') => outcomes.reduce((total, each) => total + each[of], 0);
    expect({ predictions: 24 + sum('queries'), gradients: sum('gradientQueries') }).toEqual(target.queries);
  });

  test('more restarts never find less', async () => {
    const target = waveTarget('batches', 4, 30, 12);
    const samples = waveSamples(target, 24);
    const broken = async (restarts: number) => {
      const { epsilons: results } = await runApgd(target, samples, { ...settings, restarts }, streams);
      return results.map(({ outcomes }) => outcomes.flatMap(({ fate }, i) => (fate === 'survived' ? [] : [i])));
    };
    const [once, often] = [await broken(1), await broken(4)];
    once.forEach((found, k) => expect(often[k]).toEqual(expect.arrayContaining(found)));
  });
});

test('a sample leaves at its first wrong iterate; one that survives takes all steps and a last look', async () => {
  const target = curveTarget({ score: (x) => x - 0.5, slope: () => 1 });
  const { epsilons } = await runApgd(target, points([0.55, 0.9]), options({ steps: 100 }), streams);
  const [broken, survived] = epsilons[0]!.outcomes;
  expect(broken).toMatchObject({ fate: 'broken', queries: 0 });
  // A first step of 2 epsilon reaches the far border from wherever the walk starts.
  expect(broken!.gradientQueries).toBeLessThanOrEqual(2);
  expect(survived).toMatchObject({ fate: 'survived', queries: 1, gradientQueries: 100 });
});

test('any wrong iterate counts: momentum carries the fourth into a slot within the ball', async () => {
  // Steps of 2 epsilon lead from end to end, and momentum takes three quarters of the way: 0.6, 0.4, 0.5, 0.45.
  const slot = { score: (x: number) => (Math.abs(x - 0.45) < 1e-3 ? -1 : x), slope: (x: number) => x - 0.455 };
  let above = 0;
  for (let seed = 0; seed < 8; seed++) {
    const target = curveTarget(slot);
    const { epsilons } = await runApgd(target, points([0.5]), options(), randomStreams(seed, 'slot'));
    if ((target.seen[1]?.x ?? 0) < 0.5) continue;
    above++;
    expect(epsilons[0]!.outcomes[0]).toMatchObject({ fate: 'broken', gradientQueries: 4, margin: -1 });
  }
  expect(above).toBeGreaterThan(0);
});

describe('larger radii in L1', () => {
  test('what is wrong outside of the ball is not found, and costs what it costs', async () => {
    const cliff = curveTarget({ score: (x) => (Math.abs(x - 0.5) > 0.1 + 1e-6 ? -1 : 1 + x), slope: () => 1 });
    const settings = options({ norm: 'L1', steps: 20 });
    const { epsilons } = await runApgd(cliff, points([0.5]), settings, streams);
    expect(epsilons[0]!.outcomes[0]).toMatchObject({ fate: 'survived', queries: 3, gradientQueries: 20 });
    const distances = cliff.seen.map(({ x }) => Math.abs(x - 0.5));
    // The clean input, then 6, 6 and 8 steps at 3, 2 and 1 times the radius, each with its last look.
    expect(Math.max(...distances.slice(1, 8))).toBeGreaterThan(0.2 + 1e-6);
    expect(Math.max(...distances.slice(8, 15))).toBeLessThanOrEqual(0.2 + 1e-6);
    expect(Math.max(...distances.slice(8, 15))).toBeGreaterThan(0.1 + 1e-6);
    expect(Math.max(...distances.slice(15))).toBeLessThanOrEqual(0.1 + 1e-6);
    expect(distances).toHaveLength(1 + 7 + 7 + 9);
  });

  test('the trace has the iterates within the ball, and begins at the clean input', async () => {
    const target = curveTarget({ score: (x) => x, slope: () => 1 });
    const { epsilons } = await runApgd(target, points([0.5]), options({ norm: 'L1', steps: 20 }), streams);
    const { loss } = epsilons[0]!.outcomes[0]!;
    expect(loss!.path).toHaveLength(1 + 9);
    expect(loss!.start).toBeCloseTo(Math.log1p(Math.exp(-0.5)), 6);
    expect(loss!.best).toBeCloseTo(Math.log1p(Math.exp(-0.4)), 6);
  });
});

test('a randomized target is followed by the mean of its gradients, and judged by most of 20 answers', async () => {
  const target = curveTarget({ score: (x) => x - 0.5, slope: () => 1 });
  const settings = options({ eotDraws: 4, steps: 10 });
  const { epsilons } = await runApgd(target, points([0.55, 0.9]), settings, streams);
  expect(epsilons[0]!.outcomes.map(({ fate }) => fate)).toEqual(['broken', 'survived']);
  expect(epsilons[0]!.outcomes[1]).toMatchObject({ gradientQueries: 40, queries: 20 });
});

describe('illegal options', () => {
  test.each([
    ['no step', { steps: 0 }, '`steps` is 0'],
    ['no restart', { restarts: 0 }, '`restarts` is 0'],
    ['a share of nothing', { rho: 0 }, '`rho` is 0'],
    ['a share that is not a number', { rho: NaN }, '`rho` is NaN'],
    ['larger radii without sparse steps', { largerRadii: true }, '`largerRadii` is not for Linf'],
    ['no step left within the ball', { norm: 'L1', steps: 4 }, '4 steps are too few to begin in larger balls'],
  ] as const)('%s', async (_, changes, what) => {
    const target = waveTarget('options', 3, 2, 1);
    const settings = options(changes);
    await expect(runApgd(target, waveSamples(target, 1), settings, streams)).rejects.toMatchObject({ what });
    expect(() => apgd.plugin.checkOptions?.(settings)).toThrow(what);
  });

  test('the ratio of logits has a third logit, or says why not', async () => {
    const why = 'the difference of logits ratio needs at least three classes';
    const binary = linearTarget([[1]], [0], { head: { kind: 'binary' }, shape: [1] });
    const dlr = options({ loss: 'dlr' });
    await expect(runApgd(binary, points([0.5]), dlr, streams)).rejects.toMatchObject({ code: 'usage', what: why });
    const appliesTo = apgd.plugin.appliesTo?.bind(apgd.plugin);
    for (const [head, answer] of [
      [{ kind: 'binary' }, why],
      [{ kind: 'classes', count: 2 }, why],
      [{ kind: 'classes', count: 3 }, null],
    ] as const) {
      expect(appliesTo?.({ ...binary, head }, dlr)).toBe(answer);
      expect(appliesTo?.({ ...binary, head }, options())).toBeNull();
    }
  });
});

if (isDeep) {
  test.each([
    ['cross-entropy', 'cross-entropy'],
    ['dlr', 'margin'],
  ] as const)('on a hardened network %s finds what PGD finds in 40 steps by %s', async (loss, plain) => {
    const { target, samples } = await fashion('fashion-cnn-robust', 60);
    const broken = ({ epsilons }: Awaited<ReturnType<typeof runPgd>>) =>
      epsilons[0]!.outcomes.flatMap(({ fate }, i) => (fate === 'broken' ? [i] : []));
    const known = broken(await runPgd(target, samples, { ...TORCH_OPTIONS, loss: plain }, streams));
    const found = broken(await runApgd(target, samples, options({ steps: 100, loss }), streams));
    expect(known.length).toBeGreaterThan(5);
    // One image may lie on the edge of what either finds.
    expect(known.filter((i) => !found.includes(i)).length).toBeLessThanOrEqual(1);
    await target.dispose();
  });
}

function take(samples: Samples, rows: readonly number[]): Samples {
  return {
    inputs: takeRows(samples.inputs, rows),
    labels: takeLabels(samples.labels, rows),
    indices: rows.map((i) => samples.indices[i] ?? -1),
  };
}
