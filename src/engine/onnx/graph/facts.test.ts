import { executeGraph, float32, graphOf, int, node } from '../../../../test/onnx-graphs.js';
import { float32Constant, int64Constant } from './constants.js';
import { Facts } from './facts.js';
import type { Constant, Node } from './ir.js';

const constants: Readonly<Record<string, Constant>> = {
  kernel: float32Constant([2, 3, 1, 1], [1, 2, 3, 4, 5, 6]),
  matrix: float32Constant([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]),
  vector: float32Constant([4], [1, 2, 3, 4]),
  high: float32Constant([1, 1, 1, 1, 1], [3]),
  flat: int64Constant([2], [2, -1]),
  one: int64Constant([1], [1]),
  none: int64Constant([0], []),
  halves: int64Constant([2], [2, 2]),
};

/** From x of [2, 3, 4, 4], each value by another operator. */
const nodes: readonly Node[] = [
  node('Conv', ['x', 'kernel'], ['conv']),
  node('Relu', ['conv'], ['relu']),
  node('MaxPool', ['relu'], ['pool', 'indices'], { kernel_shape: { kind: 'ints', value: [2, 2] } }),
  node('GlobalAveragePool', ['x'], ['global']),
  node('Add', ['x', 'vector'], ['add']),
  node('Mul', ['vector', 'x'], ['mul']),
  node('Max', ['vector', 'x', 'high'], ['max']),
  node('MatMul', ['x', 'matrix'], ['matmul']),
  node('MatMul', ['expanded', 'matrix'], ['matmul unknown']),
  node('MatMul', ['x', 'vector'], ['matmul vector']),
  node('Flatten', ['x'], ['flatten']),
  node('Reshape', ['x', 'flat'], ['reshape']),
  node('Shape', ['x'], ['shape']),
  node('Reshape', ['x', 'shape'], ['reshape computed']),
  node('Gemm', ['matrix', 'transposed'], ['gemm']),
  node('Unsqueeze', ['x', 'one'], ['unsqueeze']),
  node('Squeeze', ['unsqueeze', 'one'], ['squeeze']),
  node('ReduceMean', ['x', 'one'], ['mean kept']),
  node('ReduceMean', ['x', 'one'], ['mean'], { keepdims: int(0) }),
  node('ReduceSum', ['x', 'none'], ['sum of all'], { keepdims: int(0) }),
  node('ReduceSum', ['x'], ['sum'], { keepdims: int(0) }),
  node('ReduceMax', ['x'], ['max kept']),
  node('Cast', ['x'], ['cast'], { to: int(11) }),
  node('Neg', ['cast'], ['wide']),
  node('Split', ['x', 'halves'], ['left', 'right'], { axis: int(2) }),
  node('Concat', ['left', 'right'], ['concat'], { axis: int(0) }),
  node('Transpose', ['matrix'], ['transposed']),
  node('Softmax', ['flatten'], ['softmax']),
  node('Expand', ['x', 'shape'], ['expanded']),
];

test('what is known of a value is what ONNX Runtime finds when it runs', async () => {
  const order = [...nodes].sort((a, b) => depth(a) - depth(b));
  const outputs = order.flatMap((each) => each.outputs);
  const inputs = [{ name: 'x', type: 'float32', shape: ['n', 3, 4, 4] }] as const;
  const graph = graphOf({ opset: 20, nodes: order, inputs, outputs, constants });
  const facts = new Facts(graph, graph.constants);
  for (const each of order) facts.learn(each);
  const results = await executeGraph(graph, { x: float32([2, 3, 4, 4], new Float32Array(96).fill(1)) });
  const unknown = outputs.filter((name) => facts.of(name).rank === undefined);
  for (const [name, { type, shape }] of results) {
    const { type: knownType = type, rank = shape.length } = facts.of(name);
    expect([name, knownType, rank]).toEqual([name, type, shape.length]);
  }
  // Everything else has to be known: these are computed, of one axis, or outputs beyond the first.
  expect(unknown.sort()).toEqual(
    ['expanded', 'indices', 'matmul unknown', 'matmul vector', 'reshape computed', 'sum', 'sum of all'].sort(),
  );
});

test('what a custom operator gives is not known', () => {
  const facts = new Facts({ inputs: [] }, new Map());
  facts.learn(node('Relu', ['x'], ['y'], {}, 'com.microsoft'));
  expect(facts.of('y')).toEqual({});
  expect(facts.of(undefined)).toEqual({});
});

/** The longest way from an input or constant to a node. */
function depth(of: Node): number {
  const producers = nodes.filter((other) => other.outputs.some((name) => of.inputs.includes(name)));
  return 1 + Math.max(0, ...producers.map(depth));
}
