import { float32Constant, float32Of } from '../../graph/constants.js';
import { blockSize } from '../../block-size.js';
import { openOnnxModel } from '../../index.js';
import { traceGraph } from '../../tracing.js';
import { ints, modelOfNetwork, NETWORKS, pictures, waves, withGroups } from '../../../../../test/blocked-networks.js';
import { graphOf, specOf } from '../../../../../test/linear-model.js';
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

test.each(NETWORKS)('%s: the same gradient as in the plain layout', async (_, network) => {
  const model = modelOfNetwork(network, (await blockSize()) ?? 8);
  const opened = await openOnnxModel(model, specOf('classes', [3, 16, 16]));
  expect(opened.facts.noGradients).toBeNull();
  // As many samples as no block has: a trainer keeps the file's layout, and the operators held against PyTorch.
  const inputs = pictures(5);
  const labels = Float64Array.of(0, 1, 2, 3, 0);
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
