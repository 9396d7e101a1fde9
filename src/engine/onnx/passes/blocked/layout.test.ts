import { float32Constant, float32Of } from '../../graph/constants.js';
import { blockSize } from '../../block-size.js';
import { openOnnxModel } from '../../index.js';
import { traceGraph } from '../../tracing.js';
import { modelOf, graphOf, specOf, type GraphParts } from '../../../../../test/linear-model.js';
import { executeGraph, float32, graphOf as onnxGraph, node } from '../../../../../test/onnx-graphs.js';
import { BLOCKED } from './domain.js';
import { blockedLayout } from './layout.js';
import { fuseSums } from './sums.js';
import { blockedWeights, unblockedWeights } from './weights.js';

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

const ints = (...value: readonly number[]) => ({ kind: 'ints', value }) as const;
const kernel = (size: number, stride = 1, pad = (size - 1) >> 1) => ({
  kernel_shape: ints(size, size),
  strides: ints(stride, stride),
  pads: ints(pad, pad, pad, pad),
});
const HALVING = { kernel_shape: ints(2, 2), strides: ints(2, 2) };
const grouped = (group: number) => ({ group: { kind: 'int', value: group } as const });

type Layers = GraphParts['nodes'];

/** Layers from 3 x 16 x 16 pictures to the value `last`; weights by name as [outputs, inputs / group, size], biases `b...`. */
interface Network {
  readonly layers: Layers;
  readonly weights: (block: number) => Readonly<Record<string, readonly number[]>>;
}

const NETWORKS: readonly (readonly [string, Network])[] = [
  [
    'a residual block and a pooling behind it',
    {
      layers: [
        { op: 'Conv', inputs: ['x', 'w0', 'b0'], outputs: ['c0'], attributes: kernel(3) },
        { op: 'Relu', inputs: ['c0'], outputs: ['r0'] },
        { op: 'Conv', inputs: ['r0', 'w1'], outputs: ['c1'], attributes: kernel(3) },
        { op: 'Add', inputs: ['c1', 'r0'], outputs: ['s'] },
        { op: 'Relu', inputs: ['s'], outputs: ['r1'] },
        { op: 'MaxPool', inputs: ['r1'], outputs: ['last'], attributes: HALVING },
      ],
      weights: (block) => ({ w0: [block, 3, 3, 3], b0: [block], w1: [block, block, 3, 3] }),
    },
  ],
  [
    'the stem and a narrowing block of ResNet',
    {
      layers: [
        { op: 'Conv', inputs: ['x', 'w0', 'b0'], outputs: ['c0'], attributes: kernel(7, 2) },
        { op: 'Relu', inputs: ['c0'], outputs: ['r0'] },
        { op: 'MaxPool', inputs: ['r0'], outputs: ['p0'], attributes: kernel(3, 2) },
        { op: 'Conv', inputs: ['p0', 'w1', 'b1'], outputs: ['c1'], attributes: kernel(3, 2) },
        { op: 'Relu', inputs: ['c1'], outputs: ['r1'] },
        { op: 'Conv', inputs: ['r1', 'w2', 'b1'], outputs: ['c2'], attributes: kernel(3) },
        { op: 'Conv', inputs: ['p0', 'w3', 'b1'], outputs: ['d'], attributes: kernel(1, 2) },
        { op: 'Add', inputs: ['c2', 'd'], outputs: ['s'] },
        { op: 'Relu', inputs: ['s'], outputs: ['last'] },
      ],
      weights: (block) => ({
        w0: [block, 3, 7, 7],
        b0: [block],
        w1: [2 * block, block, 3, 3],
        b1: [2 * block],
        w2: [2 * block, 2 * block, 3, 3],
        w3: [2 * block, block, 1, 1],
      }),
    },
  ],
  [
    'inverted residuals of MobileNetV2, of stride 1 and 2, with activations that end at 6',
    {
      layers: [
        { op: 'Conv', inputs: ['x', 'w0', 'b0'], outputs: ['c0'], attributes: kernel(3, 2) },
        { op: 'Clip', inputs: ['c0', 'zero', 'six'], outputs: ['r0'] },
        { op: 'Conv', inputs: ['r0', 'w1', 'b0'], outputs: ['c1'], attributes: { ...kernel(3), ...grouped(NaN) } },
        { op: 'Clip', inputs: ['c1', 'zero', 'six'], outputs: ['r1'] },
        { op: 'Conv', inputs: ['r1', 'w2'], outputs: ['c2'], attributes: kernel(1) },
        { op: 'Add', inputs: ['r0', 'c2'], outputs: ['s'] },
        { op: 'Conv', inputs: ['s', 'w3', 'b0'], outputs: ['c3'], attributes: { ...kernel(3, 2), ...grouped(NaN) } },
        { op: 'Clip', inputs: ['c3', 'zero', 'six'], outputs: ['last'] },
      ],
      weights: (block) => ({
        w0: [block, 3, 3, 3],
        b0: [block],
        w1: [block, 1, 3, 3],
        w2: [block, block, 1, 1],
        w3: [block, 1, 3, 3],
      }),
    },
  ],
  [
    'branches that are joined, dilated and gated, and a result that two read',
    {
      layers: [
        { op: 'Conv', inputs: ['x', 'w0'], outputs: ['c0'], attributes: kernel(5) },
        {
          op: 'Conv',
          inputs: ['c0', 'w1'],
          outputs: ['c1'],
          attributes: { ...kernel(3, 1, 2), dilations: ints(2, 2) },
        },
        { op: 'Sigmoid', inputs: ['c1'], outputs: ['g'] },
        { op: 'Mul', inputs: ['c1', 'g'], outputs: ['swish'] },
        { op: 'Concat', inputs: ['swish', 'c0'], outputs: ['both'], attributes: { axis: { kind: 'int', value: 1 } } },
        { op: 'Conv', inputs: ['both', 'w2'], outputs: ['c2'], attributes: kernel(1) },
        { op: 'Add', inputs: ['c2', 'c2'], outputs: ['last'] },
      ],
      weights: (block) => ({
        w0: [block, 3, 5, 5],
        w1: [block, block, 3, 3],
        w2: [block, 2 * block, 1, 1],
      }),
    },
  ],
];

test.each(NETWORKS)('%s: the same gradient as in the plain layout', async (_, { layers, weights }) => {
  const block = (await blockSize()) ?? 8;
  const shapes = weights(block);
  const width = layers.some(({ outputs }) => outputs.includes('c3')) ? block : (shapes['b1']?.[0] ?? block);
  const constants = Object.entries(shapes).map(([name, shape], seed) => [name, waves(shape, seed + 1)] as const);
  const model = modelOf(
    graphOf({
      nodes: [
        ...layers.map((layer) => withGroups(layer, block)),
        { op: 'GlobalAveragePool', inputs: ['last'], outputs: ['mean'] },
        { op: 'Flatten', inputs: ['mean'], outputs: ['f'] },
        { op: 'Gemm', inputs: ['f', 'dense'], outputs: ['y'] },
      ],
      constants: new Map([
        ...constants,
        ['dense', waves([width, 4], 9)],
        ['zero', float32Constant([], [0])],
        ['six', float32Constant([], [0.4])],
      ]),
      inputShape: ['n', 3, 16, 16],
      outputShape: ['n', 4],
    }),
  );
  const opened = await openOnnxModel(model, specOf('classes', [3, 16, 16]));
  expect(opened.facts.noGradients).toBeNull();
  const data = Float32Array.from({ length: 5 * 768 }, (_, i) => Math.cos(0.9 * i));
  const inputs = { shape: [5, 3, 16, 16], data };
  const labels = Float64Array.of(0, 1, 2, 3, 0);
  // Training keeps the file's layout: its operators are those whose gradients are held against PyTorch.
  const loss = { kind: 'cross-entropy', labels } as const;
  const trainer = await opened.trainer({
    optimizer: { kind: 'sgd', momentum: 0 },
    learningRate: { kind: 'constant', rate: 1 },
  });
  const plain = await trainer.inputGradient(inputs, loss);
  const blocked = await opened.gradient(inputs, loss);
  const scale = plain.gradient.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const difference = plain.gradient.data.reduce(
    (most, value, i) => Math.max(most, Math.abs(value - (blocked.gradient.data[i] ?? NaN))),
    0,
  );
  expect(scale).toBeGreaterThan(1e-5);
  // Sums in another order: a few units in the last of seven digits.
  expect(difference / scale).toBeLessThan(4e-6);
  await trainer.dispose();
  await opened.dispose();
});

/** One group for each channel, as many as a block has. */
function withGroups(layer: Layers[number], block: number): Layers[number] {
  const { group } = layer.attributes ?? {};
  return group === undefined ? layer : { ...layer, attributes: { ...layer.attributes, ...grouped(block) } };
}

function waves(shape: readonly number[], seed: number) {
  const count = shape.reduce((a, b) => a * b, 1);
  return float32Constant(
    shape,
    Array.from({ length: count }, (_, i) => 0.3 * Math.sin(seed + 1.7 * i)),
  );
}

describe('what follows a convolution becomes a part of it', () => {
  test.each(NETWORKS)('%s', async (_, { layers, weights }) => {
    const block = (await blockSize()) ?? 8;
    const shapes = weights(block);
    const constants = Object.entries(shapes).map(([name, shape]) => [name, waves(shape, 1)] as const);
    const graph = graphOf({
      nodes: [...layers.map((layer) => withGroups(layer, block)), { op: 'Identity', inputs: ['last'], outputs: ['y'] }],
      constants: new Map([...constants, ['zero', float32Constant([], [0])], ['six', float32Constant([], [6])]]),
      inputShape: ['n', 3, 16, 16],
      outputShape: ['n', 1, 1, 1],
    });
    const feeds = (n: number) => ({ x: float32([n, 3, 16, 16], new Float32Array(n * 768)) });
    const trace = await traceGraph(graph, [feeds(2), feeds(3)]);
    const blocked = blockedLayout(graph, trace, block);
    const counts = (wanted: string) => blocked.nodes.filter(({ op }) => op === wanted).length;
    expect(counts('Conv')).toBe(layers.filter(({ op }) => op === 'Conv').length);
    expect(blocked.nodes.every(({ op, domain }) => op !== 'Conv' || domain === BLOCKED)).toBe(true);
    expect(counts('ReorderInput')).toBe(0);
    expect(counts('ReorderOutput')).toBe(1);
    // A sum that both of its parts read, and one whose parts are the same, stay sums.
    const kept = layers.filter(({ op, inputs }) => op === 'Add' && inputs[0] === inputs[1]).length;
    expect([counts('Relu'), counts('Clip'), counts('Add')]).toEqual([0, 0, kept]);
  });
});

test('sums of gradients become parts of convolutions', async () => {
  const block = (await blockSize()) ?? 8;
  const ofConv = (name: string) => node('Conv', ['x', 'w'], [name], { kernel_shape: ints(1, 1) }, BLOCKED);
  const graph = {
    ...onnxGraph({
      opset: 20,
      nodes: [
        node('ReorderInput', ['p'], ['x'], {}, BLOCKED),
        ofConv('a'),
        ofConv('b'),
        ofConv('c'),
        node('Add', ['a', 'b'], ['ab']),
        node('Add', ['ab', 'c'], ['abc']),
        node('Relu', ['c'], ['again']),
        node('Add', ['abc', 'again'], ['z']),
        node('ReorderOutput', ['z'], ['y'], { channels: { kind: 'int', value: block } }, BLOCKED),
      ],
      inputs: [{ name: 'p', type: 'float32', shape: ['n', block, 2, 2] }],
      outputs: ['y'],
      constants: { w: waves([block, block, 1, 1], 3) },
    }),
    opsets: new Map([
      ['', 20],
      [BLOCKED, 1],
    ]),
  };
  const fused = fuseSums(graph);
  expect(fused.nodes.map(({ op, inputs, outputs }) => [op, inputs[3] ?? null, outputs[0]])).toEqual([
    ['ReorderInput', null, 'x'],
    ['Conv', null, 'a'],
    ['Conv', null, 'c'],
    ['Conv', 'a', 'ab'],
    // `c` is read twice, and `ab` has its sum already.
    ['Add', null, 'abc'],
    ['Relu', null, 'again'],
    ['Add', null, 'z'],
    ['ReorderOutput', null, 'y'],
  ]);
  const feeds = {
    p: float32(
      [2, block, 2, 2],
      Array.from({ length: 8 * block }, (_, i) => Math.sin(i)),
    ),
  };
  expect(await executeGraph(fused, feeds)).toEqual(await executeGraph(graph, feeds));
});
