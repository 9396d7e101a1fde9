import { float32Constant } from '../graph/constants.js';
import type { Attribute, Constant, Graph } from '../graph/ir.js';
import { floatsOf } from '../session.js';
import { executeGraph, float, float32, graphOf, int, ints, node } from '../../../../test/onnx-graphs.js';
import { foldBatchNormalization } from './batch-normalization.js';

const waves = (shape: readonly number[], seed: number, offset = 0): Constant =>
  float32Constant(
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => offset + Math.sin(seed + 1.3 * i)),
  );

function network(bias: boolean, attributes: Readonly<Record<string, Attribute>>, also: readonly string[] = []): Graph {
  return graphOf({
    opset: 20,
    nodes: [
      node('Conv', ['x', 'w', ...(bias ? ['b'] : [])], ['c'], { kernel_shape: ints(3, 3), group: int(2) }),
      node('BatchNormalization', ['c', 'gamma', 'beta', 'mean', 'variance'], ['n'], attributes),
      node('Relu', ['n'], ['y']),
    ],
    inputs: [{ name: 'x', type: 'float32', shape: ['n', 4, 5, 5] }],
    outputs: ['y', ...also],
    constants: {
      w: waves([6, 2, 3, 3], 1),
      b: waves([6], 2),
      gamma: waves([6], 3),
      beta: waves([6], 4),
      mean: waves([6], 5),
      variance: waves([6], 6, 1.5),
    },
  });
}

const feeds = {
  x: float32(
    [2, 4, 5, 5],
    Array.from({ length: 200 }, (_, i) => Math.cos(0.7 * i)),
  ),
};

async function output(graph: Graph): Promise<Float32Array> {
  return floatsOf('y', (await executeGraph(graph, feeds)).get('y'));
}

test.each([
  ['with a bias', true, {}],
  ['without one', false, {}],
  ['with a large epsilon', true, { epsilon: float(0.5) }],
] as const)('a normalized convolution %s is one convolution with the same outputs', async (_, bias, attributes) => {
  const graph = network(bias, attributes);
  const folded = foldBatchNormalization(graph);
  expect(folded.nodes.map(({ op }) => op)).toEqual(['Conv', 'Relu']);
  const [found, wanted] = [await output(folded), await output(graph)];
  // Sums of 18 products of numbers around 1, with the factor inside or outside.
  wanted.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 4));
});

test('a convolution that something else reads keeps its normalization', () => {
  const graph = network(true, {}, ['c']);
  expect(foldBatchNormalization(graph).nodes).toEqual(graph.nodes);
});

test('a normalization in training mode stays', () => {
  const graph = network(true, { training_mode: int(1) });
  expect(foldBatchNormalization(graph).nodes).toEqual(graph.nodes);
});
