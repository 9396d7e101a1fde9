import type { TargetConfig } from '#config/schema';
import { normalQuantile } from '#stats/normal';
import { rng } from '#stats/random';
import { float32Constant, int64Constant } from '../../engine/onnx/graph/constants.js';
import type { Graph } from '../../engine/onnx/graph/ir.js';
import { graphOf, linearModel, modelOf } from '../../../test/linear-model.js';
import { openTarget } from '../open.js';
import { labelsOf, type Labels } from '../head.js';
import { inMemory } from '../sample-source.js';
import type { Samples } from '../target.js';
import { checkTarget, type MeasuredCard } from './index.js';

/** Every check on a real model, each with a planted fault that it has to find. */

const resources = { threads: 1, batchSize: 128 };
const WIDTH = 4;
const CLASSES = 4;

/** One score a feature, so that the largest feature is the class. */
const identity = Array.from({ length: WIDTH }, (_, i) => Array.from({ length: CLASSES }, (_, j) => (i === j ? 1 : 0)));

/** Samples whose largest feature is their class but for `noise`, drawn by a fixed seed. */
function samplesOf(n: number, noise = 0.2): Samples {
  const source = rng('checks');
  const truth = Array.from({ length: n }, () => source.integer(CLASSES));
  const data = Float32Array.from({ length: n * WIDTH }, (_, i) => {
    const own = i % WIDTH === truth[Math.floor(i / WIDTH)] ? 1 : 0;
    return own + noise * source.normal();
  });
  return { inputs: { shape: [n, WIDTH], data }, labels: labelsOf(truth), indices: Array.from(truth, (_, i) => 10 + i) };
}

function changed(samples: Samples, label: (truth: number, sample: number) => number): Samples {
  return { ...samples, labels: labelsOf([...samples.labels.values].map(label)) };
}

async function checked(
  model: Parameters<typeof openTarget>[1],
  samples: Samples | null,
  more: Partial<TargetConfig> = {},
  width = WIDTH,
): Promise<MeasuredCard> {
  const config = {
    file: 'test.onnx',
    head: 'classes',
    domain: { kind: 'tabular', range: [-9, 9] },
    ...more,
  } as TargetConfig;
  const probe = { shape: [8, width], data: (samples ?? samplesOf(8)).inputs.data.slice(0, 8 * width) };
  const { target } = await openTarget(config, model, probe, resources);
  try {
    return await checkTarget(target, probe, samples && inMemory(samples));
  } finally {
    await target.dispose();
  }
}

const good = linearModel(identity, [0, 0, 0, 0]);

/** What a check found, by its name without the prefix. */
function outcome({ checks }: MeasuredCard, id: string): boolean | null | undefined {
  return checks.find((check) => check.id === `target/${id}`)?.holds;
}

function sentence({ checks }: MeasuredCard, id: string): string {
  return checks.find((check) => check.id === `target/${id}`)?.sentence ?? '';
}

test('a sound model passes every check, and its accuracy has its exact interval', async () => {
  const card = await checked(good, samplesOf(200));
  expect(card.checks.map(({ id, holds }) => [id, holds])).toEqual([
    ['target/finite-scores', true],
    ['target/determinism', true],
    ['target/batch-independence', true],
    ['target/accuracy', true],
    ['target/label-order', true],
  ]);
  const { value, n, interval } = card.accuracy ?? {};
  expect(n).toBe(200);
  expect(value).toBeGreaterThan(0.97);
  expect(interval?.low).toBeLessThan(value ?? 0);
  expect(sentence(card, 'determinism')).toBe('5 passes over 8 samples gave the same scores, bit by bit.');
});

test('accuracy counts what is right: 10 of 40 labels are wrong on purpose', async () => {
  const card = await checked(
    good,
    changed(samplesOf(40, 0), (truth, i) => (i < 10 ? (truth + 1) % CLASSES : truth)),
  );
  // Clopper-Pearson of 30 in 40 by R's binom.test: 0.5880381 to 0.8730877.
  expect(card.accuracy).toMatchObject({ value: 0.75, n: 40 });
  expect(card.accuracy?.interval?.low).toBeCloseTo(0.58804, 4);
  expect(card.accuracy?.interval?.high).toBeCloseTo(0.87309, 4);
  expect(sentence(card, 'accuracy')).toContain('30 of 40 clean samples are right (75.0 %, 95 % interval 58.8 to 87.3)');
});

test('NaN and infinite scores are counted, with the first sample by its place in the data set', async () => {
  const logarithm = modelOf(
    graphOf({
      nodes: [
        { op: 'Sub', inputs: ['x', 'low'], outputs: ['shifted'] },
        { op: 'Log', inputs: ['shifted'], outputs: ['y'] },
      ],
      constants: new Map([['low', float32Constant([1], [-0.5])]]),
      inputShape: ['n', WIDTH],
      outputShape: ['n', CLASSES],
    }),
  );
  const samples = samplesOf(50, 0);
  samples.inputs.data[20 * WIDTH] = -1;
  samples.inputs.data[30 * WIDTH + 1] = -0.5;
  const card = await checked(logarithm, samples);
  expect(outcome(card, 'finite-scores')).toBe(false);
  expect(sentence(card, 'finite-scores')).toBe(
    'The scores of 2 of 50 clean samples are NaN or infinite, the first at sample 30.',
  );
  // Equally NaN in each pass is no randomness.
  expect(outcome(card, 'determinism')).toBe(true);
});

/** The good model with something added to its scores. */
function disturbed(nodes: Parameters<typeof graphOf>[0]['nodes'], constants: Graph['constants'] = new Map()) {
  return modelOf(graphOf({ nodes, constants, inputShape: ['n', WIDTH], outputShape: ['n', CLASSES] }));
}

const float = (value: number) => ({ kind: 'float', value }) as const;

test.each([
  [1e-1, false],
  [1e-7, true],
])('noise of size %p in the scores', async (scale, holds) => {
  const noisy = disturbed([
    { op: 'RandomNormalLike', inputs: ['x'], outputs: ['noise'], attributes: { scale: float(scale) } },
    { op: 'Add', inputs: ['x', 'noise'], outputs: ['y'] },
  ]);
  const card = await checked(noisy, samplesOf(60));
  expect(outcome(card, 'determinism')).toBe(holds);
  expect(outcome(card, 'batch-independence')).toBe(holds ? true : null);
  expect(sentence(card, 'determinism')).toMatch(holds ? /rounding/ : /random numbers, as dropout and noise/);
});

test('a model that subtracts the mean of the batch couples its samples', async () => {
  const coupled = disturbed(
    [
      {
        op: 'ReduceMean',
        inputs: ['x', 'axis'],
        outputs: ['mean'],
        attributes: { keepdims: { kind: 'int', value: 1 } },
      },
      { op: 'Sub', inputs: ['x', 'mean'], outputs: ['y'] },
    ],
    new Map([['axis', int64Constant([1], [0])]]),
  );
  const card = await checked(coupled, samplesOf(60));
  expect(outcome(card, 'determinism')).toBe(true);
  expect(outcome(card, 'batch-independence')).toBe(false);
});

describe('no better than chance', () => {
  test('answers that have nothing to do with the truth', async () => {
    const source = rng('shuffled');
    const card = await checked(
      good,
      changed(samplesOf(400), () => source.integer(CLASSES)),
    );
    expect(outcome(card, 'accuracy')).toBe(false);
    expect(sentence(card, 'accuracy')).toMatch(/no better than chance.*random order would be right for 2\d\.\d %/);
  });

  test('one answer for all, however often it is right', async () => {
    const constant = linearModel(identity, [100, 0, 0, 0]);
    const card = await checked(
      constant,
      changed(samplesOf(400), (truth, i) => (i % 20 === 0 ? truth : 0)),
    );
    expect(card.accuracy?.value).toBeGreaterThan(0.9);
    expect(outcome(card, 'accuracy')).toBe(false);
  });

  test('on unbalanced data a model below the most frequent class is still told from chance', async () => {
    // 90 of 100 are class 0; the model finds 8 of the 10 others and calls 12 of the 90 wrongly so: 86 %.
    const samples = changed(samplesOf(100, 0), (_, i) => (i < 10 ? 1 : 0));
    const said = (i: number): number => (i < 8 || (i >= 10 && i < 22) ? 1 : 0);
    const data = Float32Array.from({ length: 100 * WIDTH }, (_, i) =>
      i % WIDTH === said(Math.floor(i / WIDTH)) ? 1 : 0,
    );
    const card = await checked(good, { ...samples, inputs: { shape: [100, WIDTH], data } });
    expect(card.accuracy?.value).toBeCloseTo(0.86, 9);
    expect(outcome(card, 'accuracy')).toBe(true);
  });

  test('from few samples it cannot be told', async () => {
    const card = await checked(
      good,
      changed(samplesOf(10, 0), (truth) => (truth + 1) % CLASSES),
    );
    expect(outcome(card, 'accuracy')).toBeNull();
    expect(outcome(card, 'label-order')).toBeNull();
  });

  test('a false alarm is as rare as its level says: 5 % of shuffles, within three standard errors of 400', async () => {
    expect(normalQuantile(0.95)).toBeCloseTo(1.6448536269514722, 9);
    const source = rng('level');
    const base = samplesOf(100);
    let alarms = 0;
    const probe = { shape: [8, WIDTH], data: base.inputs.data.slice(0, 8 * WIDTH) };
    const config = { file: 't.onnx', head: 'classes', domain: { kind: 'tabular', range: [-9, 9] } } as TargetConfig;
    const { target } = await openTarget(config, good, probe, resources);
    for (let i = 0; i < 400; i++) {
      const card = await checkTarget(target, probe, inMemory(changed(base, () => source.integer(CLASSES))));
      if (outcome(card, 'accuracy') === true) alarms++;
    }
    await target.dispose();
    expect(alarms / 400).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 400));
  });
});

describe('the order of labels', () => {
  test('two of four exchanged are found and named', async () => {
    const swapped = [0, 2, 1, 3];
    const card = await checked(
      good,
      changed(samplesOf(200), (truth) => swapped[truth] ?? 0),
      {
        labels: ['ant', 'bee', 'cat', 'dog'],
      },
    );
    expect(outcome(card, 'label-order')).toBe(false);
    expect(sentence(card, 'label-order')).toContain('with `cat` in the place of `bee`, `bee` in the place of `cat`');
    expect(outcome(card, 'accuracy')).toBe(true);
  });

  test('all moved by one, as where they are counted from one', async () => {
    const card = await checked(
      good,
      changed(samplesOf(200), (truth) => (truth + 1) % CLASSES),
    );
    expect(outcome(card, 'label-order')).toBe(false);
    expect(sentence(card, 'label-order')).toMatch(/and 1 more, 100.0 % of the answers/);
    expect(outcome(card, 'accuracy')).toBe(false);
  });

  test('a weak model in the right order is not accused', async () => {
    const card = await checked(good, samplesOf(400, 1.5));
    expect(card.accuracy?.value).toBeLessThan(0.6);
    expect(outcome(card, 'label-order')).toBe(true);
  });

  test('a binary score with its sign turned around', async () => {
    const sign = linearModel([[1], [-1], [0], [0]], [0]);
    const samples = samplesOf(200);
    const truth = (i: number): number => {
      const { data } = samples.inputs;
      return (data[i * WIDTH] ?? 0) > (data[i * WIDTH + 1] ?? 0) ? 1 : 0;
    };
    const right = await checked(
      sign,
      changed(samples, (_, i) => truth(i)),
      { head: 'binary' },
    );
    expect([outcome(right, 'label-order'), outcome(right, 'accuracy')]).toEqual([true, true]);
    const wrong = await checked(
      sign,
      changed(samples, (_, i) => 1 - truth(i)),
      { head: 'binary' },
    );
    expect([outcome(wrong, 'label-order'), outcome(wrong, 'accuracy')]).toEqual([false, false]);
  });

  test('two of four labels that may each be present', async () => {
    const samples = samplesOf(200, 1);
    const bits = (order: readonly number[]): Labels => ({
      width: CLASSES,
      values: Float64Array.from({ length: 200 * CLASSES }, (_, i) => {
        const output = order[i % CLASSES] ?? 0;
        return (samples.inputs.data[Math.floor(i / CLASSES) * WIDTH + output] ?? 0) > 0 ? 1 : 0;
      }),
    });
    const right = await checked(good, { ...samples, labels: bits([0, 1, 2, 3]) }, { head: 'multi-label' });
    expect([outcome(right, 'label-order'), outcome(right, 'accuracy')]).toEqual([true, true]);
    const wrong = await checked(good, { ...samples, labels: bits([0, 1, 3, 2]) }, { head: 'multi-label' });
    expect(outcome(wrong, 'label-order')).toBe(false);
    expect(sentence(wrong, 'label-order')).toContain('`3` in the place of `2`, `2` in the place of `3`');
  });
});

describe('values', () => {
  const sum = linearModel([[1], [1], [1], [1]], [0]);
  const truth = (samples: Samples, i: number): number =>
    samples.inputs.data.subarray(i * WIDTH, (i + 1) * WIDTH).reduce((total, value) => total + value, 0);
  const head = { head: 'regression', tolerance: 0.25 } as Partial<TargetConfig>;

  test('are right within the tolerance, and better than the mean of the truth', async () => {
    const samples = samplesOf(40);
    const card = await checked(
      sum,
      changed(samples, (_, i) => truth(samples, i) + (i % 4 === 0 ? 0.3 : 0.1)),
      head,
    );
    expect(card.accuracy).toMatchObject({ value: 0.75, n: 40 });
    expect(outcome(card, 'accuracy')).toBe(true);
    expect(outcome(card, 'label-order')).toBeNull();
  });

  test('that are shifted far off are worse than the mean', async () => {
    const samples = samplesOf(40);
    const card = await checked(
      sum,
      changed(samples, (_, i) => truth(samples, i) + 5),
      head,
    );
    expect(outcome(card, 'accuracy')).toBe(false);
  });
});

test('without test data what needs the truth is not told, and the probe serves for the rest', async () => {
  const card = await checked(good, null);
  expect(card.accuracy).toBeNull();
  expect(card.checks.map(({ holds }) => holds)).toEqual([true, true, true, null, null]);
});
