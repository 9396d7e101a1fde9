/** The exact values of captum's own test models (tests/attr), on both engines. */
import type { Tensor } from '#base/tensor';
import { openOnnxModel, openTfjsModel, type LrpRule, type ModelBytes, type Propagation } from '#engine/index';
import { graphOf, modelOf, specOf } from '../../../../test/linear-model.js';
import { chooseBackend } from '../../tfjs/backend.js';
import { float32Constant, int64Constant } from '../graph/constants.js';
import type { Attribute } from '../graph/ir.js';

beforeAll(() => chooseBackend(['cpu']));

const ENGINES = [
  ['onnx', openOnnxModel],
  ['tfjs', openTfjsModel],
] as const;

const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
const int = (value: number): Attribute => ({ kind: 'int', value });
const filled = (shape: readonly number[], value: number) =>
  float32Constant(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => value),
  );
const tensor = (shape: readonly number[], values: readonly number[]): Tensor => ({
  shape,
  data: Float32Array.from(values),
});

type Nodes = Parameters<typeof graphOf>[0]['nodes'];

interface Tiny {
  readonly model: ModelBytes;
  readonly sample: readonly number[];
}

function tiny(
  sample: readonly number[],
  scores: number,
  nodes: Nodes,
  constants: Record<string, ReturnType<typeof filled>>,
): Tiny {
  const shapes = { inputShape: ['n', ...sample], outputShape: ['n', scores] };
  return { model: modelOf(graphOf({ nodes, constants: new Map(Object.entries(constants)), ...shapes })), sample };
}

async function relevanceOf(
  open: typeof openOnnxModel,
  { model, sample }: Tiny,
  inputs: readonly number[],
  propagation: Propagation,
  score = 0,
): Promise<number[]> {
  const opened = await open(model, specOf('regression', sample));
  try {
    const size = sample.reduce((a, b) => a * b, 1);
    const rows = inputs.length / size;
    const batch = tensor([rows, ...sample], inputs);
    const found = await opened.propagate(batch, new Float64Array(rows).fill(score), propagation);
    expect(found.relevance.shape).toEqual(batch.shape);
    expect(largestDifference((await opened.scores(batch)).data, [...found.scores.data])).toBeLessThan(1e-5);
    return [...found.relevance.data];
  } finally {
    await opened.dispose();
  }
}

/** float32: one part in a million of the largest. */
function expectClose(found: readonly number[], wanted: readonly number[]): void {
  const most = Math.max(...wanted.map(Math.abs));
  expect(found).toHaveLength(wanted.length);
  expect(largestDifference(found, wanted)).toBeLessThan(1e-6 * most);
}

function largestDifference(a: ArrayLike<number>, b: readonly number[]): number {
  return Math.max(...b.map((value, i) => Math.abs((a[i] ?? NaN) - value)));
}

const EVERYWHERE = (rule: LrpRule): Propagation => ({ kind: 'lrp', composite: [{ at: 'any', rule }] });
const FIRST = (rule: LrpRule): Propagation => ({ kind: 'lrp', composite: [{ at: 'first', rule }] });
const DEFAULT: Propagation = { kind: 'lrp', composite: [] };

/** BasicModel_ConvNet_One_Conv of a picture, and of two that are added up first. */
const oneConv = convolved([1, 4, 4], 'x', []);
const twoPictures = convolved([2, 4, 4], 's', [{ op: 'ReduceSum', inputs: ['x', 'channels'], outputs: ['s'] }]);

function convolved(sample: readonly number[], picture: string, before: Nodes): Tiny {
  return tiny(
    sample,
    4,
    [
      ...before,
      { op: 'Conv', inputs: [picture, 'w', 'b'], outputs: ['c'], attributes: { kernel_shape: ints(3, 3) } },
      { op: 'Relu', inputs: ['c'], outputs: ['r'] },
      { op: 'Reshape', inputs: ['r', 'flat'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'v'], outputs: ['g'], attributes: { transB: int(1) } },
      { op: 'Relu', inputs: ['g'], outputs: ['y'] },
    ],
    {
      channels: int64Constant([1], [1]),
      w: filled([2, 1, 3, 3], 1),
      b: float32Constant([2], [-50, -75]),
      flat: int64Constant([2], [-1, 8]),
      v: float32Constant(
        [4, 8],
        Array.from({ length: 32 }, (_, i) => (i % 8 < 5 ? 1 : -1)),
      ),
    },
  );
}

const ARANGE = Array.from({ length: 16 }, (_, i) => i);
const ONES = ARANGE.map(() => 1);

/** BasicModel_MultiLayer */
function dense(sample: readonly number[], input: string, before: Nodes): Tiny {
  return tiny(
    sample,
    2,
    [
      ...before,
      { op: 'MatMul', inputs: [input, 'w'], outputs: ['a'] },
      { op: 'Add', inputs: ['a', 'b'], outputs: ['s'] },
      { op: 'Relu', inputs: ['s'], outputs: ['r'] },
      { op: 'Gemm', inputs: ['r', 'v', 'd'], outputs: ['y'] },
    ],
    {
      inputs: int64Constant([1], [1]),
      w: filled([3, 4], 1),
      b: float32Constant([4], [-10, 1, 1, 1]),
      v: filled([4, 2], 1),
      d: float32Constant([2], [-1, 1]),
    },
  );
}

/** SimpleLRPModel, with another first weight and activation where a test asks for them. */
function simple(first = 2, activation = 'Relu', weights: readonly [number, number] = [2, 3]): Tiny {
  // As PyTorch has them, [outputs, inputs].
  const w = Array.from({ length: 9 }, (_, i) => (i === 0 && first !== 2 ? first : weights[0]));
  return tiny(
    [3],
    1,
    [
      { op: 'Gemm', inputs: ['x', 'w'], outputs: ['a'], attributes: { transB: int(1) } },
      { op: activation, inputs: ['a'], outputs: ['r'] },
      { op: 'MatMul', inputs: ['r', 'v'], outputs: ['y'] },
    ],
    { w: float32Constant([3, 3], w), v: filled([3, 1], weights[1]) },
  );
}

describe.each(ENGINES)('on the %s engine', (_, open) => {
  test('guided backpropagation', async () => {
    const wanted = [0, 1, 1, 1, 1, 3, 3, 2, 1, 3, 3, 2, 1, 2, 2, 1];
    expectClose(await relevanceOf(open, oneConv, ARANGE, { kind: 'guided-backpropagation' }), wanted);
  });

  test('deconvolution, which does not look at the input', async () => {
    const wanted = [2, 3, 3, 1, 3, 5, 5, 2, 3, 5, 5, 2, 1, 2, 2, 1];
    expectClose(await relevanceOf(open, oneConv, ARANGE, { kind: 'deconvolution' }), wanted);
    const both = [...ARANGE, ...ONES];
    expectClose(await relevanceOf(open, twoPictures, both, { kind: 'deconvolution' }), [...wanted, ...wanted]);
  });

  test('guided backpropagation of two inputs that are added up is the same for both', async () => {
    const wanted = [1, 2, 2, 1, 2, 4, 4, 2, 2, 4, 4, 2, 1, 2, 2, 1];
    const both = [...ARANGE, ...ONES];
    expectClose(await relevanceOf(open, twoPictures, both, { kind: 'guided-backpropagation' }), [...wanted, ...wanted]);
  });

  test('LRP of a convolution with biases, which loses nothing', async () => {
    const wanted = [0, 1, 2, 3, 0, 5, 6, 7, 0, 9, 10, 11, 0, 0, 0, 0];
    const found = await relevanceOf(open, oneConv, ARANGE, DEFAULT);
    expectClose(found, wanted);
    expect(found.reduce((sum, value) => sum + value, 0)).toBe(54);
  });

  test('LRP of a dense network with biases', async () => {
    const basic = dense([3], 'x', []);
    // 96 of a score of 88: biases take their share.
    expectClose(await relevanceOf(open, basic, [4, 8, 12], DEFAULT), [16, 32, 48]);
  });

  // Of 4 = 2 - 1 + 3 the bias takes 3 / 5 of it, and all of 2 = -1 + 3, whose only input speaks against it.
  test.each([
    [
      [1, -1],
      [2, 1],
      [1.6, 0],
    ],
    [
      [0, -1],
      [5, 1],
      [0, 0],
    ],
  ])('LRP with z-plus gives biases their share, of weights %j', async (weights, inputs, wanted) => {
    const model = tiny([2], 1, [{ op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['y'] }], {
      w: float32Constant([2, 1], weights),
      b: float32Constant([1], [3]),
    });
    const found = await relevanceOf(open, model, inputs, EVERYWHERE({ kind: 'z-plus' }));
    expect(largestDifference(found, wanted)).toBeLessThan(1e-6);
  });

  test('LRP of two inputs that are added up shares by contribution; captum hands all of it to each', async () => {
    const basic = dense([2, 3], 'sum', [
      { op: 'ReduceSum', inputs: ['x', 'inputs'], outputs: ['sum'], attributes: { keepdims: int(0) } },
    ]);
    // A quarter and three quarters of (16, 32, 48), which captum states twice, and so 104 too much (here 8, what biases bring).
    expectClose(await relevanceOf(open, basic, [1, 2, 3, 3, 6, 9], DEFAULT), [4, 8, 12, 12, 24, 36]);
  });

  test.each<[string, Tiny, Propagation, number[]]>([
    ['epsilon', simple(), EVERYWHERE({ kind: 'epsilon', epsilon: 1e-9 }), [18, 36, 54]],
    [
      'gamma',
      simple(-2),
      {
        kind: 'lrp',
        composite: [
          { at: 'first', rule: { kind: 'gamma', gamma: 1 } },
          { at: 'dense', rule: { kind: 'gamma', gamma: 0.25 } },
        ],
      },
      [28 / 3, 104 / 3, 52],
    ],
    ['z-plus', simple(-2), EVERYWHERE({ kind: 'z-plus' }), [12, 33.6, 50.4]],
    ['alpha 1, beta 0', simple(-2), EVERYWHERE({ kind: 'alpha-beta', alpha: 1, beta: 0 }), [12, 33.6, 50.4]],
    // Twice 24, 36, 36 behind the first layer; its first neuron takes 2 (0, 0.4, 0.6) - (1, 0, 0) of that.
    ['alpha 2, beta 1', simple(-2), EVERYWHERE({ kind: 'alpha-beta', alpha: 2, beta: 1 }), [0, 134.4, 201.6]],
    // (x + 1) w^+ + (x - 5) w^- over their sums: 8, 14 for the first neuron -2 (1 - 5) + 2 (2 + 1) + 2 (3 + 1) = 22
    [
      'z-b',
      simple(-2),
      FIRST({ kind: 'z-b', low: -1, high: 5 }),
      [24 * (8 / 22) + 16, 24 * (6 / 22) + 24, 24 * (8 / 22) + 32],
    ],
    ['w-squared', simple(-1), FIRST({ kind: 'w-squared' }), [27 / 9 + 24, (27 * 4) / 9 + 24, (27 * 4) / 9 + 24]],
    ['flat', simple(-1), FIRST({ kind: 'flat' }), [33, 33, 33]],
    ['identity', simple(-2), FIRST({ kind: 'identity' }), [24, 36, 36]],
    ['tanh handed on', simple(0.1, 'Tanh', [0.1, 0.1]), DEFAULT, [1, 2, 3].map((x) => x * 0.05 * Math.tanh(0.6))],
  ])('LRP with %s', async (_name, model, propagation, wanted) => {
    expectClose(await relevanceOf(open, model, [1, 2, 3], propagation), wanted);
  });

  test('LRP hands nothing on in its place where a layer gives other values than it takes', async () => {
    const asked = relevanceOf(open, oneConv, ARANGE, FIRST({ kind: 'identity' }));
    await expect(asked).rejects.toThrow('cannot have the LRP rule `identity`: it gives other values than it takes');
  });

  test('LRP shares a sum by contribution', async () => {
    const skip = tiny(
      [2],
      2,
      [
        { op: 'MatMul', inputs: ['x', 'w'], outputs: ['a'] },
        { op: 'Add', inputs: ['a', 'x'], outputs: ['y'] },
      ],
      { w: filled([2, 2], 5) },
    );
    expectClose(await relevanceOf(open, skip, [2, 3], DEFAULT, 1), [10, 18]);
  });

  test('LRP gives what a max pooling gives to what is largest', async () => {
    const pool = tiny(
      [1, 2, 2],
      1,
      [
        {
          op: 'MaxPool',
          inputs: ['x'],
          outputs: ['p'],
          attributes: { kernel_shape: ints(2, 1), strides: ints(2, 1) },
        },
        { op: 'Flatten', inputs: ['p'], outputs: ['f'] },
        { op: 'Gemm', inputs: ['f', 'w'], outputs: ['y'] },
      ],
      { w: filled([2, 1], 2) },
    );
    expectClose(await relevanceOf(open, pool, [1, 2, 5, 6], DEFAULT), [0, 0, 10, 12]);
  });

  test('DeepLIFT of two ReLUs', async () => {
    const relus = tiny(
      [2],
      1,
      [
        { op: 'Sub', inputs: ['x', 'b'], outputs: ['s'] },
        { op: 'Relu', inputs: ['s'], outputs: ['r'] },
        { op: 'Gemm', inputs: ['r', 'w'], outputs: ['y'] },
      ],
      { b: float32Constant([2], [0, 1.5]), w: filled([2, 1], 2) },
    );
    const propagation: Propagation = { kind: 'deep-lift', baselines: tensor([1, 2], [0, 0]) };
    const found = await relevanceOf(open, relus, [1, 2], propagation);
    expectClose(found, [2, 1]);
    // All of the difference of scores, 3; per unit of the input these are multipliers.
    expect(found.reduce((sum, value) => sum + value, 0)).toBe(3);
    expectClose(
      found.map((value, i) => value / [1, 2][i]!),
      [2, 0.5],
    );
  });

  // What differs by nothing, or by little, in front of a tanh: contributions of 0.5 that cancel show the slope.
  test.each([
    ['equal', 0.3],
    ['near', 0.301],
    ['far', 0.9],
  ])('DeepLIFT of a tanh of %s values', async (_name, to) => {
    const network = tiny(
      [2],
      1,
      [
        { op: 'Gemm', inputs: ['x', 'w'], outputs: ['a'] },
        { op: 'Tanh', inputs: ['a'], outputs: ['y'] },
      ],
      { w: float32Constant([2, 1], [1, -1]) },
    );
    const slope = to === 0.3 ? 1 - Math.tanh(0.3) ** 2 : (Math.tanh(to) - Math.tanh(0.3)) / (to - 0.3);
    const propagation: Propagation = { kind: 'deep-lift', baselines: tensor([1, 2], [0.3, 0]) };
    const inputs = [0.8, 0.8 - to];
    expectClose(await relevanceOf(open, network, inputs, propagation), [0.5 * slope, (to - 0.8) * slope]);
  });

  test('DeepLIFT of a max pooling', async () => {
    const DIFFERENCES = [0, 0, 0, -8, 0, -7, 0, 0, 2, 0, 0, 0];
    const pool = tiny(
      [1, 4],
      1,
      [
        { op: 'MaxPool', inputs: ['x'], outputs: ['p'], attributes: { kernel_shape: ints(4) } },
        { op: 'Flatten', inputs: ['p'], outputs: ['y'] },
      ],
      {},
    );
    const propagation: Propagation = {
      kind: 'deep-lift',
      baselines: tensor([3, 1, 4], [1, 2, 3, 9, 4, 8, 6, 7, 1, 2, 3, 4]),
    };
    expectClose(await relevanceOf(open, pool, [1, 1, 1, 1, 1, 1, 1, 1, 6, 1, 1, 1], propagation), DIFFERENCES);
  });

  // Sundararajan et al. 2017, figure 5: two networks with one function.
  test.each([
    ['f1', [1.5, -0.5]],
    ['f2', [2, -1]],
  ])('DeepLIFT is not invariant to the implementation: %s', async (name, wanted) => {
    const inner: Nodes =
      name === 'f1'
        ? [
            { op: 'Relu', inputs: ['x'], outputs: ['r'] },
            { op: 'Gemm', inputs: ['r', 'w', 'minus'], outputs: ['d'] },
          ]
        : [
            { op: 'Sub', inputs: ['x', 'shift'], outputs: ['s'] },
            { op: 'Relu', inputs: ['s'], outputs: ['r'] },
            { op: 'Gemm', inputs: ['r', 'w'], outputs: ['d'] },
          ];
    const network = tiny([2], 1, [...inner, { op: 'Relu', inputs: ['d'], outputs: ['y'] }], {
      w: float32Constant([2, 1], [1, -1]),
      minus: float32Constant([1], [-1]),
      shift: float32Constant([2], [1, 0]),
    });
    const propagation: Propagation = { kind: 'deep-lift', baselines: tensor([1, 2], [0, 0]) };
    expectClose(await relevanceOf(open, network, [3, 1], propagation), wanted);
  });
});
