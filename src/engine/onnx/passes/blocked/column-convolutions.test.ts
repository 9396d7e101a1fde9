import { blockSize } from '../../block-size.js';
import type { Attribute, Graph, Node } from '../../graph/ir.js';
import { lowered } from '../../lowering.js';
import { COLUMNS_APART, COLUMNS_TOGETHER, OWN_DOMAIN } from '../../own-operators.js';
import { waves } from '../../../../../test/blocked-networks.js';
import { executeGraph, float32, graphOf, int, ints, node } from '../../../../../test/onnx-graphs.js';
import { prune } from '../prune.js';
import { columnConvolutions } from './column-convolutions.js';
import { BLOCKED } from './domain.js';

const HEIGHT = 6;
const WIDTH = 8;

let block = 8;
beforeAll(async () => {
  block = (await blockSize()) ?? block;
});

interface Window {
  readonly kernel: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
}

/** [top, left, bottom, right] */
const WINDOWS: readonly (readonly [string, Window])[] = [
  ['3 x 3', { kernel: [3, 3], pads: [1, 1, 1, 1] }],
  ['5 x 5', { kernel: [5, 5], pads: [2, 2, 2, 2] }],
  ['4 x 4', { kernel: [4, 4], pads: [1, 1, 2, 2] }],
  ['1 x 3', { kernel: [1, 3], pads: [0, 1, 0, 1] }],
];

function convolution(source: string, name: string, { kernel, strides = [1, 1], pads }: Window): Node {
  const attributes: Record<string, Attribute> = {
    kernel_shape: ints(...kernel),
    strides: ints(...strides),
    dilations: ints(1, 1),
    pads: ints(...pads),
    group: int(1),
  };
  return node('Conv', [source, 'w'], [name], attributes, BLOCKED);
}

function columns(op: string, inputs: readonly string[], outputs: readonly string[], width = WIDTH): Node {
  return node(op, inputs, outputs, { sizes: ints(block, HEIGHT, width), block: int(block) }, OWN_DOMAIN);
}

function graph(nodes: readonly Node[], outputs: readonly string[], { kernel }: Window): Graph {
  const written = graphOf({
    opset: 20,
    nodes: [
      node('ReorderInput', ['p'], ['x'], {}, BLOCKED),
      ...nodes,
      ...outputs.map((name) => node('ReorderOutput', [name], [`${name}/plain`], { channels: int(block) }, BLOCKED)),
    ],
    inputs: [{ name: 'p', type: 'float32', shape: ['n', block, HEIGHT, WIDTH] }],
    outputs: outputs.map((name) => `${name}/plain`),
    constants: { w: waves([block, block, ...kernel], 3) },
  });
  return {
    ...written,
    opsets: new Map([
      ['', 20],
      [BLOCKED, 1],
    ]),
  };
}

const run = (given: Graph) => {
  const values = Array.from({ length: 2 * block * HEIGHT * WIDTH }, (_, i) => Math.sin(i * i));
  return executeGraph(lowered(given, null), { p: float32([2, block, HEIGHT, WIDTH], values) });
};

const own = ({ nodes }: Graph) => nodes.filter(({ domain }) => domain === OWN_DOMAIN).map(({ op }) => op);

describe('a convolution whose columns are taken apart gives them by itself,', () => {
  const nodes = (window: Window) => [convolution('x', 'y', window), columns(COLUMNS_APART, ['y'], ['even', 'odd'])];

  test.each(WINDOWS)('%s: the same bits', async (_, window) => {
    const before = graph(nodes(window), ['even', 'odd'], window);
    const after = columnConvolutions(before);
    expect(own(after)).toEqual([]);
    expect(after.nodes.filter(({ op }) => op === 'Conv')).toHaveLength(2);
    expect(await run(after)).toEqual(await run(before));
  });

  test('unless it has no padding for a step back, or more is read of it', () => {
    const bare: Window = { kernel: [3, 3], pads: [1, 0, 1, 2] };
    expect(own(columnConvolutions(graph(nodes(bare), ['even', 'odd'], bare)))).toEqual([COLUMNS_APART]);
    const [, window] = WINDOWS[0]!;
    expect(own(columnConvolutions(graph(nodes(window), ['even', 'odd', 'y'], window)))).toEqual([COLUMNS_APART]);
  });
});

describe('a convolution that steps over two takes columns that were to be put together as they are,', () => {
  const nodes = (window: Window) => [
    columns(COLUMNS_APART, ['x'], ['even', 'odd']),
    node('Neg', ['even'], ['left']),
    node('Abs', ['odd'], ['right']),
    columns(COLUMNS_TOGETHER, ['left', 'right'], ['z']),
    convolution('z', 'y', window),
  ];

  test.each(WINDOWS)('%s', async (_, { kernel, pads }) => {
    const window: Window = { kernel, pads, strides: [2, 2] };
    const before = graph(nodes(window), ['y'], window);
    const after = prune(columnConvolutions(before), ['y/plain']);
    expect(own(after)).toEqual([COLUMNS_APART]);
    const [expected, found] = [await run(before), await run(after)].map(
      (values) => values.get('y/plain')!.data as Float32Array,
    );
    expect(found).toHaveLength(expected!.length);
    // Sums in another order: units in the last of seven digits of what is at most a few tens.
    for (const [i, value] of expected!.entries()) expect(Math.abs((found![i] ?? NaN) - value)).toBeLessThan(2e-5);
  });

  test.each<[string, Window]>([
    ['it steps over one', { kernel: [3, 3], pads: [1, 1, 1, 1] }],
    ['half of its kernel has no column', { kernel: [1, 1], pads: [0, 0, 0, 0], strides: [2, 2] }],
    ['a half would be cut off', { kernel: [2, 2], pads: [0, 0, 0, 0], strides: [2, 4] }],
  ])('unless %s', (_, window) => {
    expect(own(columnConvolutions(graph(nodes(window), ['y'], window)))).toEqual([COLUMNS_APART, COLUMNS_TOGETHER]);
  });

  test('unless the picture is read elsewhere', () => {
    const [, { kernel, pads }] = WINDOWS[0]!;
    const window: Window = { kernel, pads, strides: [2, 2] };
    const read = columnConvolutions(graph(nodes(window), ['y', 'z'], window));
    expect(own(read)).toEqual([COLUMNS_APART, COLUMNS_TOGETHER]);
  });
});
