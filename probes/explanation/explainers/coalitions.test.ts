import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '#base/package-root';
import { row, rowRange, rowsOf, type Tensor } from '#base/tensor';
import { closedObject } from '#config/configurable';
import { check } from '#config/validate';
import type { ExplainContext, Explainer } from '#plugin/explainer';
import { Detail } from '#report/details';
import { randomStreams } from '#stats/random';
import type { Domain } from '#target/domain';
import { labelsOf } from '#target/head';
import { inMemory } from '#target/sample-source';
import { linearTarget } from '#target/linear';
import type { Target } from '#target/target';
import { openTable } from '../../../test/table-fixtures.js';
import { largestDifference } from '../../../test/coalition-games.js';
import { exactShapley } from './exact-shapley.js';
import { kernelShap } from './kernel-shap.js';
import { lime } from './lime.js';
import { occlusion } from './occlusion.js';
import { permutationShapley } from './permutation-shapley.js';

const shapley: readonly Explainer[] = [exactShapley, permutationShapley, kernelShap];
const all: readonly Explainer[] = [...shapley, lime, occlusion];

interface Parts {
  readonly target: Target;
  readonly sample: Tensor;
  readonly background: Tensor;
  readonly score?: number;
  readonly tokens?: readonly string[];
  readonly options?: Record<string, unknown>;
}

function contextOf(explainer: Explainer, { target, sample, background, score = 0, tokens, options = {} }: Parts) {
  const rows = rowsOf(background);
  const progress: [number, number][] = [];
  const context: ExplainContext<never> = {
    options: check(closedObject(explainer.options), options, { code: 'config', file: explainer.id, path: [] }) as never,
    ...{ target, score, tokens: tokens ?? null },
    sample: { inputs: sample, labels: labelsOf(new Float64Array(1)), indices: [3] },
    background: inMemory({
      inputs: background,
      labels: labelsOf(new Float64Array(rows)),
      indices: Array.from({ length: rows }, (_, i) => i),
    }),
    random: randomStreams(7, explainer.id),
    progress: (done, total) => progress.push([done, total]),
  };
  return { context, progress };
}

async function explain(explainer: Explainer, parts: Parts) {
  const { context, progress } = contextOf(explainer, parts);
  const explained = await explainer.explain(context);
  for (const detail of explained.details) check(Detail, detail, { code: 'run', file: explainer.id, path: [] });
  const [done, total] = progress.at(-1) ?? [];
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThanOrEqual(total ?? NaN);
  return { ...explained, attribution: explained.attribution! };
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0);

describe('a table', () => {
  let parts: Parts;
  let columns: number;

  beforeAll(async () => {
    const { target, samples, domain } = await openTable('credit-mlp');
    columns = domain.columns?.length ?? NaN;
    parts = { target, sample: rowRange(samples.inputs, 0, 1), background: rowRange(samples.inputs, 1, 9), score: 1 };
  });

  afterAll(() => parts.target.dispose());

  test.each(all.slice(1))('$id has one value a column', async (explainer) => {
    const few = 'samples' in explainer.options.properties ? { samples: 256 } : {};
    const { attribution, statements } = await explain(explainer, { ...parts, options: few });
    expect(attribution.values).toHaveLength(columns);
    expect(attribution.features?.names).toHaveLength(columns);
    expect([...attribution.values].every(Number.isFinite)).toBe(true);
    expect(statements.length).toBeGreaterThan(1);
  });

  test.each([permutationShapley, kernelShap] as readonly Explainer[])(
    '$id adds up to the score less the mean of the background',
    async (explainer) => {
      const { attribution, details } = await explain(explainer, parts);
      const scores = await parts.target.predict(parts.background);
      const width = scores.data.length / rowsOf(scores);
      const mean = Array.from({ length: 8 }, (_, i) => scores.data[i * width + 1]!).reduce((a, b) => a + b, 0) / 8;
      const own = row(await parts.target.predict(parts.sample), 0)[1]!;
      expect(attribution.completeness?.difference).toBeCloseTo(own - mean, 5);
      expect(Math.abs(attribution.completeness?.residual ?? NaN)).toBeLessThan(1e-12);
      expect(sum(attribution.values)).toBeCloseTo(own - mean, 5);
      expect(Math.min(...attribution.standardErrors!)).toBeGreaterThanOrEqual(0);
      const [waterfall] = details;
      if (waterfall?.kind !== 'waterfall') throw new Error('no waterfall');
      expect(waterfall.sample).toBe(3);
      expect(waterfall.rows).toHaveLength(columns);
      expect(waterfall.baseValue).toBeCloseTo(mean, 5);
      expect(waterfall.prediction).toBeCloseTo(own, 5);
    },
  );

  test('permutations and KernelSHAP agree within what their errors say', async () => {
    const [a, b] = [await explain(permutationShapley, parts), await explain(kernelShap, parts)];
    const square = a.attribution.values.reduce((total, value, i) => {
      const variance = a.attribution.standardErrors![i]! ** 2 + b.attribution.standardErrors![i]! ** 2;
      return total + (value - b.attribution.values[i]!) ** 2 / Math.max(variance, 1e-12);
    }, 0);
    expect(Math.sqrt(square / columns)).toBeLessThan(2);
  });

  test('the same seed gives the same bytes', async () => {
    for (const explainer of [permutationShapley, kernelShap, lime] as readonly Explainer[]) {
      const options = 'samples' in explainer.options.properties ? { samples: 256 } : {};
      const [first, second] = [
        await explain(explainer, { ...parts, options }),
        await explain(explainer, { ...parts, options }),
      ];
      expect(first.attribution).toEqual(second.attribution);
    }
  });
});

describe('a linear model', () => {
  const weights = [1, -2, 3, 0.5];
  const target = linearTarget([weights], [0.25], { head: { kind: 'regression', count: 1, tolerance: 0 }, shape: [4] });
  const sample = { shape: [1, 4], data: Float32Array.of(0.5, 0.25, 1, 0) };
  const background = { shape: [2, 4], data: Float32Array.of(0, 0, 0, 1, 1, 0.5, 0.5, 0.5) };
  const expected = [0, 0, 2.25, -0.375];

  test.each([...shapley, occlusion as Explainer])('$id is (x - mean) w', async (explainer) => {
    const { attribution } = await explain(explainer, { target, sample, background });
    expect(largestDifference(attribution.values, expected)).toBeLessThan(1e-6);
  });

  test('LIME without quartiles has the weights in units of spread, and explains all', async () => {
    const options = { discretize: false, penalty: 0 };
    const { attribution, statements } = await explain(lime, { target, sample, background, options });
    expect(largestDifference(attribution.values, [0.5, -0.5, 0.75, 0.125])).toBeLessThan(1e-5);
    expect(statements.join()).toContain('explains 100.0 %');
    const two = await explain(lime, { target, sample, background, options: { ...options, features: 2 } });
    expect(two.attribution.values.filter((value) => value !== 0)).toHaveLength(2);
    expect(two.statements.join()).toContain('2 of 4 features were chosen');
  });
});

describe('a picture', () => {
  const pixels = gunzipSync(
    readFileSync(join(packageRoot(), 'fixtures/data/fashion-test-images.idx3-ubyte.gz')),
  ).subarray(16);
  const images = {
    shape: [5, 1, 28, 28],
    data: Float32Array.from(pixels.subarray(0, 5 * 784), (value) => value / 255),
  };
  const weights = Float64Array.from({ length: 784 }, (_, i) => Math.sin(i) / 10);
  const target = linearTarget([weights], [0], {
    head: { kind: 'regression', count: 1, tolerance: 0 },
    shape: [1, 28, 28],
  });
  const parts = { target, sample: rowRange(images, 0, 1), background: rowRange(images, 1, 5) };

  test.each([exactShapley, kernelShap] as readonly Explainer[])(
    '$id shares the score among regions, that of a linear model by their values',
    async (explainer) => {
      const { attribution } = await explain(explainer, {
        ...parts,
        options: explainer === kernelShap ? { samples: 300 } : {},
      });
      const mean = images.data.subarray(784).reduce((a, b) => a + b, 0) / (4 * 784);
      const expected = new Float64Array(attribution.values.length);
      attribution.features?.of.forEach((region, i) => (expected[region]! += (images.data[i]! - mean) * weights[i]!));
      expect(attribution.values.length).toBeGreaterThan(4);
      expect(largestDifference(attribution.values, expected)).toBeLessThan(1e-5);
    },
  );

  test('LIME has the signs of the regions that matter', async () => {
    const { attribution } = await explain(lime, { ...parts, options: { samples: 300 } });
    const { attribution: exact } = await explain(kernelShap, { ...parts, options: { samples: 300 } });
    const strongest = exact.values.reduce(
      (at, value, i) => (Math.abs(value) > Math.abs(exact.values[at]!) ? i : at),
      0,
    );
    expect(attribution.values).toHaveLength(exact.values.length);
    expect(Math.sign(attribution.values[strongest]!)).toBe(Math.sign(exact.values[strongest]!));
  });

  test('occlusion has a value for each pixel', async () => {
    const { attribution, statements } = await explain(occlusion, { ...parts, options: { window: 1, stride: 1 } });
    const mean = images.data.subarray(784).reduce((a, b) => a + b, 0) / (4 * 784);
    const expected = Array.from(weights, (weight, i) => (images.data[i]! - mean) * weight);
    expect(attribution.features).toBeUndefined();
    expect(largestDifference(attribution.values, expected)).toBeLessThan(1e-5);
    expect(statements[0]).toContain(
      'A window of 1 by 1 pixels moved 1 at a time and left the mean of 4 inputs of the background',
    );
    await expect(explain(occlusion, { ...parts, options: { absent: 'background' } })).rejects.toThrow('one baseline');
  });
});

describe('a text', () => {
  const head = { kind: 'regression', count: 1, tolerance: 0 } as const;
  const domain: Domain = {
    kind: 'text',
    shape: [6],
    tokens: { vocabulary: 50, padding: 0, mask: null, special: [0, 1, 2] },
  };
  const { name, digest, capabilities, missing, queries, labels } = linearTarget([[1]], [0], { head, shape: [1] });
  /** Tokens are worth their numbers, and 10 more where 7 and 8 stand beside each other. */
  const target: Target = {
    ...{ name, digest, capabilities, missing, queries, labels, head, domain },
    predict: (inputs) =>
      Promise.resolve({
        shape: [rowsOf(inputs), 1],
        data: Float32Array.from({ length: rowsOf(inputs) }, (_, i) => {
          const text = row(inputs, i);
          return text.reduce((total, id, at) => total + id + (id === 7 && text[at + 1] === 8 ? 10 : 0), 0);
        }),
      }),
    dispose: () => Promise.resolve(),
  };
  const sample = { shape: [1, 6], data: Float32Array.of(1, 7, 8, 30, 2, 0) };
  const parts = {
    target,
    sample,
    background: { shape: [0, 6], data: new Float32Array(0) },
    tokens: ['^', 'not', 'bad', 'film', '$', ''],
  };

  test.each([
    [permutationShapley, [12, 13, 30]],
    [kernelShap, [12, 13, 30]],
    [occlusion, [17, 18, 30]],
  ] as readonly [Explainer, number[]][])('%# has a value for each token', async (explainer, expected) => {
    const { attribution } = await explain(explainer, parts);
    expect(attribution.features?.names).toEqual(['not', 'bad', 'film']);
    expect([...attribution.features!.of]).toEqual([-1, 0, 1, 2, -1, -1]);
    expect(largestDifference(attribution.values, expected)).toBeLessThan(1e-9);
  });

  test('LIME orders the tokens', async () => {
    const [first = NaN, second = NaN, third = NaN] = (await explain(lime, parts)).attribution.values;
    expect(third).toBeGreaterThan(second);
    expect(second).toBeGreaterThan(first);
  });

  test('without a token for what is absent, or of more tokens than all coalitions allow, is not for these', () => {
    expect(kernelShap.appliesTo({ domain: { kind: 'text', shape: [6] }, head })).toContain(
      'neither a mask nor padding',
    );
    expect(exactShapley.appliesTo({ domain, head })).toContain('too many tokens');
  });

  test('of padding alone is an error', async () => {
    const empty = { ...parts, sample: { shape: [1, 6], data: Float32Array.of(1, 2, 0, 0, 0, 0) } };
    await expect(explain(kernelShap, empty)).rejects.toThrow('nothing but padding');
  });
});
