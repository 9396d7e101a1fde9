import { AssayError } from '#base/errors';
import { sampleLoss } from '#target/losses';
import { constantOf, crossEntropy, hashedMasks, largestDifference } from '../../test/training-fixtures.js';
import { graphOf, modelOf, specOf } from '../../test/linear-model.js';
import type { Tensor } from '#base/tensor';
import type { EngineModel, EngineSpec, EngineTrainer, LossSpec, ModelBytes, TrainingOptions } from './contract.js';
import { float32Constant } from './onnx/graph/constants.js';
import { openOnnxModel } from './onnx/index.js';
import { chooseBackend } from './tfjs/backend.js';
import { openTfjsModel } from './tfjs/index.js';
import { isDeep } from '../../test/tier.js';

// What every descent on top of a trainer needs of it, on both engines: a convolution, a batch normalization and a dropout.

beforeAll(() => chooseBackend(['cpu']));

const [SIDE, CHANNELS, CLASSES, ROWS] = [4, 8, 3, 16];
const FLAT = CHANNELS * SIDE * SIDE;

const wave = (shape: readonly number[], phase: number, height: number): ReturnType<typeof float32Constant> => {
  const size = shape.reduce((a, b) => a * b, 1);
  return float32Constant(
    shape,
    Array.from({ length: size }, (_, i) => height * Math.sin(phase + 1.7 * i * i)),
  );
};

const model = modelOf(
  graphOf({
    nodes: [
      {
        op: 'Conv',
        inputs: ['x', 'kernel', 'bias'],
        outputs: ['c'],
        attributes: { pads: { kind: 'ints', value: [1, 1, 1, 1] } },
      },
      { op: 'BatchNormalization', inputs: ['c', 'scale', 'shift', 'mean', 'variance'], outputs: ['n'] },
      { op: 'Relu', inputs: ['n'], outputs: ['r'] },
      { op: 'Dropout', inputs: ['r', 'ratio'], outputs: ['d'] },
      { op: 'Flatten', inputs: ['d'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'w', 'b'], outputs: ['y'] },
    ],
    constants: new Map([
      ['kernel', wave([CHANNELS, 1, 3, 3], 0.3, 0.5)],
      ['bias', wave([CHANNELS], 0.7, 0.1)],
      ['scale', float32Constant([CHANNELS], new Float32Array(CHANNELS).fill(1))],
      ['shift', wave([CHANNELS], 1.1, 0.1)],
      ['mean', wave([CHANNELS], 0.2, 0.1)],
      ['variance', float32Constant([CHANNELS], new Float32Array(CHANNELS).fill(0.8))],
      ['ratio', float32Constant([], [0.25])],
      ['w', wave([FLAT, CLASSES], 0.9, 0.1)],
      ['b', wave([CLASSES], 1.3, 0.1)],
    ]),
    inputShape: ['n', 1, SIDE, SIDE],
    outputShape: ['n', CLASSES],
  }),
);
const DROPOUT = 'node_3';
const bytes = model.files.get(model.main) ?? new Uint8Array();

/** Stripes in one of three directions, under noise. */
function pictures(step: number, rows = ROWS): { readonly inputs: Tensor; readonly labels: Float64Array } {
  const labels = Float64Array.from({ length: rows }, (_, i) => (i + step) % CLASSES);
  const data = new Float32Array(rows * SIDE * SIDE);
  data.forEach((_, i) => {
    const [row, y, x] = [Math.floor(i / SIDE / SIDE), Math.floor(i / SIDE) % SIDE, i % SIDE];
    const along = [x, y, x + y][labels[row] ?? 0] ?? 0;
    data[i] = (along % 2) + 0.5 * Math.sin(12.9898 * (i + 1) * (step + 1));
  });
  return { inputs: { shape: [rows, 1, SIDE, SIDE], data }, labels };
}

/** Weights of the scores by which the step descends the mean cross-entropy: softmax(z) - e_y. */
function crossEntropySlopes({ data }: Tensor, labels: Float64Array): LossSpec {
  const values = new Float64Array(data.length);
  labels.forEach((_, i) => {
    const scores = data.subarray(i * CLASSES, (i + 1) * CLASSES);
    values.set(sampleLoss({ kind: 'classes', count: CLASSES }, crossEntropy(labels), i, scores).slope, i * CLASSES);
  });
  return { kind: 'weighted-scores', values };
}

function meanCrossEntropy({ data }: Tensor, labels: Float64Array): number {
  const losses = Array.from(labels, (_, i) => {
    const scores = data.subarray(i * CLASSES, (i + 1) * CLASSES);
    return sampleLoss({ kind: 'classes', count: CLASSES }, crossEntropy(labels), i, scores).value;
  });
  return losses.reduce((sum, value) => sum + value, 0) / losses.length;
}

const SGD: TrainingOptions = {
  optimizer: { kind: 'sgd', momentum: 0.9 },
  learningRate: { kind: 'constant', rate: 0.02 },
  weightDecay: 5e-4,
  dropout: hashedMasks([DROPOUT]),
};

type Open = (model: ModelBytes, spec: EngineSpec) => Promise<EngineModel>;

async function withTrainer<T>(
  open: Open,
  options: TrainingOptions,
  use: (trainer: EngineTrainer) => Promise<T>,
): Promise<T> {
  const opened = await open(model, specOf('classes', [1, SIDE, SIDE]));
  const trainer = await opened.trainer(options);
  try {
    return await use(trainer);
  } finally {
    await trainer.dispose();
    await opened.dispose();
  }
}

/** Scores below 10, of sums of 128 products in float32. */
const TOLERANCE = 1e-5;

describe.each<[string, Open]>([
  ['onnx', openOnnxModel],
  ['tfjs', openTfjsModel],
])('a trainer of %s', (_, open) => {
  const first = pictures(0);

  test('tells the norm of the gradient of the mean loss by all weights that move', async () => {
    for (const frozen of [[], ['w', 'kernel']]) {
      await withTrainer(open, { ...SGD, frozen }, async (trainer) => {
        const gradients = await trainer.weightGradients(first.inputs, crossEntropy(first.labels));
        const squares = [...gradients.values()].flatMap(({ data }) => Array.from(data, (value) => value ** 2));
        const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
        const { gradientNorm } = await trainer.step(first.inputs, crossEntropy(first.labels));
        expect(norm).toBeGreaterThan(0.1);
        expect(Math.abs(gradientNorm / norm - 1)).toBeLessThan(1e-6);
      });
    }
  });

  test('shows the scores that the next step sees, and moves nothing', async () => {
    await withTrainer(open, SGD, async (trainer) => {
      for (let step = 0; step < 3; step++) {
        const { inputs, labels } = pictures(step);
        const before = trainer.state();
        const scores = await trainer.trainingScores(inputs);
        expect(scores.shape).toEqual([ROWS, CLASSES]);
        expect(trainer.state()).toEqual(before);
        // Neither the statistics of the batch nor what is dropped are those of inference.
        const used = await trainer.inputGradient(inputs, crossEntropy(labels));
        expect(largestDifference(scores.data, used.scores.data)).toBeGreaterThan(0.1);
        const { loss } = await trainer.step(inputs, crossEntropy(labels));
        expect(Math.abs(meanCrossEntropy(scores, labels) - loss)).toBeLessThan(TOLERANCE);
        // At the step that comes then, other activations are dropped.
        expect(largestDifference((await trainer.trainingScores(inputs)).data, scores.data)).toBeGreaterThan(0.1);
      }
    });
  });

  test('descends a loss by its derivative by those scores as it descends the loss itself', async () => {
    const { inputs, labels } = first;
    const stepped = (loss: (trainer: EngineTrainer) => Promise<LossSpec>) =>
      withTrainer(open, SGD, async (trainer) => {
        const { gradientNorm } = await trainer.step(inputs, await loss(trainer));
        return { gradientNorm, state: trainer.state() };
      });
    const wanted = await stepped(() => Promise.resolve(crossEntropy(labels)));
    const found = await stepped(async (trainer) => crossEntropySlopes(await trainer.trainingScores(inputs), labels));
    expect(Math.abs(found.gradientNorm / wanted.gradientNorm - 1)).toBeLessThan(TOLERANCE);
    for (const [name, data] of Object.entries(wanted.state)) {
      expect(largestDifference(found.state[name] ?? new Float32Array(), data)).toBeLessThan(TOLERANCE);
    }
  });

  test('observes what a step would, and leaves weights, moments and the step as they are', async () => {
    const still = { ...SGD, learningRate: { kind: 'constant', rate: 0 } } as const;
    const [before, observed] = await withTrainer(open, still, async (trainer) => {
      const state = trainer.state();
      await trainer.observe(first.inputs);
      return [state, trainer.state()];
    });
    const stepped = await withTrainer(open, still, async (trainer) => {
      await trainer.step(first.inputs, crossEntropy(first.labels));
      return trainer.state();
    });
    const statistics = ['value:mean', 'value:variance'];
    for (const [name, data] of Object.entries(observed)) {
      if (statistics.includes(name)) {
        expect(largestDifference(data, stepped[name] ?? new Float32Array())).toBeLessThan(1e-6);
        expect(largestDifference(data, before[name] ?? new Float32Array())).toBeGreaterThan(0.01);
      } else expect([name, data]).toEqual([name, before[name]]);
    }
  });

  test('observes nothing where running statistics stay', async () => {
    await withTrainer(open, { ...SGD, batchNormalization: 'running' }, async (trainer) => {
      const before = trainer.state();
      await trainer.observe(first.inputs);
      expect(trainer.state()).toEqual(before);
    });
  });

  test('shifts weights beside the optimizer', async () => {
    await withTrainer(open, SGD, async (trainer) => {
      const before = trainer.state();
      const change = Float32Array.of(0.5, -0.25, 1);
      trainer.shift(new Map([['b', { shape: [CLASSES], data: change }]]));
      const after = trainer.state();
      const wanted = constantOf(bytes, 'b').map((value, i) => value + (change[i] ?? NaN));
      expect(after['value:b']).toEqual(wanted);
      expect({ ...after, 'value:b': null }).toEqual({ ...before, 'value:b': null });
      expect(constantOf(trainer.file(), 'b')).toEqual(wanted);
      // Scores of the next execution have moved as much.
      const plain = await withTrainer(open, SGD, (other) => other.trainingScores(first.inputs));
      const scores = await trainer.trainingScores(first.inputs);
      const moved = plain.data.map((value, i) => value + (change[i % CLASSES] ?? NaN));
      expect(largestDifference(scores.data, moved)).toBeLessThan(TOLERANCE);
    });
  });

  test('refuses to shift what is not there, is frozen or has another shape, and then shifts nothing', async () => {
    const good = ['b', { shape: [CLASSES], data: new Float32Array(CLASSES).fill(1) }] as const;
    const cases: readonly (readonly [string, Tensor, string])[] = [
      ['nothing', { shape: [1], data: new Float32Array(1) }, 'there is no weight `nothing` to shift'],
      ['mean', { shape: [CHANNELS], data: new Float32Array(CHANNELS) }, 'there is no weight `mean` to shift'],
      ['scale', { shape: [CHANNELS], data: new Float32Array(CHANNELS) }, 'the weight `scale` is frozen'],
      [
        'w',
        { shape: [CLASSES, FLAT], data: new Float32Array(FLAT * CLASSES) },
        'has the shape [128, 3], and is shifted by',
      ],
    ];
    await withTrainer(open, { ...SGD, frozen: ['scale'] }, async (trainer) => {
      const before = trainer.state();
      for (const [name, change, sentence] of cases) {
        const shift = (): void => trainer.shift(new Map([good, [name, change]]));
        expect(shift).toThrow(AssayError);
        expect(shift).toThrow(sentence);
      }
      expect(trainer.state()).toEqual(before);
      await trainer.step(first.inputs, crossEntropy(first.labels));
    });
  });
});

if (isDeep) {
  test('both engines have the same loss curve over a hundred steps, by the loss and by its derivative in turn', async () => {
    const curve = (open: Open): Promise<readonly { loss: number; gradientNorm: number }[]> =>
      withTrainer(open, SGD, async (trainer) => {
        const steps = [];
        for (let step = 0; step < 100; step++) {
          const { inputs, labels } = pictures(step);
          const scores = step % 2 === 1 ? await trainer.trainingScores(inputs) : null;
          const descended = scores === null ? crossEntropy(labels) : crossEntropySlopes(scores, labels);
          const { loss, gradientNorm } = await trainer.step(inputs, descended);
          steps.push({ loss: scores === null ? loss : meanCrossEntropy(scores, labels), gradientNorm });
        }
        return steps;
      });
    const [found, wanted] = [await curve(openTfjsModel), await curve(openOnnxModel)];
    const mean = (steps: typeof found): number => steps.reduce((sum, { loss }) => sum + loss, 0) / steps.length;
    // A curve that does not fall shows nothing.
    expect(mean(wanted.slice(90))).toBeLessThan(mean(wanted.slice(0, 10)) / 3);
    const apart = wanted.filter(({ loss }, step) => !(Math.abs(loss - (found[step]?.loss ?? NaN)) < 1e-3));
    expect(apart).toEqual([]);
    for (const [step, { gradientNorm }] of wanted.entries()) {
      expect(Math.abs((found[step]?.gradientNorm ?? NaN) - gradientNorm)).toBeLessThan(
        1e-2 * Math.max(1, gradientNorm),
      );
    }
  });
}
