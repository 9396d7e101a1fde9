import { canonicalJson } from '#base/json';
import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { check } from '#config/validate';
import { plainJson } from '#pipeline/plain-json';
import type { JudgePolicy, Verdict } from '#plugin/plugin';
import { Detail } from '#report/details';
import { rng } from '#stats/random';
import { memoryContext } from '#testing/context';
import { labelsOf, type Head } from '#target/head';
import { linearTarget } from '#target/linear';
import type { DifferentiableTarget, Gradient, Samples } from '#target/target';
import { fashion } from '../../test/fashion.js';
import { completeness, type CompletenessEvidence } from './completeness.js';
import { linearControl, negativeControls } from './controls.js';
import { baselineOf, explainedScore } from './explained-score.js';
import { integratedGradients } from './methods/integrated-gradients.js';
import { isComplete, refined } from './refinement.js';

const { plugin } = completeness;
const POLICY: JudgePolicy<{ complete: { atLeast: number } }> = {
  thresholds: { complete: { atLeast: 0.99 } },
  setBy: 'preset baseline',
  minimumSamples: 10,
};

type Options = Parameters<typeof completeness>[0];

async function evidenceOn(target: DifferentiableTarget, samples: Samples, options: Options = {}) {
  const configured = completeness(options);
  const { data, maps = [] } = await configured.plugin.run(memoryContext(configured, target, samples));
  return { data: data as CompletenessEvidence, maps };
}

async function verdictOn(target: DifferentiableTarget, samples: Samples, options: Options = {}): Promise<Verdict> {
  return plugin.judge((await evidenceOn(target, samples, options)).data, POLICY);
}

/** Samples of four values in [0, 1]. */
function samplesOf(n = 20): Samples {
  const source = rng('samples');
  const data = Float32Array.from({ length: n * 4 }, () => 0.2 + 0.8 * source.uniform());
  return {
    inputs: { shape: [n, 4], data },
    labels: labelsOf(new Float64Array(n)),
    indices: Array.from({ length: n }, (_, i) => 10 + i),
  };
}

const LINEAR = linearTarget([[1, -2, 3, 0.5]], [0.7], { head: { kind: 'binary' }, shape: [4] });

/** A model of one score, F(x) = f(x1) + x2, that shows the given slope of f. */
function curve(f: (t: number) => number, slope: (t: number) => number): DifferentiableTarget {
  const scores = (inputs: Tensor): Tensor => ({
    shape: [rowsOf(inputs), 1],
    data: Float32Array.from(
      { length: rowsOf(inputs) },
      (_, i) => f(row(inputs, i)[0] ?? NaN) + (row(inputs, i)[1] ?? NaN),
    ),
  });
  const { name, digest, domain, head, labels, capabilities, missing, queries } = LINEAR;
  return {
    ...{ name, digest, domain, head, labels, capabilities, missing, queries },
    predict: (inputs) => Promise.resolve(scores(inputs)),
    gradient: (inputs): Promise<Gradient> => {
      const gradient = zeros(inputs.shape);
      for (let i = 0; i < rowsOf(inputs); i++) row(gradient, i).set([slope(row(inputs, i)[0] ?? NaN), 1]);
      const given = scores(inputs);
      return Promise.resolve({ scores: given, loss: given.data, gradient });
    },
    jacobian: LINEAR.jacobian.bind(LINEAR),
    dispose: () => Promise.resolve(),
  };
}

describe('verdicts', () => {
  test('a linear model passes, with its controls', async () => {
    const verdict = await verdictOn(LINEAR, samplesOf());
    expect(verdict.status).toBe('pass');
    expect(verdict.signs.map(({ id, holds }) => [id, holds])).toEqual([
      ['control-linear', true],
      ['control-random', true],
      ['control-constant', true],
    ]);
    expect(verdict.claim).toBe(
      'The integrated gradients of 20 of 20 samples (100.0 %) add up to the difference of the predicted score from the ' +
        'baseline 0, within the larger of 0.0001 and 1 % of it; the policy asks for 99.0 %.',
    );
  });

  test('a model whose gradients are those of another fails: more nodes do not help', async () => {
    const lying = curve(
      (t) => t * t,
      (t) => 3 * t,
    );
    const { data } = await evidenceOn(lying, samplesOf());
    expect(data.steps).toEqual(data.steps.map(() => 512));
    expect(data.stuck).toEqual(data.stuck.map(() => 1));
    const verdict = plugin.judge(data, POLICY);
    expect(verdict.status).toBe('fail');
    expect(verdict.reasons).toEqual([
      '20 samples do not add up with 512 nodes; for 20 of them more nodes did not help, for the rest the quadrature is too short to tell.',
    ]);
  });

  test('a model that rounds shows no gradient of it, and fails', async () => {
    const rounding = curve(
      (t) => Math.round(4 * t),
      () => 0,
    );
    expect((await verdictOn(rounding, samplesOf())).status).toBe('fail');
  });

  test('a gradient that masks itself altogether fails', async () => {
    const masked = {
      ...curve(
        (t) => t,
        () => 0,
      ),
      gradient: LINEAR.gradient.bind(LINEAR),
    };
    const zero = async (...given: Parameters<DifferentiableTarget['gradient']>) => {
      const { gradient, ...rest } = await masked.gradient(...given);
      return { ...rest, gradient: zeros(gradient.shape) };
    };
    expect((await verdictOn({ ...masked, gradient: zero }, samplesOf())).status).toBe('fail');
  });

  test('where the quadrature is too short the verdict is inconclusive, not fail', async () => {
    // 30 turns on the way: 32 nodes cannot follow, 128 can.
    const wild = curve(
      (t) => 5 * Math.sin(60 * Math.PI * t),
      (t) => 300 * Math.PI * Math.cos(60 * Math.PI * t),
    );
    const short = await verdictOn(wild, samplesOf(), { maximumSteps: 32 });
    expect(short.status).toBe('inconclusive');
    expect(short.reasons[0]).toMatch(/^\d+ samples do not add up with 32 nodes; for 0 of them more nodes did not help/);
    expect((await verdictOn(wild, samplesOf(), { maximumSteps: 512 })).status).toBe('pass');
  });

  test('kinks are no fault of the model: residuals go down with the nodes', async () => {
    const kinked = curve(
      (t) => 3 * Math.max(t - 0.1137, 0),
      (t) => (t > 0.1137 ? 3 : 0),
    );
    const { data } = await evidenceOn(kinked, samplesOf(), { steps: 4 });
    expect(data.stuck).toEqual(data.stuck.map(() => 0));
    expect(Math.max(...data.steps)).toBeGreaterThan(4);
    expect(plugin.judge(data, POLICY).status).toBe('pass');
  });

  test('a model that ignores its input cannot be told from a random explainer: void', async () => {
    const constant = linearTarget([[0, 0, 0, 0]], [2], { head: { kind: 'binary' }, shape: [4] });
    const verdict = await verdictOn(constant, samplesOf());
    expect(verdict.status).toBe('inconclusive');
    expect(verdict.measures[0]!.value).toBe(1);
    expect(verdict.signs.flatMap(({ id, holds }) => (holds ? [] : [id]))).toEqual([
      'control-random',
      'control-constant',
    ]);
    expect(verdict.reasons[0]).toBe('A control did not end as it has to, so the verdict is void.');
  });

  test('a method that misses the closed form is void, whatever it says of the model', async () => {
    const { data } = await evidenceOn(LINEAR, samplesOf());
    for (const linear of [
      { error: 1e-3, complete: true },
      { error: 0, complete: false },
      { error: NaN, complete: true },
    ]) {
      expect(plugin.judge({ ...data, controls: { ...data.controls, linear } }, POLICY).status).toBe('inconclusive');
    }
  });

  test('scores that are not numbers never pass', async () => {
    const { data } = await evidenceOn(
      curve(
        () => NaN,
        () => 1,
      ),
      samplesOf(),
    );
    expect(data.residuals).toEqual(data.residuals.map(() => null));
    expect(plugin.judge(data, POLICY).status).toBe('fail');
    expect(JSON.parse(canonicalJson(plainJson(data, 'data')))).toEqual(data);
  });

  test('too few samples are inconclusive, unless the high end of the interval misses the bar', async () => {
    expect((await verdictOn(LINEAR, samplesOf(9))).status).toBe('inconclusive');
    expect(
      (
        await verdictOn(
          curve(
            (t) => t * t,
            (t) => 3 * t,
          ),
          samplesOf(9),
        )
      ).status,
    ).toBe('fail');
    const none = await verdictOn(LINEAR, samplesOf(0));
    expect(none).toMatchObject({ status: 'inconclusive', claim: 'There was no sample to explain.' });
  });

  test('one sample in a hundred may be off, two may not', () => {
    const data = (off: number): CompletenessEvidence => {
      const rows = Array.from({ length: 100 }, (_, i) => i);
      return {
        ...{ baseline: 0, score: 'predicted', indices: rows, maximumSteps: 512 },
        residuals: rows.map((i) => (i < off ? 0.02 : 0.009)),
        differences: rows.map(() => -1),
        steps: rows.map(() => 512),
        stuck: rows.map((i) => (i < off ? 1 : 0)),
        controls: { linear: { error: 0, complete: true }, random: rows.map(() => 0), constant: rows.map(() => 0) },
      };
    };
    expect(plugin.judge(data(1), POLICY).status).toBe('pass');
    expect(plugin.judge(data(2), POLICY).status).toBe('fail');
    const open = data(2);
    expect(plugin.judge({ ...open, stuck: open.stuck.map(() => 0) }, POLICY).status).toBe('inconclusive');
    // A residual of exactly 1 % still adds up.
    expect(plugin.judge({ ...data(0), residuals: data(0).residuals.map(() => 0.01) }, POLICY).status).toBe('pass');
  });
});

describe('evidence', () => {
  test('does not depend on which other samples there are', async () => {
    const all = samplesOf(40);
    const whole = await evidenceOn(LINEAR, all);
    const tail: Samples = {
      inputs: { shape: [5, 4], data: all.inputs.data.slice(35 * 4) },
      labels: labelsOf(new Float64Array(5)),
      indices: all.indices.slice(35),
    };
    const part = await evidenceOn(LINEAR, tail);
    expect(part.data.residuals).toEqual(whole.data.residuals.slice(35));
    expect(part.data.controls.random).toEqual(whole.data.controls.random.slice(35));
  });

  test('is of as many samples as asked for, drawn by seed and in their order', async () => {
    const { data } = await evidenceOn(LINEAR, samplesOf(40), { samples: 7 });
    expect(data.indices).toHaveLength(7);
    expect(data.indices).toEqual(data.indices.toSorted((a, b) => a - b));
    expect(data.indices).not.toEqual(samplesOf(7).indices);
    expect((await evidenceOn(LINEAR, samplesOf(40), { samples: 8 })).data.indices).toEqual(
      expect.arrayContaining([...data.indices]),
    );
  });

  test('keeps the maps of the first eight samples, and no more than the cell may keep', async () => {
    const { maps } = await evidenceOn(LINEAR, samplesOf(40));
    expect(maps.map(({ sample }) => sample)).toEqual([10, 11, 12, 13, 14, 15, 16, 17]);
    const [first] = maps;
    expect(first!.input).toEqual(samplesOf().inputs.data.slice(0, 4));
    // (x - 0) w in float32.
    expect([...first!.map]).toEqual([1, -2, 3, 0.5].map((w, i) => expect.closeTo(w * first!.input[i]!, 6) as unknown));
    const configured = completeness({});
    const few = await configured.plugin.run(memoryContext(configured, LINEAR, samplesOf(), { keep: 3 }));
    expect(few.maps).toHaveLength(3);
  });

  test('fits the schema of details', async () => {
    for (const samples of [samplesOf(), samplesOf(0)]) {
      const { data, maps } = await evidenceOn(LINEAR, samples);
      const pictures = {
        examples: [],
        maps: maps.map(({ sample, caption }) => ({ sample, caption, input: null, map: null })),
        mapScale: 1,
      };
      const details = plugin.details(data, plugin.judge(data, POLICY), pictures);
      for (const detail of details) check(Detail, detail, { code: 'plugin', file: 'details', path: [] });
      expect(details.map(({ kind }) => kind)).toEqual(
        samples.indices.length === 0 ? ['table'] : ['heat-maps', 'table'],
      );
    }
  });

  test('a real model passes: a small CNN on Fashion-MNIST', async () => {
    const { target, samples } = await fashion('fashion-cnn', 12);
    const verdict = await verdictOn(target, samples);
    expect(verdict).toMatchObject({ status: 'pass', reasons: [] });
    await target.dispose();
  });
});

describe('options', () => {
  test('a baseline outside the domain is refused', async () => {
    await expect(evidenceOn(LINEAR, samplesOf(), { baseline: -1 })).rejects.toMatchObject({
      what: 'the baseline -1 lies outside the domain, 0 to 1',
    });
  });

  test('a cap below the first quadrature is refused', async () => {
    await expect(evidenceOn(LINEAR, samplesOf(), { steps: 64, maximumSteps: 32 })).rejects.toThrow(
      '`maximumSteps` is 32, below `steps`, 64',
    );
  });

  test('the mean is that of each channel, in either layout', () => {
    const image = { kind: 'image', range: [0, 1], mean: [0.25, 0.5], std: [1, 1] } as const;
    const nchw = baselineOf('mean', { ...image, layout: 'NCHW', shape: [2, 1, 3] });
    expect([...nchw]).toEqual([0.25, 0.25, 0.25, 0.5, 0.5, 0.5]);
    const nhwc = baselineOf('mean', { ...image, layout: 'NHWC', shape: [1, 3, 2] });
    expect([...nhwc]).toEqual([0.25, 0.5, 0.25, 0.5, 0.25, 0.5]);
    expect([...baselineOf(0.5, { ...image, layout: 'NCHW', shape: [2, 1, 1] })]).toEqual([0.5, 0.5]);
  });

  test.each<[Head, readonly number[], readonly number[], number, number]>([
    [{ kind: 'classes', count: 3 }, [1, 5, 2], [2], 1, 2],
    [{ kind: 'binary' }, [-3], [1], 0, 0],
    [{ kind: 'multi-label', count: 3 }, [1, 5, 2], [1, 0, 1], 1, 2],
    [{ kind: 'multi-label', count: 3 }, [1, 5, 2], [0, 0, 0], 1, 1],
    [{ kind: 'regression', count: 2, tolerance: 1 }, [1, 5], [0, 0], 0, 0],
  ])('%p: the predicted and the true score', (head, scores, label, predicted, truth) => {
    const at = (which: 'predicted' | 'true') =>
      explainedScore(head, Float32Array.from(scores), Float64Array.from(label), which);
    expect([at('predicted'), at('true')]).toEqual([predicted, truth]);
  });
});

describe('controls', () => {
  test('the linear model is found exactly, with as few nodes as there can be', async () => {
    for (const steps of [2, 32]) {
      const { error, complete } = await linearControl(steps, rng('control'));
      expect(error).toBeLessThan(1e-6);
      expect(complete).toBe(true);
    }
  });

  test('an explainer that explains nothing fails, at every size of the real one', () => {
    for (let seed = 0; seed < 200; seed++) {
      const source = rng(`map/${seed}`);
      const map = Float64Array.from({ length: 50 }, () => 10 ** (4 * source.uniform() - 2) * source.normal());
      const difference = map.reduce((sum, value) => sum + value, 0);
      expect(negativeControls({ map, difference, residual: 0 }, source).constant).toBe(false);
    }
    const fooled = Array.from({ length: 2000 }, (_, seed) => {
      const source = rng(`random/${seed}`);
      const map = Float64Array.from({ length: 50 }, () => source.normal());
      return negativeControls({ map, difference: map.reduce((sum, value) => sum + value, 0), residual: 0 }, source)
        .random;
    });
    // 1 % of the difference on either side of it, under two normal densities of equal width: about 0.6 %, far from 99 %.
    expect(fooled.filter(Boolean).length).toBeLessThan(60);
  });
});

test('nodes double until it adds up', async () => {
  const smooth = curve(
    (t) => Math.sin(90 * t),
    (t) => 90 * Math.cos(90 * t),
  );
  const x: Tensor = { shape: [1, 4], data: Float32Array.from([1, 0.5, 0, 0]) };
  const baseline = new Float32Array(4);
  const { steps, attribution } = await refined(smooth, x, baseline, 0, { steps: 4, maximumSteps: 512 });
  expect(attribution.difference).toBeCloseTo(Math.sin(90) + 0.5, 5);
  expect(steps).toBeGreaterThan(8);
  expect(isComplete(attribution)).toBe(true);
  expect(isComplete(await integratedGradients(smooth, x, baseline, 0, steps / 2))).toBe(false);
});
