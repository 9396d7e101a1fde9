import { float32, graphOf, int, ints, node } from '../../../../test/onnx-graphs.js';
import { expectSameOutputs } from '../../../../test/same-outputs.js';
import { float32Constant, int64Constant } from '../graph/constants.js';
import type { Constant, Graph, Node } from '../graph/ir.js';
import { isPerSample } from '../graph/shape.js';
import { traceGraph, type Feeds } from '../tracing.js';
import { selectEarly } from './early-selections.js';

const [TOKENS, WIDTH, HEADS] = [5, 6, 2];

const sine = (...shape: number[]): Constant => {
  const size = shape.reduce((a, b) => a * b, 1);
  return float32Constant(
    shape,
    Array.from({ length: size }, (_, i) => Math.sin(i * i + size)),
  );
};

const CONSTANTS: Readonly<Record<string, Constant>> = {
  first: int64Constant([], [0]),
  lastRow: int64Constant([1], [-1]),
  one: int64Constant([1], [1]),
  two: int64Constant([1], [2]),
  end: int64Constant([1], [2 ** 63]),
  split: int64Constant([4], [0, TOKENS, HEADS, WIDTH / HEADS]),
  joined: int64Constant([3], [0, -1, WIDTH]),
  mixed: int64Constant([3], [0, WIDTH, TOKENS]),
  lone: int64Constant([4], [0, 1, TOKENS, WIDTH]),
  w: sine(WIDTH, WIDTH),
  v: sine(WIDTH, WIDTH),
  bias: sine(WIDTH),
  places: sine(1, TOKENS, WIDTH),
  scale: sine(WIDTH),
};

const x = { name: 'x', type: 'float32', shape: ['n', TOKENS, WIDTH] } as const;

function graphFrom(nodes: readonly Node[], outputs: readonly string[] = ['y']): Graph {
  return graphOf({ opset: 20, nodes, inputs: [x], outputs, constants: CONSTANTS });
}

const feeds = (samples: number): Feeds => ({
  x: float32(
    [samples, TOKENS, WIDTH],
    Array.from({ length: samples * TOKENS * WIDTH }, (_, i) => Math.cos(1.7 * i)),
  ),
});

/** The graph after the pass, which must not change what it computes, and the sizes of its values but the batch. */
async function early(graph: Graph): Promise<{ after: Graph; sizes: (value: string) => readonly unknown[] }> {
  const executed = [feeds(2), feeds(3)] as const;
  const { graph: after, trace } = selectEarly(graph, await traceGraph(graph, executed));
  await expectSameOutputs(graph, after, feeds(3));
  const traced = await traceGraph(after, executed);
  // The shapes that the pass tells are those of an execution.
  for (const { outputs } of after.nodes) {
    for (const name of outputs) if (trace.has(name)) expect(trace.get(name)).toEqual(traced.get(name));
  }
  const sizes = (value: string): readonly unknown[] =>
    (traced.get(value)?.shape ?? []).filter((size) => !isPerSample(size));
  return { after, sizes };
}

const take = (from: string, to: string): Node => node('Gather', [from, 'first'], [to], { axis: int(1) });

/** Attention over `from` and a perceptron, each with a residual sum and a normalization behind it. */
function encoderLayer(from: string, to: string): Node[] {
  const own = (name: string): string => `${to}/${name}`;
  const heads = (source: string, name: string, perm: readonly number[]): Node[] => [
    node('MatMul', [source, 'w'], [own(`${name}/product`)]),
    node('Reshape', [own(`${name}/product`), 'split'], [own(`${name}/split`)]),
    node('Transpose', [own(`${name}/split`)], [own(name)], { perm: ints(...perm) }),
  ];
  return [
    ...heads(from, 'q', [0, 2, 1, 3]),
    ...heads(from, 'k', [0, 2, 3, 1]),
    ...heads(from, 'v', [0, 2, 1, 3]),
    node('MatMul', [own('q'), own('k')], [own('likeness')]),
    node('Softmax', [own('likeness')], [own('attention')]),
    node('MatMul', [own('attention'), own('v')], [own('mixture')]),
    node('Transpose', [own('mixture')], [own('behind')], { perm: ints(0, 2, 1, 3) }),
    node('Reshape', [own('behind'), 'joined'], [own('joined')]),
    node('MatMul', [own('joined'), 'w'], [own('projection')]),
    node('Add', [own('projection'), from], [own('sum')]),
    node('LayerNormalization', [own('sum'), 'scale', 'bias'], [own('normal')]),
    node('MatMul', [own('normal'), 'v'], [own('hidden')]),
    node('Gelu', [own('hidden')], [own('active')]),
    node('Add', [own('active'), own('normal')], [own('outer')]),
    node('LayerNormalization', [own('outer'), 'scale', 'bias'], [to]),
  ];
}

describe('work for rows that nobody reads is left out', () => {
  test('in the last layer of a transformer that is read at its first token: all but keys and values', async () => {
    const graph = graphFrom([...encoderLayer('x', 'a'), ...encoderLayer('a', 'b'), take('b', 'row'), negate('row')]);
    const { sizes } = await early(graph);
    expect(sizes('a')).toEqual([TOKENS, WIDTH]);
    expect(sizes('b/k')).toEqual([HEADS, WIDTH / HEADS, TOKENS]);
    expect(sizes('b/v')).toEqual([HEADS, TOKENS, WIDTH / HEADS]);
    expect(sizes('b/q')).toEqual([HEADS, 1, WIDTH / HEADS]);
    expect(sizes('b/attention')).toEqual([HEADS, 1, TOKENS]);
    for (const name of ['projection', 'normal', 'hidden', 'outer']) expect(sizes(`b/${name}`)).toEqual([1, WIDTH]);
    expect(sizes('row')).toEqual([WIDTH]);
  });

  test.each([
    ['one position that keeps its axis', node('Gather', ['m', 'lastRow'], ['row'], { axis: int(-2) }), 1],
    ['a stretch', node('Slice', ['m', 'one', 'end', 'one', 'one'], ['row']), 4],
    ['every second row', node('Slice', ['m', 'one', 'end', 'one', 'two'], ['row']), 2],
  ])('%s', async (_, selection, count) => {
    const { after, sizes } = await early(graphFrom([node('MatMul', ['x', 'w'], ['m']), selection, negate('row')]));
    expect(after.nodes.map(({ op }) => op)).toEqual(['Slice', 'MatMul', 'Identity', 'Neg']);
    expect(sizes('m')).toEqual([count, WIDTH]);
  });

  test.each<[string, Node[], string[]]>([
    ['a sum with a constant that has rows', [node('Add', ['x', 'places'], ['m'])], ['Slice', 'Slice', 'Add']],
    ['a sum with one that has none', [node('Add', ['bias', 'x'], ['m'])], ['Slice', 'Add']],
    ['a square, whose operand is taken once', [node('Mul', ['x', 'x'], ['m'])], ['Slice', 'Mul']],
    [
      'two readers of the same rows',
      [node('Relu', ['x'], ['r']), node('MatMul', ['r', 'w'], ['p']), node('Sub', ['p', 'r'], ['m'])],
      ['Slice', 'Relu', 'MatMul', 'Sub'],
    ],
    [
      'axes that come and go',
      [node('Unsqueeze', ['x', 'one'], ['u']), node('Exp', ['u'], ['e']), node('Squeeze', ['e', 'one'], ['m'])],
      ['Slice', 'Unsqueeze', 'Exp', 'Squeeze'],
    ],
    [
      'a stack of products',
      [
        node('Reshape', ['x', 'lone'], ['u']),
        node('Transpose', ['u'], ['t'], { perm: ints(0, 2, 1, 3) }),
        node('MatMul', ['t', 'w'], ['p']),
        node('Squeeze', ['p', 'two'], ['m']),
      ],
      ['Slice', 'Reshape', 'Transpose', 'MatMul', 'Squeeze'],
    ],
  ])('%s', async (_, nodes, ops) => {
    const { after } = await early(graphFrom([...nodes, take('m', 'row'), negate('row')]));
    expect(after.nodes.map(({ op }) => op)).toEqual([...ops, 'Squeeze', 'Neg']);
  });

  test('rows of a matrix, by Gemm', async () => {
    const nodes = [
      node('Gather', ['x', 'first'], ['plane'], { axis: int(1) }),
      node('Transpose', ['plane'], ['turned']),
      node('Gemm', ['turned', 'plane', 'bias'], ['m'], { transA: int(0) }),
      node('Slice', ['m', 'one', 'two', 'zero'], ['row']),
      negate('row'),
    ];
    const graph = graphFrom(nodes);
    const constants = new Map([...graph.constants, ['zero', int64Constant([1], [0])]]);
    const { sizes } = await early({ ...graph, constants });
    expect(sizes('m')).toEqual([1, WIDTH]);
  });
});

describe('left as it is', () => {
  test.each<[string, Node[]]>([
    ['a selection of the input', []],
    ['work along the rows', [node('Softmax', ['x'], ['m'], { axis: int(1) })]],
    ['a normalization over the rows', [node('LayerNormalization', ['x', 'places'], ['m'], { axis: int(1) })]],
    [
      'columns of a product',
      [node('Transpose', ['x'], ['t'], { perm: ints(0, 2, 1) }), node('MatMul', ['w', 't'], ['m'])],
    ],
    ['rows that a reshape mixes', [node('Reshape', ['x', 'mixed'], ['m'])]],
    ['an operator that is not known', [node('CumSum', ['x', 'first'], ['m'])]],
  ])('%s', async (_, nodes) => {
    const from = nodes.at(-1)?.outputs[0] ?? 'x';
    const axis = nodes.at(-1)?.inputs.includes('t') ? 2 : 1;
    const selection = node('Gather', [from, 'first'], ['row'], { axis: int(axis) });
    const graph = graphFrom([...nodes, selection, negate('row')]);
    const { after } = await early(graph);
    expect(after.nodes).toEqual(graph.nodes);
  });

  test.each<[string, Node[], string[]]>([
    ['a value that something else reads whole', [node('Neg', ['m'], ['z'])], ['y', 'z']],
    ['an output of the graph', [], ['y', 'm']],
    ['different selections', [node('Gather', ['m', 'lastRow'], ['z'], { axis: int(1) })], ['y', 'z']],
  ])('%s', async (_, others, outputs) => {
    const graph = graphFrom([node('MatMul', ['x', 'w'], ['m']), take('m', 'row'), negate('row'), ...others], outputs);
    expect((await early(graph)).after).toEqual(graph);
  });
});

function negate(value: string): Node {
  return node('Neg', [value], ['y']);
}
