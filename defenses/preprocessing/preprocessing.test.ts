import type { ConfiguredPlugin } from '#plugin/plugin';
import { pluginPage } from '#plugin/page';
import { linearTarget } from '#target/linear';
import { inMemory } from '#target/sample-source';
import type { DifferentiableTarget, Samples } from '#target/target';
import { memoryContext } from '#testing/index';
import { translationFaults } from '#testing/translations';
import { fashion } from '../../test/fashion.js';
import { chosen } from './evaluation/adversary.js';
import { countOf, countOnly, shareOf, type PreprocessingData } from './evaluation/data.js';
import { preprocessing } from './index.js';
import { bitDepth } from './bit-depth.js';
import { featureSqueezing } from './feature-squeezing.js';
import { jpeg } from './jpeg.js';
import { smoothing } from './smoothing.js';

const quick = { epsilons: 0.1, steps: 20, restarts: 1, queries: 20 };

async function measured(
  { plugin, options }: ConfiguredPlugin,
  target: DifferentiableTarget,
  samples: Samples,
): Promise<PreprocessingData> {
  const { data } = await plugin.run(memoryContext({ plugin, options }, target, samples));
  return data as PreprocessingData;
}

describe('who knows a preprocessor goes through it', () => {
  test.each([
    ['bit depth', bitDepth(quick)],
    ['smoothing', smoothing(quick)],
    // Through JPEG the walk is longer until it gets by.
    ['JPEG', jpeg({ ...quick, steps: 40, restarts: 3 })],
  ] as const)('%s gains at most 2 points over no defense, whatever replayed inputs say', async (_, configured) => {
    const { target, samples } = await fashion('fashion-cnn', 100);
    const data = await measured(configured, target, samples);
    const [at] = data.epsilons;
    expect(shareOf(at?.adaptive ?? '') - shareOf(at?.bare ?? '')).toBeLessThanOrEqual(0.02);
    expect(countOnly(at?.adaptive ?? '', at?.unaware ?? '')).toBe(0);
    const verdict = configured.plugin.judge(data, {
      ...{ thresholds: configured.plugin.presets.baseline, setBy: 'preset baseline', minimumSamples: 100 },
    });
    expect(verdict.status).toBe('fail');
    const shown = JSON.stringify(configured.plugin.details(data, verdict, { examples: [], maps: [], mapScale: 0 }));
    expect(shown).toContain('no evidence');
    await target.dispose();
  });

  test('feature squeezing flags replayed inputs far more often than clean ones, and the adversary gets by', async () => {
    const { target, samples } = await fashion('fashion-cnn', 100);
    const data = await measured(featureSqueezing(quick), target, samples);
    const [at] = data.epsilons;
    const flagged = countOf(at?.replayFlagged ?? '') / countOnly(data.cleanBare, at?.bare ?? '');
    expect(flagged).toBeGreaterThan(0.25);
    expect(shareOf(data.detector?.cleanFlagged ?? '')).toBeLessThan(0.15);
    expect(shareOf(at?.unaware ?? '')).toBeGreaterThan(0.2);
    // Of about 50 samples one is 2 points.
    expect(countOf(at?.adaptive ?? '') - countOf(at?.bare ?? '')).toBeLessThanOrEqual(1);
    expect((data.detector?.calibratedOn ?? 0) + data.indices.length).toBe(100);
    await target.dispose();
  });
});

describe('the same bits', () => {
  const shape = [1, 4, 4] as const;
  const weights = [0, 1, 2].map((k) => Float64Array.from({ length: 16 }, (_, i) => Math.sin(7 * k + 3 * i)));
  const target = linearTarget(weights, [0, 0, 0], { head: { kind: 'classes', count: 3 }, shape });
  const samples: Samples = {
    inputs: { shape: [12, ...shape], data: Float32Array.from({ length: 192 }, (_, i) => ((i * 29) % 97) / 96) },
    labels: { width: 1, values: Float64Array.from({ length: 12 }, (_, i) => i % 3) },
    indices: Array.from({ length: 12 }, (_, i) => i),
  };
  const small = { epsilons: [0.05, 0.15], steps: 5, restarts: 1, queries: 5 };

  /** What is found of each sample, by its index. */
  function bySample({ indices, epsilons, cleanBare, cleanDefended }: PreprocessingData): [number, string][] {
    return indices.map((index, i) => [
      index,
      [cleanBare, cleanDefended, ...epsilons.flatMap((at) => [at.bare, at.unaware, at.adaptive, at.fellToSearch])]
        .map((bits) => bits[i])
        .join(''),
    ]);
  }

  test.each([bitDepth(small), smoothing(small), jpeg(small)])('in any batch: $plugin.id', async (configured) => {
    const whole = bySample(await measured(configured, target, samples));
    expect(bySample(await measured(configured, target, samples))).toEqual(whole);
    const parts: [number, string][] = [];
    for (const rows of [[11], [0, 1, 2, 3, 4], [10, 9, 8, 7, 6, 5]]) {
      parts.push(...bySample(await measured(configured, target, chosen(samples, rows))));
    }
    expect(parts.sort(([a], [b]) => a - b)).toEqual(whole);
  });

  test('epsilons give the same one by one, and what broke stays broken', async () => {
    const { epsilons } = await measured(bitDepth(small), target, samples);
    const [near, far] = epsilons;
    expect(countOnly(far?.adaptive ?? '', near?.adaptive ?? '')).toBe(0);
    expect(countOnly(far?.bare ?? '', near?.bare ?? '')).toBe(0);
    const [alone] = (await measured(bitDepth({ ...small, epsilons: 0.05 }), target, samples)).epsilons;
    expect(alone).toEqual(near);
  });

  test('samples that a detector was calibrated on are drawn by their index', async () => {
    const { indices } = await measured(featureSqueezing(small), target, samples);
    const reversed = chosen(samples, [...samples.indices].reverse());
    const again = await measured(featureSqueezing(small), target, reversed);
    expect([...again.indices].sort((a, b) => a - b)).toEqual(indices);
    expect(inMemory(samples).indices.length).toBeGreaterThan(indices.length);
  });
});

describe.each(preprocessing.map(({ plugin }) => [plugin.id, plugin] as const))('%s', (id, plugin) => {
  test('says what it is, in every language', () => {
    expect(translationFaults(plugin)).toEqual([]);
    expect(pluginPage(plugin)).toContain(id);
    expect(plugin.kind).toBe('defense');
  });

  test('is for images only', () => {
    const head = { kind: 'classes', count: 3 } as const;
    const { domain } = linearTarget([[1], [1], [1]], [0, 0, 0], { head, shape: [1] });
    expect(plugin.appliesTo?.({ domain, head }, {} as never)).toContain('images');
    const image = linearTarget([[1], [1], [1]], [0, 0, 0], { head, shape: [1, 1, 1] }).domain;
    expect(plugin.appliesTo?.({ domain: image, head }, {} as never)).toBeNull();
  });
});
