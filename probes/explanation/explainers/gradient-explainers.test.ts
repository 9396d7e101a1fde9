import { Value } from '@sinclair/typebox/value';
import type { TObject } from '@sinclair/typebox';
import { rowRange, type Tensor } from '#base/tensor';
import { openOnnxModel } from '#engine/index';
import type { ExplainContext, Explained, Explainer } from '#plugin/explainer';
import { randomStreams, rng } from '#stats/random';
import type { Domain } from '#target/domain';
import { labelsOf } from '#target/head';
import { linearTarget } from '#target/linear';
import { inMemory } from '#target/sample-source';
import type { Capability, LayeredTarget, Samples, Target } from '#target/target';
import { fashionImages, fashionModel } from '../../../test/tfjs-models.js';
import { isComplete } from '../refinement.js';
import { gradCam, gradCamPlusPlus, layerCam } from './class-activation-maps.js';
import { deepLift } from './deep-lift.js';
import { expectedGradients } from './expected-gradients.js';
import { deconvolution, guidedBackpropagation } from './guided-backpropagation.js';
import { guidedIntegratedGradients } from './guided-integrated-gradients.js';
import { inputXGradient } from './input-x-gradient.js';
import { integratedGradients } from './integrated-gradients.js';
import { lrp } from './lrp.js';
import { smoothGrad, varGrad } from './noisy-gradients.js';
import { saliency } from './saliency.js';

const ALL: readonly Explainer[] = [
  ...[saliency, inputXGradient, smoothGrad, varGrad],
  ...[integratedGradients, guidedIntegratedGradients, expectedGradients],
  ...[gradCam, gradCamPlusPlus, layerCam, deepLift, lrp, guidedBackpropagation, deconvolution],
];

const image: Domain = { kind: 'image', layout: 'NCHW', shape: [1, 28, 28], range: [0, 1], mean: [0.286], std: [0.353] };
const classes = { kind: 'classes', count: 10 } as const;

/** A fixture as a target whose layers can be seen. */
async function fixture(): Promise<LayeredTarget> {
  const { model, spec } = fashionModel('fashion-cnn');
  const engine = await openOnnxModel(model, spec);
  const { name, digest, missing, queries } = linearTarget([[1]], [0], { head: { kind: 'binary' }, shape: [1] });
  return {
    ...{ name, digest, missing, queries, domain: image, head: classes, labels: null },
    capabilities: new Set<Capability>(['labels', 'scores', 'gradients', 'layers']),
    predict: (inputs) => engine.scores(inputs),
    gradient: (inputs, loss) => engine.gradient(inputs, loss),
    jacobian: (inputs, indices) => engine.jacobian(inputs, indices),
    layers: () => engine.layers(),
    atLayer: (inputs, loss, layer) => engine.atLayer(inputs, loss, layer),
    propagate: (inputs, scores, propagation) => engine.propagate(inputs, scores, propagation),
    dispose: () => engine.dispose(),
  };
}

function samplesOf(inputs: Tensor, first = 0): Samples {
  const n = inputs.shape[0] ?? 0;
  return { inputs, labels: labelsOf(new Float64Array(n)), indices: Array.from({ length: n }, (_, i) => first + i) };
}

function explainedBy<Options extends TObject>(
  explainer: Explainer<Options>,
  target: Target,
  sample: Samples,
  background: Samples,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Explained> {
  const context: ExplainContext<unknown> = {
    ...{ target, sample, score: 0, tokens: null, background: inMemory(background) },
    options: Value.Default(explainer.options, { ...options }),
    random: randomStreams(3, explainer.id),
    progress: () => undefined,
  };
  return explainer.explain(context as Parameters<typeof explainer.explain>[0]);
}

describe('on a small CNN', () => {
  let target: LayeredTarget;
  const images = fashionImages(0, 12);
  const sample = samplesOf(rowRange(images, 0, 1));
  const background = samplesOf(rowRange(images, 1, 12), 1);

  beforeAll(async () => {
    target = await fixture();
  });
  afterAll(() => target.dispose());

  test.each(ALL.map((explainer) => [explainer.id, explainer] as const))(
    '%s gives one finite value a feature, and the same again',
    async (_, explainer) => {
      expect(explainer.appliesTo(target)).toBeNull();
      const { attribution, statements } = await explainedBy(explainer, target, sample, background);
      const { values, features, standardErrors, completeness } = attribution!;
      expect(values).toHaveLength(features?.names.length ?? 784);
      expect(values.every(Number.isFinite)).toBe(true);
      expect(values.some((value) => value !== 0)).toBe(true);
      if (standardErrors !== undefined) expect(standardErrors.every((error) => error >= 0)).toBe(true);
      if (completeness !== undefined) {
        const sum = values.reduce((total, value) => total + value, 0);
        expect(Math.abs(sum - completeness.difference - completeness.residual)).toBeLessThan(1e-9);
      }
      for (const statement of statements) expect(statement).toMatch(/^[A-Z0-9].*\.$/);
      const again = await explainedBy(explainer, target, sample, background);
      expect(again.attribution).toEqual(attribution);
    },
  );

  test('integrated gradients and DeepLIFT add up', async () => {
    for (const explainer of [integratedGradients, deepLift] as const) {
      const { attribution } = await explainedBy<TObject>(explainer, target, sample, background);
      expect(isComplete(attribution!.completeness!)).toBe(true);
    }
  });

  test('LRP says where the score went', async () => {
    const { attribution, details, statements } = await explainedBy(lrp, target, sample, background);
    const [table] = details;
    const [score = NaN, ...parts] = table?.kind === 'table' ? table.rows.map((each) => Number(each[1])) : [];
    const { difference, residual } = attribution!.completeness!;
    expect(score).toBe(difference);
    expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(score, 9);
    expect(parts[2]).toBeCloseTo(-residual, 9);
    expect(statements[1]).toMatch(/^Biases took -?[0-9.]+ % of the score\.$/);
  });

  test('maps are taken at the last layer that gives one, or at the one that is named', async () => {
    const maps = (await target.layers()).filter(({ shape }) => shape.length === 3);
    const { statements, attribution } = await explainedBy(gradCam, target, sample, background);
    expect(statements[0]).toContain(`\`${maps.at(-1)!.name}\``);
    expect(attribution!.values.every((value) => value >= 0)).toBe(true);
    expect(attribution!.features!.of).toEqual(Int32Array.from({ length: 784 }, (_, i) => i));
    const first = await explainedBy(layerCam, target, sample, background, { layer: maps[0]!.name });
    expect(first.statements[0]).toContain(`\`${maps[0]!.name}\``);
    const wrong = explainedBy(layerCam, target, sample, background, { layer: 'nowhere' });
    await expect(wrong).rejects.toThrow('no layer `nowhere` gives a map. Layers with a map are `');
  });

  test('a baseline outside of the range is refused', async () => {
    await expect(explainedBy(deepLift, target, sample, background, { baseline: -1 })).rejects.toThrow(
      'the baseline -1 lies outside the domain, 0 to 1',
    );
  });
});

describe('on a linear model of a table', () => {
  const weights = [1, -2, 3, 0.5];
  const target = linearTarget([weights], [0.7], { head: { kind: 'binary' }, shape: [4] });
  const source = rng('rows');
  const rows = { shape: [9, 4], data: Float32Array.from({ length: 36 }, () => source.uniform()) };
  const sample = samplesOf(rowRange(rows, 0, 1));
  const background = samplesOf(rowRange(rows, 1, 9), 1);
  const x = [...rows.data.subarray(0, 4)];
  const mean = weights.map((_, j) => [1, 2, 3, 4, 5, 6, 7, 8].reduce((sum, i) => sum + rows.data[4 * i + j]!, 0) / 8);
  const against = (baseline: readonly number[]) => weights.map((w, j) => w * (x[j]! - baseline[j]!));
  const nothing = [0, 0, 0, 0];

  const cases: readonly [Explainer, Readonly<Record<string, unknown>>, readonly number[]][] = [
    [saliency, {}, weights],
    [saliency, { sign: 'absolute' }, weights.map(Math.abs)],
    [inputXGradient, {}, against(nothing)],
    [smoothGrad, {}, weights],
    [varGrad, {}, nothing],
    [integratedGradients, { baseline: 0 }, against(nothing)],
    [integratedGradients, {}, against(mean)],
    [guidedIntegratedGradients, {}, against(mean)],
    [guidedIntegratedGradients, { baseline: 'mean' }, against(nothing)],
    [expectedGradients, {}, against(mean)],
  ];

  test.each(cases.map((each) => [each[0].id, each[1], each] as const))(
    '%s with %j has its closed form',
    async (...given) => {
      const [explainer, options, wanted] = given[2];
      const { attribution } = await explainedBy(explainer, target, sample, background, options);
      // Means and gradients are float32.
      attribution!.values.forEach((value, j) => expect(Math.abs(value - wanted[j]!)).toBeLessThan(1e-6));
    },
  );

  test('what has no map, and no background, is said', async () => {
    expect(gradCam.appliesTo(target)).toBe('Maps of layers are for pictures.');
    const none = samplesOf({ shape: [0, 4], data: new Float32Array() });
    await expect(explainedBy(integratedGradients, target, sample, none)).rejects.toThrow(
      'no real inputs beside the sample',
    );
  });
});

test('texts have gradients at their embeddings and on the way to those of a baseline, and no noise', () => {
  const text = { domain: { kind: 'text', shape: [5] }, head: classes } as const;
  const applying = ALL.filter((explainer) => explainer.appliesTo(text) === null).map(({ id }) => id);
  expect(applying).toEqual([
    ...['saliency', 'integrated-gradients', 'deep-lift', 'lrp', 'guided-backpropagation', 'deconvolution'],
  ]);
  const sequence = { domain: { kind: 'text', shape: [5] }, head: { kind: 'sequence' } } as never;
  expect(saliency.appliesTo(sequence)).toBe('A sequence has no one score to explain.');
});

test('a token has the length of the gradient at its embedding, or its sum', async () => {
  const { name, digest, missing, queries, head } = linearTarget([[1]], [0], { head: { kind: 'binary' }, shape: [1] });
  const target = {
    ...{ name, digest, missing, queries, head, labels: null },
    domain: { kind: 'text', shape: [2] },
    capabilities: new Set<Capability>(['labels', 'scores', 'gradients']),
    predict: () => Promise.reject(new Error('nobody asks')),
    gradient: () => Promise.resolve({ gradient: { shape: [1, 2, 2], data: Float32Array.of(3, -4, 1, 2) } }),
    dispose: () => Promise.resolve(),
  } as unknown as Target;
  const sample = samplesOf({ shape: [1, 2], data: Float32Array.of(7, 9) });
  const [length, sum] = [
    await explainedBy(saliency, target, sample, sample),
    await explainedBy(saliency, target, sample, sample, { token: 'sum' }),
  ];
  expect([...length.attribution!.values]).toEqual([5, Math.sqrt(5)]);
  expect([...sum.attribution!.values]).toEqual([-1, 3]);
});
