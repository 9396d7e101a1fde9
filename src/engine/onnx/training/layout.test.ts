// Batches of whole blocks are trained in the blocked layout, others in the plain one, whose operators are held against PyTorch.
import { blockSize } from '../block-size.js';
import { openOnnxModel } from '../index.js';
import type { EngineTrainer, LossSpec, TrainingOptions } from '../../contract.js';
import {
  ints,
  kernel,
  modelOfNetwork,
  NETWORKS,
  pictures,
  waves,
  type Network,
} from '../../../../test/blocked-networks.js';
import { graphOf, modelOf, specOf } from '../../../../test/linear-model.js';
import { rowRange, type Tensor } from '#base/tensor';
import { everyNth } from '../../../../test/tier.js';

const normalized = (from: string, to: string, names: string): Network['layers'][number] => ({
  op: 'BatchNormalization',
  inputs: [from, ...['scale', 'shift', 'mean', 'spread'].map((name) => `${name}${names}`)],
  outputs: [to],
});

/** Pictures of 4 x 4, which lie side by side. */
const SMALL: readonly [string, Network] = [
  'pictures that became small',
  {
    layers: [
      { op: 'Conv', inputs: ['x', 'w0'], outputs: ['c0'], attributes: kernel(3, 2) },
      { op: 'Relu', inputs: ['c0'], outputs: ['r0'] },
      { op: 'Conv', inputs: ['r0', 'w1'], outputs: ['c1'], attributes: kernel(3, 2) },
      { op: 'Relu', inputs: ['c1'], outputs: ['r1'] },
      { op: 'Conv', inputs: ['r1', 'w2', 'b2'], outputs: ['c2'], attributes: kernel(3) },
      normalized('c2', 'n2', '2'),
      { op: 'Relu', inputs: ['n2'], outputs: ['r2'] },
      { op: 'Conv', inputs: ['r2', 'w3'], outputs: ['last'], attributes: kernel(3) },
    ],
    weights: (block) => ({
      w0: [block, 3, 3, 3],
      w1: [block, block, 3, 3],
      w2: [block, block, 3, 3],
      b2: [block],
      w3: [block, block, 3, 3],
      ...norms(block, '2'),
    }),
  },
];

const NORMALIZED: readonly (readonly [string, Network])[] = [
  [
    'a residual block with normalizations',
    {
      layers: [
        { op: 'Conv', inputs: ['x', 'w0'], outputs: ['c0'], attributes: kernel(3) },
        normalized('c0', 'n0', '0'),
        { op: 'Relu', inputs: ['n0'], outputs: ['r0'] },
        { op: 'Conv', inputs: ['r0', 'w1'], outputs: ['c1'], attributes: kernel(3) },
        normalized('c1', 'n1', '1'),
        { op: 'Add', inputs: ['n1', 'r0'], outputs: ['s'] },
        { op: 'Relu', inputs: ['s'], outputs: ['last'] },
      ],
      weights: (block) => ({ w0: [block, 3, 3, 3], w1: [block, block, 3, 3], ...norms(block, '0', '1') }),
    },
  ],
  [
    'a narrowing block with normalizations',
    {
      layers: [
        { op: 'Conv', inputs: ['x', 'w0'], outputs: ['c0'], attributes: kernel(3) },
        normalized('c0', 'n0', '0'),
        { op: 'Relu', inputs: ['n0'], outputs: ['r0'] },
        { op: 'Conv', inputs: ['r0', 'w1'], outputs: ['c1'], attributes: kernel(3, 2) },
        normalized('c1', 'n1', '1'),
        { op: 'Conv', inputs: ['r0', 'w2'], outputs: ['d'], attributes: kernel(1, 2) },
        normalized('d', 'n2', '2'),
        { op: 'Add', inputs: ['n1', 'n2'], outputs: ['s'] },
        { op: 'Relu', inputs: ['s'], outputs: ['last'] },
      ],
      weights: (block) => ({
        w0: [block, 3, 3, 3],
        w1: [2 * block, block, 3, 3],
        w2: [2 * block, block, 1, 1],
        b1: [2 * block],
        ...norms(block, '0'),
        ...norms(2 * block, '1', '2'),
      }),
    },
  ],
];

function norms(channels: number, ...names: readonly string[]): Record<string, readonly number[]> {
  return Object.fromEntries(
    names.flatMap((name) => ['scale', 'shift', 'mean', 'spread'].map((each) => [`${each}${name}`, [channels]])),
  );
}

const crossEntropy = (samples: number, first = 0): LossSpec => ({
  kind: 'cross-entropy',
  labels: Float64Array.from({ length: samples }, (_, i) => (first + i) % 4),
});

async function withTrainer(
  network: Network,
  options: Partial<TrainingOptions>,
  use: (trainer: EngineTrainer) => Promise<void>,
): Promise<void> {
  const block = (await blockSize()) ?? 8;
  const model = await openOnnxModel(modelOfNetwork(network, block), specOf('classes', [3, 16, 16]));
  const trainer = await model.trainer({
    optimizer: { kind: 'sgd', momentum: 0 },
    learningRate: { kind: 'constant', rate: 1 },
    ...options,
  });
  await use(trainer);
  await trainer.dispose();
  await model.dispose();
}

type Gradients = ReadonlyMap<string, Tensor>;

/** @param tolerance relative to the largest value of each weight's gradient */
function expectSame(found: Gradients, wanted: Gradients, tolerance: number): void {
  expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [name, { shape, data }] of wanted) {
    const own = found.get(name);
    expect(own?.shape).toEqual(shape);
    const scale = data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const difference = data.reduce((most, value, i) => Math.max(most, Math.abs(value - (own?.data[i] ?? NaN))), 0);
    expect(scale).toBeGreaterThan(0);
    expect({ name, isSame: difference / scale < tolerance }).toEqual({ name, isSame: true });
  }
}

/** Sums of 4,000 products in another order. */
const ROUNDING = 1e-5;
/** What a normalization takes away again, the sum of a channel and its length, is left over from numbers ten times as large. */
const NORMALIZED_ROUNDING = 1e-4;

/** The mean of gradients over 12 and over 4 samples. */
function joined(twelve: Gradients, four: Gradients): Gradients {
  return new Map(
    [...twelve].map(([name, { shape, data }]) => {
      const other = four.get(name)?.data;
      return [name, { shape, data: data.map((value, i) => (12 * value + 4 * (other?.[i] ?? NaN)) / 16) }];
    }),
  );
}

test.each(everyNth(2, [...NETWORKS, SMALL, ...NORMALIZED]))(
  '%s: gradients by weights are the same',
  async (_, network) => {
    await withTrainer(network, { batchNormalization: 'running' }, async (trainer) => {
      const all = pictures(16);
      const found = await trainer.weightGradients(all, crossEntropy(16));
      const twelve = await trainer.weightGradients(rowRange(all, 0, 12), crossEntropy(12));
      const four = await trainer.weightGradients(rowRange(all, 12, 16), crossEntropy(4, 12));
      expectSame(found, joined(twelve, four), ROUNDING);
    });
  },
);

test.each(NORMALIZED)('%s: with statistics of the batch too', async (_, network) => {
  await withTrainer(network, {}, async (trainer) => {
    // Four samples that come four times each have the statistics that they have once.
    const once = pictures(4, 0.7);
    const again = { shape: [16, 3, 16, 16], data: new Float32Array(16 * 768) };
    const order = [2, 0, 1, 3, 3, 1, 0, 2, 0, 1, 2, 3, 1, 3, 2, 0];
    order.forEach((sample, i) => again.data.set(once.data.subarray(sample * 768, (sample + 1) * 768), i * 768));
    const labels = Float64Array.from(order);
    const found = await trainer.weightGradients(again, { kind: 'cross-entropy', labels });
    expectSame(found, await trainer.weightGradients(once, crossEntropy(4)), NORMALIZED_ROUNDING);
  });
});

test.each(everyNth(2, [...NETWORKS, SMALL, ...NORMALIZED]))(
  '%s: gradients by inputs are the same',
  async (_, network) => {
    await withTrainer(network, {}, async (trainer) => {
      const all = pictures(16);
      const { gradient } = await trainer.inputGradient(all, crossEntropy(16));
      const part = await trainer.inputGradient(rowRange(all, 0, 5), crossEntropy(5));
      expectSame(new Map([['x', rowRange(gradient, 0, 5)]]), new Map([['x', part.gradient]]), ROUNDING);
    });
  },
);

test.each([
  ['a kernel of 3 x 3', [12, 10], [3, 3], [1, 1, 1, 1]],
  ['a kernel that is no square, with uneven padding', [12, 10], [5, 2], [2, 1, 1, 0]],
  ['a kernel without padding', [12, 10], [3, 1], [0, 0, 0, 0]],
  ['rows that do not go by fours', [10, 12], [3, 3], [1, 1, 1, 1]],
] as const)('gradients by pictures of one channel are the same: %s', async (_, picture, size, pads) => {
  const block = (await blockSize()) ?? 8;
  const [height, width] = [picture[0] + pads[0] + pads[2] - size[0] + 1, picture[1] + pads[1] + pads[3] - size[1] + 1];
  const features = block * height * width;
  const graph = graphOf({
    nodes: [
      {
        op: 'Conv',
        inputs: ['x', 'w'],
        outputs: ['c'],
        attributes: { kernel_shape: ints(...size), pads: ints(...pads) },
      },
      { op: 'Relu', inputs: ['c'], outputs: ['r'] },
      { op: 'Flatten', inputs: ['r'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'v'], outputs: ['y'] },
    ],
    constants: new Map([
      ['w', waves([block, 1, ...size], 1)],
      ['v', waves([features, 4], 2)],
    ]),
    inputShape: ['n', 1, ...picture],
    outputShape: ['n', 4],
  });
  const model = await openOnnxModel(modelOf(graph), specOf('classes', [1, ...picture]));
  const trainer = await model.trainer({
    optimizer: { kind: 'sgd', momentum: 0 },
    learningRate: { kind: 'constant', rate: 0.01 },
  });
  const data = Float32Array.from({ length: 16 * 120 }, (_, i) => Math.sin(0.7 * i * i));
  const all = { shape: [16, 1, ...picture], data };
  // Five samples are not blocked by a trainer; a model whose weights stay is blocked with any number.
  const plain = async () => {
    const five = await trainer.inputGradient(rowRange(all, 0, 5), crossEntropy(5));
    return new Map([['x', five.gradient]]);
  };
  const fixed = await model.gradient(rowRange(all, 0, 5), crossEntropy(5));
  expectSame(new Map([['x', fixed.gradient]]), await plain(), ROUNDING);
  await trainer.step(all, crossEntropy(16));
  const fed = await trainer.inputGradient(all, crossEntropy(16));
  expectSame(new Map([['x', rowRange(fed.gradient, 0, 5)]]), await plain(), ROUNDING);
  await Promise.all([trainer.dispose(), model.dispose()]);
});

test('the same step gives the same bits', async () => {
  const [, network] = NORMALIZED[1] ?? ['', { layers: [], weights: () => ({}) }];
  const states: unknown[] = [];
  for (let i = 0; i < 2; i++) {
    await withTrainer(network, {}, async (trainer) => {
      for (let step = 0; step < 3; step++) await trainer.step(pictures(16), crossEntropy(16));
      states.push(trainer.state());
    });
  }
  expect(states[0]).toEqual(states[1]);
});
