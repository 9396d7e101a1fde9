import { float32Constant, float32Of, int64Constant } from '../graph/constants.js';
import { graphOf, node } from '../../../../test/onnx-graphs.js';
import { decodeModel } from './codec.js';
import { encodeModelFiles, externalDataFiles } from './external-files.js';

const WIDTH = 2 ** 15;
const large = (value: number) => float32Constant([WIDTH], new Float32Array(WIDTH).fill(value));
const graph = graphOf({
  opset: 20,
  nodes: [node('Add', ['a', 'b'], ['s']), node('Mul', ['s', 'c'], ['p']), node('Reshape', ['p', 'shape'], ['y'])],
  inputs: [],
  outputs: ['y'],
  constants: { a: large(1), b: large(2), c: large(3), shape: int64Constant([1], [-1]) },
});

test('a graph that fits is one file', () => {
  const { files } = encodeModelFiles(graph, 'm.onnx');
  expect([...files.keys()]).toEqual(['m.onnx']);
  expect(decodeModel({ main: 'm.onnx', files })).toEqual(graph);
});

test('a graph that does not keeps its large constants in as many files as they fill, and comes back the same', () => {
  // Two constants of 2^17 bytes fill a file.
  const written = encodeModelFiles(graph, 'm.onnx', 2 ** 18);
  expect([...written.files].map(([name, { length }]) => [name, length > 2 ** 12 ? length : 'small'])).toEqual([
    ['m.onnx', 'small'],
    ['m.onnx.data', 2 ** 18],
    ['m.onnx.1.data', 2 ** 17],
  ]);
  expect([...externalDataFiles(written).keys()]).toEqual(['m.onnx.data', 'm.onnx.1.data']);
  const read = decodeModel(written);
  for (const [name, value] of [
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ] as const) {
    const constant = read.constants.get(name);
    expect(constant && [...new Set(float32Of(constant))]).toEqual([value]);
  }
});
