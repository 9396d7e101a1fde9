import { float32Of, int64Constant, integersOf, float32Constant } from '../graph/constants.js';
import type { Graph } from '../graph/ir.js';
import { executeGraph, float32, graphOf, int, node } from '../../../../test/onnx-graphs.js';
import { foldConstants } from './constant-folding.js';
import { prune } from './prune.js';

const feeds = (n: number) => ({
  x: float32(
    [n, 2, 3],
    Array.from({ length: 6 * n }, (_, i) => Math.sin(i)),
  ),
});

/** As PyTorch writes `x.view(x.shape[0], x.shape[1] * 3) * (2 w)`: sizes computed from shapes, a weight from a weight. */
const graph: Graph = graphOf({
  opset: 20,
  nodes: [
    node('Shape', ['x'], ['n'], { start: int(0), end: int(1) }),
    node('Shape', ['x'], ['two'], { start: int(1), end: int(2) }),
    node('Mul', ['two', 'three'], ['six']),
    node('Concat', ['n', 'six'], ['target'], { axis: int(0) }),
    node('Reshape', ['x', 'target'], ['flat']),
    node('Add', ['w', 'w'], ['w2']),
    node('Mul', ['flat', 'w2'], ['y']),
  ],
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 2, 3] }],
  outputs: ['y'],
  constants: { three: int64Constant([1], [3]), w: float32Constant([6], [1, 2, 3, 4, 5, 6]) },
});

test('what depends on constants and on shapes that no batch changes is a constant', async () => {
  const folded = prune(await foldConstants(graph, [feeds(2), feeds(3)]), ['y']);
  // The number of samples is no constant, nor is what holds it.
  expect(folded.nodes.map(({ outputs }) => outputs[0])).toEqual(['n', 'target', 'flat', 'y']);
  const value = (name: string) => folded.constants.get(name) ?? int64Constant([0], []);
  expect(integersOf(value('six'))).toEqual([6]);
  expect([...float32Of(value('w2'))]).toEqual([2, 4, 6, 8, 10, 12]);
  expect(await executeGraph(folded, feeds(5))).toEqual(await executeGraph(graph, feeds(5)));
});

test('for training weights stay as the file has them', async () => {
  const folded = prune(await foldConstants(graph, [feeds(2), feeds(3)], 'integers'), ['y']);
  expect(folded.constants.has('w')).toBe(true);
  expect(folded.constants.has('w2')).toBe(false);
  expect(folded.constants.has('six')).toBe(true);
});

test('random numbers are drawn anew', async () => {
  const noisy = graphOf({
    opset: 20,
    nodes: [
      node('RandomNormal', [], ['noise'], { shape: { kind: 'ints', value: [1, 2, 3] } }),
      node('Add', ['x', 'noise'], ['y']),
    ],
    inputs: graph.inputs,
    outputs: ['y'],
  });
  expect((await foldConstants(noisy, [feeds(2), feeds(3)])).nodes).toHaveLength(2);
});
