import { float32, graphOf, int, node } from '../../../../test/onnx-graphs.js';
import { expectSameOutputs } from '../../../../test/same-outputs.js';
import { float32Constant, int64Constant } from '../graph/constants.js';
import type { Constant, Graph, Node } from '../graph/ir.js';
import { traceGraph, type Feeds } from '../tracing.js';
import { layerNormalization } from './layer-normalization.js';

const sine = (shape: readonly number[]): Constant => {
  const size = shape.reduce((a, b) => a * b, 1);
  return float32Constant(
    shape,
    Array.from({ length: size }, (_, i) => 1 + Math.sin(i + size)),
  );
};

const CONSTANTS: Readonly<Record<string, Constant>> = {
  two: float32Constant([], [2]),
  one: float32Constant([], [1]),
  epsilon: float32Constant([], [1e-3]),
  half: float32Constant([], [0.5]),
  minusHalf: float32Constant([], [-0.5]),
  last: int64Constant([1], [-1]),
  middle: int64Constant([1], [1]),
  both: int64Constant([2], [2, 1]),
  scale: sine([4]),
  bias: sine([4]),
  wideScale: sine([1, 1, 4]),
  wideBias: sine([1, 1, 4]),
  planeScale: sine([3, 4]),
  planeBias: sine([3, 4]),
  column: sine([3, 1]),
};

/** From x to y, one line a node, as in `ReduceMean x last m`. */
function graphFrom(lines: readonly string[], outputs: readonly string[] = ['y']): Graph {
  const nodes = lines.map((line): Node => {
    const [op = '', ...names] = line.split(' ');
    return node(op, names.slice(0, -1), names.slice(-1));
  });
  const inputs = [{ name: 'x', type: 'float32', shape: ['n', 3, 4] } as const];
  return graphOf({ opset: 20, nodes, inputs, outputs, constants: CONSTANTS });
}

const feeds = (samples: number): Feeds => ({
  x: float32(
    [samples, 3, 4],
    Array.from({ length: 12 * samples }, (_, i) => Math.cos(1.3 * i * i) + i / 20),
  ),
});

async function normalized(graph: Graph): Promise<Graph> {
  return layerNormalization(graph, await traceGraph(graph, [feeds(2), feeds(3)]));
}

const statistics = [
  'ReduceMean x last m',
  'Sub x m d',
  'Mul d d q',
  'ReduceMean q last v',
  'Add v epsilon w',
  'Sqrt w s',
];
const torch = statistics.with(2, 'Pow d two q');
const keras = [...statistics, 'Reciprocal s r', 'Mul r wideScale k', 'Mul x k xk'];
const pooled = keras.map((line) => line.replace(/^ReduceMean (\w) last/, 'GlobalAveragePool $1'));

/** By whom they are written so, with the inputs and the axis of the one node that is left. */
const FORMS: readonly (readonly [name: string, inputs: readonly string[], axis: number, lines: readonly string[]])[] = [
  ['PyTorch', ['x', 'scale', 'bias'], 2, [...torch, 'Div d s h', 'Mul h scale g', 'Add g bias y']],
  ['operands the other way round', ['x', 'scale', 'bias'], 2, [...torch, 'Div d s h', 'Mul scale h g', 'Add bias g y']],
  [
    'PyTorch, over two axes',
    ['x', 'planeScale', 'planeBias'],
    1,
    [...torch.map((l) => l.replace('last', 'both')), 'Div d s h', 'Mul h planeScale g', 'Add g planeBias y'],
  ],
  ['without bias', ['x', 'scale'], 2, [...torch, 'Div d s h', 'Mul h scale y']],
  ['a difference for each use', ['x', 'scale'], 2, [...torch, 'Sub x m dd', 'Div dd s h', 'Mul h scale y']],
  [
    'a square of the negative difference',
    ['x', 'scale'],
    2,
    [...statistics.with(1, 'Sub m x d'), 'Sub x m dd', 'Div dd s h', 'Mul h scale y'],
  ],
  [
    'a reciprocal',
    ['x', 'scale', 'bias'],
    2,
    [...statistics, 'Reciprocal s r', 'Mul d r h', 'Mul h scale g', 'Add g bias y'],
  ],
  ['one divided by the deviation', ['x', 'scale'], 2, [...statistics, 'Div one s r', 'Mul d r h', 'Mul h scale y']],
  [
    'the scale first',
    ['x', 'scale', 'bias'],
    2,
    [...statistics, 'Reciprocal s r', 'Mul r scale k', 'Mul d k g', 'Add g bias y'],
  ],
  ['an exponent of 1/2', ['x', 'scale'], 2, [...statistics.with(5, 'Pow w half s'), 'Div d s h', 'Mul h scale y']],
  [
    'an exponent of -1/2',
    ['x', 'scale'],
    2,
    [...statistics.with(5, 'Pow w minusHalf s'), 'Mul d s h', 'Mul h scale y'],
  ],
  [
    'TensorFlow',
    ['x', 'scale', 'bias'],
    2,
    [...keras.map((l) => l.replace('wideScale', 'scale')), 'Mul m k mk', 'Sub bias mk t', 'Add xk t y'],
  ],
  [
    'Keras without parameters',
    ['x', 'ones'],
    2,
    [...statistics, 'Reciprocal s r', 'Mul x r xr', 'Neg m o', 'Mul o r or', 'Add xr or y'],
  ],
];

describe('one LayerNormalization node', () => {
  test.each(FORMS)('%s', async (_, inputs, axis, lines) => {
    const graph = graphFrom(lines);
    const after = await normalized(graph);
    const [only, ...others] = after.nodes;
    expect(others).toEqual([]);
    expect(only?.op).toBe('LayerNormalization');
    expect(only?.inputs.map((name) => (graph.constants.has(name) || name === 'x' ? name : 'ones'))).toEqual(inputs);
    expect(only?.attributes.get('axis')).toEqual(int(axis));
    await expectSameOutputs(graph, after, feeds(2));
  });

  test.each([
    ['Keras', keras],
    ['Keras as tf2onnx writes it before opset 18', pooled],
  ])('%s, whose parameters have all axes', async (_, lines) => {
    const graph = graphFrom([...lines, 'Neg m o', 'Mul o k ok', 'Add ok wideBias t', 'Add xk t y']);
    const after = await normalized(graph);
    expect(after.nodes.map(({ op }) => op)).toEqual(['LayerNormalization']);
    const shapes = after.nodes[0]?.inputs.slice(1).map((name) => after.constants.get(name)?.shape);
    expect(shapes).toEqual([[4], [4]]);
    await expectSameOutputs(graph, after, feeds(2));
  });

  test.each([
    ['a scale of another shape', ['Div d s h', 'Mul h column y'], ['LayerNormalization', 'Mul']],
    ['a bias of another shape', ['Div d s h', 'Mul h scale g', 'Add g column y'], ['LayerNormalization', 'Add']],
    ['a residual sum', ['Div d s h', 'Mul h scale g', 'Add g x y'], ['LayerNormalization', 'Add']],
  ])('and what is left of %s', async (_, lines, ops) => {
    const graph = graphFrom([...torch, ...lines]);
    const after = await normalized(graph);
    expect(after.nodes.map(({ op }) => op)).toEqual(ops);
    await expectSameOutputs(graph, after, feeds(2));
  });

  test('where the scaled value is read twice, before the bias', async () => {
    const graph = graphFrom([...torch, 'Div d s h', 'Mul h scale g', 'Add g bias y', 'Neg g z'], ['y', 'z']);
    const after = await normalized(graph);
    expect(after.nodes.map(({ op }) => op)).toEqual(['LayerNormalization', 'Add', 'Neg']);
    await expectSameOutputs(graph, after, feeds(2));
  });

  test('two in a row, and a residual sum between them', async () => {
    const first = [...torch, 'Div d s h', 'Mul h scale g', 'Add g bias z', 'Add x z r'];
    const second = [
      'ReduceMean r last M',
      'Sub r M D',
      'Mul D D Q',
      'ReduceMean Q last V',
      'Add V epsilon W',
      'Sqrt W S',
    ];
    const graph = graphFrom([...first, ...second, 'Div D S H', 'Mul H scale G', 'Add G bias y']);
    const after = await normalized(graph);
    expect(after.nodes.map(({ op }) => op)).toEqual(['LayerNormalization', 'Add', 'LayerNormalization']);
    await expectSameOutputs(graph, after, feeds(2));
  });
});

describe('left as it is', () => {
  const rest = ['Div d s h', 'Mul h scale g', 'Add g bias y'];

  test.each(['m', 'd', 'q', 'v', 'w', 's'])('where something reads %s', async (inner) => {
    const read = graphFrom([...torch, ...rest, `Neg ${inner} z`], ['y', 'z']);
    expect(await normalized(read)).toEqual(read);
    const given = graphFrom([...torch, ...rest], ['y', inner]);
    expect(await normalized(given)).toEqual(given);
  });

  test.each([
    ['a mean over an axis that is not the last', torch.map((line) => line.replace('last', 'middle'))],
    ['means over different axes', torch.with(3, 'ReduceMean q middle v')],
    ['no epsilon', [...torch.slice(0, 4), 'Sqrt v s']],
    ['a mean of something else', torch.with(2, 'Mul x d q')],
    ['another exponent', torch.with(5, 'Pow w two s')],
    ['no mean', ['Neg x v', 'Add v epsilon w', 'Sqrt w s', 'ReduceMean x last m', 'Sub x m d']],
  ])('%s', async (_, lines) => {
    const graph = graphFrom([...lines, ...rest]);
    expect(await normalized(graph)).toEqual(graph);
  });

  test('means that do not keep their axis', async () => {
    const graph = graphFrom([...torch, ...rest]);
    const dropped = (node: Node): Node =>
      node.op === 'ReduceMean' ? { ...node, attributes: new Map([['keepdims', int(0)]]) } : node;
    const inputs = [{ name: 'x', type: 'float32', shape: [4, 4] } as const];
    const square = { ...graph, inputs, nodes: graph.nodes.map(dropped) };
    const trace = await traceGraph(square, [
      {
        x: float32(
          [4, 4],
          Array.from({ length: 16 }, (_, i) => Math.sin(i)),
        ),
      },
    ]);
    expect(layerNormalization(square, trace)).toEqual(square);
  });
});
