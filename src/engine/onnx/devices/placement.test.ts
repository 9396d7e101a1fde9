import { float32Constant, int64Constant } from '../graph/constants.js';
import { float, GraphBuilder, type AttributeInput } from '../graph/builder.js';
import type { Device } from '../../contract.js';
import type { Attribute, Graph } from '../graph/ir.js';
import { placeNodes } from './placement.js';

const X = { name: 'x', type: 'float32', shape: ['n', 4, 8, 8] } as const;
const EMPTY: Graph = {
  name: 'nodes',
  irVersion: 9,
  opsets: new Map([['', 20]]),
  inputs: [X],
  outputs: [],
  nodes: [],
  constants: new Map(),
  functions: [],
};

/** Operators of the nodes that stay on the CPU, of a graph with one node on `x` and constants of the given shapes. */
function staysOf(op: string, given: Given = {}, device: Device = 'webgpu'): readonly string[] {
  const { shapes = [], integers = [], attributes = {}, outputs = 1, inputs = [X] } = given;
  const builder = new GraphBuilder({ ...EMPTY, inputs });
  const constants = shapes.map((shape) =>
    builder.constant(float32Constant(shape, new Float32Array(shape.reduce((size, d) => size * d, 1)))),
  );
  const indices = integers.map((values) =>
    values === null ? '' : builder.constant(int64Constant([values.length], values)),
  );
  builder.nodes(op, ['x', ...constants, ...indices], outputs, attributes);
  const { graph, onCpu } = placeNodes(builder.build([]), device);
  return graph.nodes.filter(({ name }) => onCpu.includes(name)).map((node) => node.op);
}

interface Given {
  readonly shapes?: readonly (readonly number[])[];
  readonly integers?: readonly (readonly number[] | null)[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly outputs?: number;
  /** `x` of pictures when they are left out; none of them, and nothing is known of it. */
  readonly inputs?: Graph['inputs'];
}

const VECTOR: Graph['inputs'] = [{ ...X, shape: [4] }];
const text = (value: string): Attribute => ({ kind: 'string', value });
const cropped = text('tf_crop_and_resize');
const symmetric = text('half_pixel_symmetric');

const activations: Attribute = { kind: 'strings', value: ['Sigmoid', 'Tanh', 'Relu'] };

// What must stay on the CPU is shown on the provider itself, in webgpu.deep.ts. What need not must not: a copy costs time.
test.each<[string, string, Given]>([
  ['a convolution', 'Conv', { shapes: [[8, 4, 3, 3]] }],
  ['a grouped convolution of pictures', 'Conv', { shapes: [[8, 2, 3, 3]], attributes: { group: 2 } }],
  ['a transposed convolution', 'ConvTranspose', { shapes: [[4, 8, 3, 3]] }],
  ['a depthwise one', 'ConvTranspose', { shapes: [[4, 1, 3, 3]], attributes: { group: 4 } }],
  ['a layer normalization', 'LayerNormalization', { shapes: [[8], [8]] }],
  ['one of two axes', 'LayerNormalization', { shapes: [[8, 8]], attributes: { axis: -2 } }],
  ['one of axes counted from the front', 'LayerNormalization', { shapes: [[8, 8]], attributes: { axis: 2 } }],
  ['an instance normalization', 'InstanceNormalization', { shapes: [[4], [4]], attributes: { epsilon: float(1e-5) } }],
  ['a pooling without indices', 'MaxPool', { attributes: { kernel_shape: [2, 2] } }],
  ['a square', 'Pow', { shapes: [[]] }],
  ['a slice', 'Slice', { integers: [[0], [4], [1]] }],
  ['a slice turned round', 'Slice', { integers: [[-1], [-9], [1], [-1]] }],
  ['a split of q, k and v', 'Split', { outputs: 3, attributes: { axis: 1 } }],
  ['a sum of squares', 'ReduceSumSquare', { integers: [[1]] }],
  [
    'an LSTM',
    'LSTM',
    {
      shapes: [
        [1, 8, 8],
        [1, 8, 2],
      ],
      attributes: { activations },
    },
  ],
  ['a resizing', 'Resize', { attributes: { mode: 'linear' } }],
  [
    'a symmetric resizing that interpolates',
    'Resize',
    { attributes: { mode: text('linear'), coordinate_transformation_mode: symmetric } },
  ],
  ['a product of matrices', 'MatMul', { shapes: [[8, 3]] }],
])('%s is left to the device', (_, op, given) => {
  expect(staysOf(op, given)).toEqual([]);
});

test('weights that are fed may be anything', () => {
  const fed = { ...EMPTY, inputs: [X, { name: 'w', type: 'float32', shape: null } as const] };
  const builder = new GraphBuilder(fed);
  builder.node('ConvTranspose', ['x', 'w'], { group: 2 });
  builder.node('Conv', ['x', 'w'], { kernel_shape: [3, 3], group: 2 });
  const { graph, onCpu } = placeNodes(builder.build([]), 'webgpu');
  expect(graph.nodes.filter(({ name }) => onCpu.includes(name)).map(({ op }) => op)).toEqual(['ConvTranspose']);
});

test.each<[string, Readonly<Record<string, AttributeInput>>]>([
  ['by its default', {}],
  ['by name', { mode: text('nearest'), nearest_mode: text('floor') }],
])('the nearest pixel of a symmetric resizing stays on the CPU, %s', (_, attributes) => {
  expect(staysOf('Resize', { attributes: { ...attributes, coordinate_transformation_mode: symmetric } })).toEqual([
    'Resize',
  ]);
});

// What an H100 computed wrongly or refused, in the forms of the cases that showed it: docs/evidence/gpu.md.
test.each<[string, string, Given]>([
  ...['ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceSumSquare'].map((op): [string, string, Given] => [
    `${op} of nothing`,
    op,
    { attributes: { noop_with_empty_axes: 1 } },
  ]),
  ...['LayerNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization'].flatMap(
    (op): [string, string, Given][] => [
      [`${op} with a scale of the last axis of two`, op, { shapes: [[8]], attributes: { axis: -2 } }],
      [`${op} with a scale of one`, op, { shapes: [[1]] }],
    ],
  ),
  ['a layer normalization with a bias of one', 'LayerNormalization', { shapes: [[8], [1]] }],
  ['a pooling with indices', 'MaxPool', { outputs: 2, attributes: { kernel_shape: [3, 3] } }],
  ...['Sum', 'Max', 'Min'].map((op): [string, string, Given] => [
    `${op} of three`,
    op,
    {
      shapes: [[2, 1, 4], [1]],
    },
  ]),
  ...['QuantizeLinear', 'DequantizeLinear'].flatMap((op): [string, string, Given][] => [
    [`${op} of a vector`, op, { inputs: VECTOR, shapes: [[4]], attributes: { axis: 0 } }],
    [`${op} of what may be a vector`, op, { inputs: [], shapes: [[4]], attributes: { axis: 0 } }],
    [`${op} of what may be a vector, by its last axis`, op, { inputs: [], shapes: [[4]], attributes: { axis: -1 } }],
    [`${op} of blocks`, op, { shapes: [[4, 4, 8, 4]], attributes: { axis: 3, block_size: 2 } }],
  ]),
  [
    'a linear resizing of what is cropped',
    'Resize',
    { attributes: { mode: text('linear'), coordinate_transformation_mode: cropped } },
  ],
])('on CUDA %s stays on the CPU', (_, op, given) => {
  expect(staysOf(op, given, 'cuda')).toEqual([op]);
  expect(staysOf(op, given, 'cpu')).toEqual([]);
});

test.each<[string, string, Given]>([
  ['a sum of squares', 'ReduceSumSquare', { integers: [[1]] }],
  ['a layer normalization', 'LayerNormalization', { shapes: [[8], [8]] }],
  ['one of two axes', 'RMSNormalization', { shapes: [[8, 8]], attributes: { axis: -2 } }],
  ['a pooling without indices', 'MaxPool', { attributes: { kernel_shape: [3, 3] } }],
  ['a sum of two', 'Sum', { shapes: [[8]] }],
  ['a maximum of two', 'Max', { shapes: [[8]] }],
  ['a mean of three', 'Mean', { shapes: [[8], [8]] }],
  ['a quantizer with one scale', 'QuantizeLinear', { shapes: [[]] }],
  ['one of a vector', 'QuantizeLinear', { inputs: VECTOR, shapes: [[1]], attributes: { axis: 0 } }],
  ['one with a scale a channel', 'QuantizeLinear', { shapes: [[4]] }],
  ['one with a scale a sample', 'DequantizeLinear', { shapes: [[4]], attributes: { axis: 0 } }],
  ['one with a scale a channel of what is not known', 'DequantizeLinear', { inputs: [], shapes: [[4]] }],
  ['a resizing', 'Resize', { attributes: { mode: text('linear') } }],
  ['a sine, which is exact there', 'Sin', {}],
])('on CUDA %s is left to the device', (_, op, given) => {
  expect(staysOf(op, given, 'cuda')).toEqual([]);
});

test('nodes that stay have names of their own, and only where the device is unfit for them', () => {
  const node = (output: string) => ({
    op: 'Sin',
    domain: '',
    name: '',
    inputs: ['x'],
    outputs: [output],
    attributes: new Map(),
  });
  const graph = { ...EMPTY, nodes: [node('a'), node('b'), { ...node('c'), op: 'Relu' }] };
  const placed = placeNodes(graph, 'webgpu');
  expect(new Set(placed.onCpu).size).toBe(2);
  expect(placed.graph.nodes.map(({ name }) => placed.onCpu.includes(name))).toEqual([true, true, false]);
  for (const device of ['cpu', 'cuda'] as const) expect(placeNodes(graph, device)).toEqual({ graph, onCpu: [] });
});

test('an operator of another domain is another operator', () => {
  const node = { op: 'Sin', domain: 'com.microsoft', name: '', inputs: ['x'], outputs: ['y'], attributes: new Map() };
  expect(placeNodes({ ...EMPTY, nodes: [node] }, 'webgpu').onCpu).toEqual([]);
});
