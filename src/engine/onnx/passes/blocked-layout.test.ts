import { float32Constant, float32Of } from '../graph/constants.js';
import { blockSize } from '../block-size.js';
import { openOnnxModel } from '../index.js';
import { modelOf, graphOf, specOf } from '../../../../test/linear-model.js';
import { blockedWeights, unblockedWeights } from './blocked-weights.js';

describe('weights in blocked order', () => {
  test.each([
    [8, 3],
    [8, 16],
    [16, 32],
  ])('block %i, %i inputs: there and back is the identity', (block, inputs) => {
    const shape = [2 * block, inputs, 3, 2];
    const weight = float32Constant(
      shape,
      Array.from({ length: 12 * block * inputs }, (_, i) => i),
    );
    const back = unblockedWeights(blockedWeights(weight, block), block);
    expect(back).toEqual(weight);
  });

  test('the lanes of a block are its outputs, and within them its inputs', () => {
    const weight = float32Constant(
      [8, 8, 1, 1],
      Array.from({ length: 64 }, (_, i) => i),
    );
    // Output o reads input i with weight 8 o + i; inputs change slower than outputs.
    expect([...float32Of(blockedWeights(weight, 8)).subarray(0, 10)]).toEqual([0, 8, 16, 24, 32, 40, 48, 56, 1, 9]);
  });

  test('missing outputs are zeros', () => {
    const weight = float32Constant([1, 2, 1, 1], [5, 7]);
    const blocked = blockedWeights(weight, 8);
    expect(blocked.shape).toEqual([8, 2, 1, 1]);
    expect([...float32Of(blocked)]).toEqual([5, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0]);
  });
});

test('a residual block and a pooling behind it: the same gradient as in the plain layout', async () => {
  const block = (await blockSize()) ?? 8;
  const values = (count: number, seed: number): number[] =>
    Array.from({ length: count }, (_, i) => 0.3 * Math.sin(seed + 1.7 * i));
  const model = modelOf(
    graphOf({
      nodes: [
        { op: 'Conv', inputs: ['x', 'w0', 'b0'], outputs: ['c0'], attributes: padding },
        { op: 'Relu', inputs: ['c0'], outputs: ['r0'] },
        { op: 'Conv', inputs: ['r0', 'w1'], outputs: ['c1'], attributes: padding },
        { op: 'Add', inputs: ['c1', 'r0'], outputs: ['s'] },
        { op: 'Relu', inputs: ['s'], outputs: ['r1'] },
        { op: 'MaxPool', inputs: ['r1'], outputs: ['p'], attributes: halving },
        { op: 'GlobalAveragePool', inputs: ['p'], outputs: ['g'] },
        { op: 'Flatten', inputs: ['g'], outputs: ['f'] },
        { op: 'Gemm', inputs: ['f', 'd'], outputs: ['y'] },
      ],
      constants: new Map([
        ['w0', float32Constant([block, 3, 3, 3], values(27 * block, 1))],
        ['b0', float32Constant([block], values(block, 2))],
        ['w1', float32Constant([block, block, 3, 3], values(9 * block * block, 3))],
        ['d', float32Constant([block, 4], values(4 * block, 4))],
      ]),
      inputShape: ['n', 3, 8, 8],
      outputShape: ['n', 4],
    }),
  );
  const opened = await openOnnxModel(model, specOf('classes', [3, 8, 8]));
  expect(opened.facts.noGradients).toBeNull();
  const inputs = { shape: [5, 3, 8, 8], data: Float32Array.from({ length: 960 }, (_, i) => Math.cos(0.9 * i)) };
  const labels = Float64Array.of(0, 1, 2, 3, 0);
  // Training keeps the file's layout: its operators are those whose gradients are held against PyTorch.
  const trainer = await opened.trainer({ learningRate: 1, momentum: 0 });
  const plain = await trainer.inputGradient(inputs, labels);
  const blocked = await opened.gradient(inputs, { kind: 'cross-entropy', labels });
  const scale = plain.gradient.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = plain.gradient.data.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (blocked.gradient.data[i] ?? NaN))),
    0,
  );
  expect(scale).toBeGreaterThan(1e-3);
  // Sums in another order: a few units in the last of seven digits.
  expect(difference / scale).toBeLessThan(2e-6);
  await trainer.dispose();
  await opened.dispose();
});

const padding = { pads: { kind: 'ints', value: [1, 1, 1, 1] } } as const;
const halving = {
  kernel_shape: { kind: 'ints', value: [2, 2] },
  strides: { kind: 'ints', value: [2, 2] },
} as const;
