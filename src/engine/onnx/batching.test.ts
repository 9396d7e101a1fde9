import { openOnnxModel } from './index.js';
import { float32Constant, int64Constant } from './graph/constants.js';
import type { Constant } from './graph/ir.js';
import type { EngineModel, ModelBytes } from '../contract.js';
import { graphOf, modelOf, specOf, type GraphParts } from '../../../test/linear-model.js';

const ints = (...value: number[]) => ({ kind: 'ints', value }) as const;
const int = (value: number) => ({ kind: 'int', value }) as const;
const shape = (...sizes: number[]): Constant => int64Constant([sizes.length], sizes);
const waves = (...sizes: number[]): Constant =>
  float32Constant(
    sizes,
    Float32Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1.7 * i + 1)),
  );

/** A model of batch `batch` whose fixed sizes stand in its Reshape, Expand and Concat, as exporters write them. */
function fixedModel(batch: number, parts: Omit<GraphParts, 'outputShape'>): ModelBytes {
  return modelOf(graphOf({ ...parts, inputShape: [batch, ...parts.inputShape.slice(1)], outputShape: [batch, 2] }));
}

const CONVOLUTION: Omit<GraphParts, 'outputShape'> = {
  nodes: [
    {
      op: 'Conv',
      inputs: ['x', 'k'],
      outputs: ['c'],
      attributes: { kernel_shape: ints(3, 3), pads: ints(1, 1, 1, 1) },
    },
    { op: 'Relu', inputs: ['c'], outputs: ['r'] },
    { op: 'Reshape', inputs: ['r', 'flat'], outputs: ['f'] },
    { op: 'Gemm', inputs: ['f', 'w'], outputs: ['y'] },
  ],
  constants: new Map([
    ['k', waves(3, 1, 3, 3)],
    ['flat', shape(1, 48)],
    ['w', waves(48, 2)],
  ]),
  inputShape: [1, 1, 4, 4],
};

/** A class token, as a vision transformer has it, and heads that are merged with the batch. */
const TOKENS: Omit<GraphParts, 'outputShape'> = {
  nodes: [
    { op: 'Expand', inputs: ['token', 'once'], outputs: ['cls'] },
    { op: 'Concat', inputs: ['cls', 'x'], outputs: ['seq'], attributes: { axis: int(1) } },
    { op: 'Reshape', inputs: ['seq', 'heads'], outputs: ['h'] },
    { op: 'Transpose', inputs: ['h'], outputs: ['t'], attributes: { perm: ints(0, 2, 1, 3) } },
    { op: 'Reshape', inputs: ['t', 'merged'], outputs: ['m'] },
    { op: 'Transpose', inputs: ['m'], outputs: ['mt'], attributes: { perm: ints(0, 2, 1) } },
    { op: 'MatMul', inputs: ['m', 'mt'], outputs: ['a'] },
    { op: 'Softmax', inputs: ['a'], outputs: ['p'], attributes: { axis: int(-1) } },
    { op: 'MatMul', inputs: ['p', 'm'], outputs: ['o'] },
    { op: 'Reshape', inputs: ['o', 'apart'], outputs: ['oh'] },
    { op: 'Gather', inputs: ['oh', 'zero'], outputs: ['first'], attributes: { axis: int(2) } },
    { op: 'Reshape', inputs: ['first', 'flat'], outputs: ['f'] },
    { op: 'MatMul', inputs: ['f', 'w'], outputs: ['y'] },
  ],
  constants: new Map<string, Constant>([
    ['token', waves(1, 1, 4)],
    ['once', shape(1, 1, 4)],
    ['heads', shape(1, 4, 2, 2)],
    ['merged', shape(2, 4, 2)],
    ['apart', shape(1, 2, 4, 2)],
    ['zero', int64Constant([], [0])],
    ['flat', shape(1, 4)],
    ['w', waves(4, 2)],
  ]),
  inputShape: [1, 3, 4],
};

/** An LSTM as PyTorch exports it: time in front, first states constant. */
const RECURRENT: Omit<GraphParts, 'outputShape'> = {
  nodes: [
    { op: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: ints(1, 0, 2) } },
    // Samples lie along the second axis here.
    { op: 'Tanh', inputs: ['t'], outputs: ['s'] },
    {
      op: 'LSTM',
      inputs: ['s', 'W', 'R', 'B', '', 'h', 'c'],
      outputs: ['Y', 'Yh'],
      attributes: { hidden_size: int(3) },
    },
    { op: 'Squeeze', inputs: ['Yh', 'front'], outputs: ['last'] },
    { op: 'Gemm', inputs: ['last', 'w'], outputs: ['y'] },
  ],
  constants: new Map<string, Constant>([
    ['W', waves(1, 12, 2)],
    ['R', waves(1, 12, 3)],
    ['B', waves(1, 24)],
    ['h', waves(1, 1, 3)],
    ['c', waves(1, 1, 3)],
    ['front', shape(0)],
    ['w', waves(3, 2)],
  ]),
  inputShape: [1, 5, 2],
};

async function rowByRow(model: EngineModel, sample: readonly number[], rows: number) {
  const size = sample.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: rows * size }, (_, i) => Math.cos(1.3 * i));
  const labels = Float64Array.from({ length: rows }, (_, i) => i % 2);
  const all = await model.gradient({ shape: [rows, ...sample], data }, { kind: 'cross-entropy', labels });
  for (let i = 0; i < rows; i++) {
    const alone = await model.gradient(
      { shape: [1, ...sample], data: data.subarray(i * size, (i + 1) * size) },
      { kind: 'cross-entropy', labels: labels.subarray(i, i + 1) },
    );
    // Two rows of one matrix product are summed in another order than one row: a few last bits.
    alone.gradient.data.forEach((value, j) => expect(value).toBeCloseTo(all.gradient.data[i * size + j] ?? NaN, 5));
    expect(alone.loss[0]).toBeCloseTo(all.loss[i] ?? NaN, 5);
  }
}

test.each([
  ['a flattened convolution', CONVOLUTION],
  ['class tokens and merged heads', TOKENS],
  ['first states of an LSTM', RECURRENT],
] as const)('%s of batch 1 runs batched, and says so', async (_, parts) => {
  const sample = parts.inputShape.slice(1).map(Number);
  const model = await openOnnxModel(fixedModel(1, parts), specOf('classes', sample));
  expect(model.facts.batch).toBe('dynamic');
  expect(model.facts.notes).toEqual([
    'the file asks for batches of 1; it was rewritten to take any, with the same outputs on 8 samples',
  ]);
  expect(model.facts.noGradients).toBeNull();
  await rowByRow(model, sample, 5);
  await model.dispose();
});

test('a constant that holds a whole batch keeps its model in batches of that size', async () => {
  const parts: Omit<GraphParts, 'outputShape'> = {
    ...TOKENS,
    constants: new Map<string, Constant>([
      ...(TOKENS.constants ?? []),
      ['once', shape(2, 1, 4)],
      ['heads', shape(2, 4, 2, 2)],
      ['merged', shape(4, 4, 2)],
      ['apart', shape(2, 2, 4, 2)],
      ['flat', shape(2, 4)],
    ]),
  };
  const model = await openOnnxModel(fixedModel(2, parts), specOf('classes', [3, 4], 2));
  expect(model.facts.batch).toBe(2);
  expect(model.facts.notes).toEqual([expect.stringMatching(/the constant `cls` holds values for a whole batch/)]);
  expect(model.facts.noGradients).toBeNull();
  await model.dispose();
});

describe('a graph whose samples cannot be told apart runs in batches of its size', () => {
  /** The mean over the batch: what a sample gives depends on the others. */
  const coupled = (batch: number) =>
    fixedModel(batch, {
      nodes: [
        { op: 'ReduceMean', inputs: ['x', 'first'], outputs: ['m'], attributes: { keepdims: int(1) } },
        { op: 'Sub', inputs: ['x', 'm'], outputs: ['d'] },
        { op: 'Add', inputs: ['d', 'x'], outputs: ['s'] },
        { op: 'Gemm', inputs: ['s', 'w'], outputs: ['y'] },
      ],
      constants: new Map([
        ['first', shape(0)],
        ['w', float32Constant([2, 2], [1, 2, 3, 4])],
      ]),
      inputShape: [batch, 2],
    });

  test('the node is named', async () => {
    const model = await openOnnxModel(coupled(4), specOf('classes', [2]));
    expect(model.facts.batch).toBe(4);
    expect(model.facts.notes).toEqual([
      'the file asks for batches of 4, and samples run in such batches: node `node_0` (ReduceMean) works along the samples',
    ]);
    await model.dispose();
  });

  test('a batch is filled up, and nothing of the filling comes back', async () => {
    const model = await openOnnxModel(coupled(1), specOf('classes', [2]));
    expect(model.facts.batch).toBe(1);
    const data = Float32Array.from({ length: 10 }, (_, i) => i);
    const loss = { kind: 'score', labels: new Float64Array(5) } as const;
    const { scores, gradient } = await model.gradient({ shape: [5, 2], data }, loss);
    await model.dispose();
    // Alone, a sample is its own mean: y = x W.
    expect(scores.shape).toEqual([5, 2]);
    expect([...scores.data.subarray(0, 2)]).toEqual([3, 4]);
    expect([...gradient.data]).toEqual([1, 3, 1, 3, 1, 3, 1, 3, 1, 3]);
  });
});
