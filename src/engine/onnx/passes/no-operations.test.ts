import { int64Constant } from '../graph/constants.js';
import { traceGraph } from '../tracing.js';
import { executeGraph, float32, graphOf, int, node } from '../../../../test/onnx-graphs.js';
import { withoutNoOperations } from './no-operations.js';

const feeds = (n: number) => ({
  x: float32(
    [n, 6],
    Array.from({ length: 6 * n }, (_, i) => Math.sin(i)),
  ),
});

const graph = graphOf({
  opset: 20,
  nodes: [
    node('Cast', ['x'], ['same_type'], { to: int(1) }),
    node('Reshape', ['same_type', 'rows'], ['same_shape']),
    node('Flatten', ['same_shape'], ['flat']),
    node('Relu', ['flat'], ['r']),
    node('Reshape', ['r', 'pairs'], ['other_shape']),
    node('Reshape', ['other_shape', 'rows'], ['back']),
    node('Cast', ['back'], ['y'], { to: int(1) }),
  ],
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 6] }],
  outputs: ['y'],
  constants: { rows: int64Constant([2], [-1, 6]), pairs: int64Constant([3], [-1, 3, 2]) },
});

test('copies are left out, changes of shape stay, and the output is found under its new name', async () => {
  const { graph: short, nameOf } = withoutNoOperations(graph, await traceGraph(graph, [feeds(2), feeds(3)]));
  expect(short.nodes.map(({ op, inputs }) => [op, inputs[0]])).toEqual([
    ['Relu', 'x'],
    ['Reshape', 'r'],
    ['Reshape', 'other_shape'],
  ]);
  expect(nameOf('y')).toBe('back');
  expect(nameOf('r')).toBe('r');
  const [found, wanted] = [await executeGraph(short, feeds(4)), await executeGraph(graph, feeds(4))];
  expect(found.get('back')).toEqual(wanted.get('y'));
});
