import { float32Constant, int64Constant } from '../graph/constants.js';
import type { Constant, Node } from '../graph/ir.js';
import { traceGraph } from '../tracing.js';
import { mergeRepeats } from './common-subexpressions.js';
import { splitTiledSelections } from './tiled-selections.js';
import { executeGraph, float32, graphOf, int, node } from '../../../../test/onnx-graphs.js';

const LAST = 2 ** 63;
const X = float32(
  [2, 4, 6],
  Array.from({ length: 48 }, (_, i) => Math.sin(i)),
);

/** Slices `input`, with bounds of its own. */
function sliced(input: string, output: string, bounds: readonly [number, number, number, number]): Sliced {
  const names = ['start', 'end', 'axis', 'step'].map((bound) => `${output}/${bound}`);
  return {
    node: node('Slice', [input, ...names], [output]),
    constants: Object.fromEntries(names.map((name, i) => [name, int64Constant([1], [bounds[i] ?? 0])])),
  };
}

function taken(input: string, output: string, axis: number, position: number): Sliced {
  return {
    node: node('Gather', [input, `${output}/position`], [output], { axis: int(axis) }),
    constants: { [`${output}/position`]: int64Constant([], [position]) },
  };
}

interface Sliced {
  readonly node: Node;
  readonly constants: Readonly<Record<string, Constant>>;
}

/** The operators of the graph after both passes, which must not change what it computes. */
async function rewritten(selections: readonly Sliced[], others: readonly Node[]): Promise<string[]> {
  const graph = graphOf({
    opset: 20,
    inputs: [{ name: 'x', type: 'float32', shape: [2, 4, 6] }],
    nodes: [...selections.map((selection) => selection.node), ...others],
    outputs: ['y'],
    constants: Object.fromEntries(selections.flatMap(({ constants }) => Object.entries(constants))),
  });
  const merged = mergeRepeats(graph);
  const split = splitTiledSelections(merged, await traceGraph(merged, [{ x: X }]));
  expect(await executeGraph(split, { x: X })).toEqual(await executeGraph(graph, { x: X }));
  return split.nodes.map(({ op }) => op);
}

const sum = (...names: readonly string[]): Node => node('Sum', names, ['y']);
const joined = (...names: readonly string[]): Node => node('Concat', names, ['y'], { axis: int(-1) });

describe('selections that tile an axis become one Split', () => {
  test('positions, counted from the front and from the end', async () => {
    const positions = [taken('x', 'a', 1, 0), taken('x', 'b', 1, 1), taken('x', 'c', -2, -2), taken('x', 'd', 1, 3)];
    expect(await rewritten(positions, [sum('a', 'b', 'c', 'd')])).toEqual([
      'Split',
      'Squeeze',
      'Squeeze',
      'Squeeze',
      'Squeeze',
      'Sum',
    ]);
  });

  test('halves in any order', async () => {
    const halves = [sliced('x', 'b', [2, LAST, 2, 1]), sliced('x', 'a', [0, -4, -1, 1])];
    expect(await rewritten(halves, [joined('b', 'a')])).toEqual(['Split', 'Identity', 'Identity', 'Concat']);
  });

  test('every second row, and of each every second column: four parts, three Splits', async () => {
    const parts = [0, 1].flatMap((row) =>
      [0, 1].flatMap((column) => {
        const rows = `rows/${row}/${column}`;
        return [sliced('x', rows, [row, LAST, 1, 2]), sliced(rows, `p/${row}/${column}`, [column, LAST, 2, 2])];
      }),
    );
    const ops = await rewritten(parts, [sum('p/0/0', 'p/0/1', 'p/1/0', 'p/1/1')]);
    expect(ops.filter((op) => op === 'Split')).toHaveLength(3);
    expect(ops).not.toContain('Slice');
  });

  test.each([
    ['a gap', [sliced('x', 'a', [0, 2, 2, 1]), sliced('x', 'b', [3, 6, 2, 1])]],
    ['an overlap', [sliced('x', 'a', [0, 3, 2, 1]), sliced('x', 'b', [2, 6, 2, 1])]],
    ['a missing end', [sliced('x', 'a', [0, 3, 2, 1]), sliced('x', 'b', [3, 5, 2, 1])]],
    ['different axes', [sliced('x', 'a', [0, 2, 1, 1]), sliced('x', 'b', [2, 6, 2, 1])]],
    ['a step that does not divide', [sliced('x', 'a', [0, LAST, 2, 4]), sliced('x', 'b', [1, LAST, 2, 4])]],
  ])('%s keeps them apart', async (_, parts) => {
    const flat = parts.map((_, i) => node('Flatten', [i === 0 ? 'a' : 'b'], [`f${i}`], { axis: int(0) }));
    expect(await rewritten(parts, [...flat, joined('f0', 'f1')])).toEqual([
      'Slice',
      'Slice',
      'Flatten',
      'Flatten',
      'Concat',
    ]);
  });
});

test('operators with real constants stay as they are', async () => {
  const product = { node: node('Mul', ['x', 'w'], ['a']), constants: { w: float32Constant([1], [2]) } };
  expect(await rewritten([product], [sum('a', 'x')])).toEqual(['Mul', 'Sum']);
});

describe('nodes that repeat others are merged', () => {
  test('by the content of their bounds', async () => {
    const twice = [sliced('x', 'a', [1, 3, 2, 1]), sliced('x', 'b', [1, 3, 2, 1])];
    expect(await rewritten(twice, [node('Mul', ['a', 'b'], ['y'])])).toEqual(['Slice', 'Mul']);
  });

  test('but not where an attribute differs, or the output is one of the graph', async () => {
    const positions = [taken('x', 'a', 1, 0), taken('x', 'b', 2, 0)];
    const flat = ['a', 'b'].map((name) => node('ReduceSum', [name], [`${name}/sum`], { keepdims: int(0) }));
    const sums = [node('Add', ['a/sum', 'b/sum'], ['s']), node('Add', ['a/sum', 'b/sum'], ['y'])];
    expect(await rewritten(positions, [...flat, ...sums])).toEqual([
      'Gather',
      'Gather',
      'ReduceSum',
      'ReduceSum',
      'Add',
      'Add',
    ]);
  });
});
