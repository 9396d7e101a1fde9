import { intOf } from '../graph/attributes.js';
import { GraphBuilder } from '../graph/builder.js';
import { integersOf } from '../graph/constants.js';
import type { Graph, Node } from '../graph/ir.js';
import { reshapeTarget, type Shape } from '../graph/shape.js';
import { slicePositions } from '../graph/slice-positions.js';
import type { Trace } from '../graph/trace.js';

/**
 * Slices and single positions that tile one axis of a value become one Split, whose gradient is one Concat: by themselves,
 * each would pad its gradient to the size of the whole, and all of those would be summed. Exporters write them for the
 * queries, keys and values of attention, for halves that are rotated, and for every second row and column.
 */
export function splitTiledSelections(graph: Graph, trace: Trace): Graph {
  const tilings = tilingsOf(graph, trace);
  const builder = new GraphBuilder(graph, []);
  for (const node of graph.nodes) {
    const tiling = tilings.get(node);
    if (tiling === undefined) builder.append(node);
    else if (tiling.selections[0]?.node === node) appendSplit(builder, tiling);
  }
  return builder.build(graph.outputs);
}

/** A node that takes evenly spaced positions of one axis. */
interface Selection {
  readonly node: Node;
  readonly input: string;
  readonly axis: number;
  readonly begin: number;
  readonly count: number;
  readonly step: number;
  /** Whether the axis is gone in the output. */
  readonly drops: boolean;
}

interface Tiling {
  /** In the order of the graph. */
  readonly selections: readonly Selection[];
  /** What the whole axis splits into. */
  readonly parts: readonly Selection[];
  /** Where steps are taken: the shape in which they are an axis of their own. */
  readonly phased: readonly number[] | null;
}

function tilingsOf(graph: Graph, trace: Trace): Map<Node, Tiling> {
  const groups = new Map<string, Selection[]>();
  for (const node of graph.nodes) {
    const selection = selectionOf(graph, trace, node);
    if (selection === null) continue;
    const key = `${selection.axis} ${selection.step} ${selection.input}`;
    groups.set(key, [...(groups.get(key) ?? []), selection]);
  }
  const tilings = [...groups.values()].flatMap((selections) => tilingOf(selections, trace) ?? []);
  return new Map(tilings.flatMap((tiling) => tiling.selections.map(({ node }) => [node, tiling] as const)));
}

function selectionOf(graph: Graph, trace: Trace, node: Node): Selection | null {
  const traced = trace.get(node.inputs[0] ?? '');
  if (node.domain !== '' || (traced?.type !== 'float32' && traced?.type !== 'float64')) return null;
  switch (node.op) {
    case 'Gather':
      return position(graph, traced.shape, node);
    case 'Slice':
      return stretch(graph, traced.shape, node);
    default:
      return null;
  }
}

function position(graph: Graph, shape: Shape, node: Node): Selection | null {
  const [input = '', indices = ''] = node.inputs;
  const rank = graph.constants.get(indices)?.shape.length ?? NaN;
  const [index, ...others] = constantIntegers(graph, indices) ?? [];
  const axis = fromFront(intOf(node, 'axis', 0), shape.length);
  const size = shape[axis];
  if (index === undefined || others.length > 0 || rank > 1 || typeof size !== 'number') return null;
  return { node, input, axis, begin: fromFront(index, size), count: 1, step: 1, drops: rank === 0 };
}

/** A Slice of one axis with steps forward. */
function stretch(graph: Graph, shape: Shape, node: Node): Selection | null {
  const [input = '', ...bounds] = node.inputs;
  const [starts, ends, axes = [0], steps = [1]] = bounds.map((name) =>
    name === '' ? undefined : constantIntegers(graph, name),
  );
  if (starts?.length !== 1 || !ends || !axes || !steps) return null;
  const [start = 0, end = 0, axis = 0, step = 1] = [starts, ends, axes, steps].map(([bound]) => bound);
  const sliced = fromFront(axis, shape.length);
  const size = shape[sliced];
  if (typeof size !== 'number' || step < 1) return null;
  const positions = slicePositions(size, start, end, step);
  const [begin] = positions;
  return begin === undefined ? null : { node, input, axis: sliced, begin, count: positions.length, step, drops: false };
}

function constantIntegers(graph: Graph, name: string): number[] | null {
  const constant = graph.constants.get(name);
  return constant === undefined ? null : integersOf(constant);
}

function fromFront(position: number, size: number): number {
  return position < 0 ? position + size : position;
}

/** Null where parts overlap or miss some of the axis. */
function tilingOf(selections: readonly Selection[], trace: Trace): Tiling | null {
  const distinct = new Map(selections.map((selection) => [`${selection.begin} ${selection.count}`, selection]));
  const parts = [...distinct.values()].sort((a, b) => a.begin - b.begin);
  const [{ input, axis, step } = { input: '', axis: 0, step: 1 }] = parts;
  const shape = trace.get(input)?.shape ?? [];
  const size = shape[axis];
  if (parts.length < 2 || typeof size !== 'number') return null;
  if (step === 1) {
    const end = parts.reduce((position, { begin, count }) => (begin === position ? position + count : NaN), 0);
    return end === size ? { selections, parts, phased: null } : null;
  }
  const rows = size / step;
  const phased = reshapeTarget([...shape.slice(0, axis), rows, step, ...shape.slice(axis + 1)]);
  const isTiled = parts.length === step && parts.every(({ begin, count }, i) => begin === i && count === rows);
  return isTiled && phased !== null ? { selections, parts, phased } : null;
}

function appendSplit(builder: GraphBuilder, { selections, parts, phased }: Tiling): void {
  const [{ input, axis } = { input: '', axis: 0 }] = parts;
  const whole = phased === null ? input : builder.reshape(input, phased);
  const splitAxis = phased === null ? axis : axis + 1;
  const sizes = builder.integers(parts.map(({ count }) => (phased === null ? count : 1)));
  const split = builder.nodes('Split', [whole, sizes], parts.length, { axis: splitAxis });
  for (const { node, begin, drops } of selections) {
    const part = split[parts.findIndex((candidate) => candidate.begin === begin)] ?? '';
    const dropped = drops || phased !== null;
    const output = dropped
      ? builder.node('Squeeze', [part, builder.integers([splitAxis])])
      : builder.node('Identity', [part]);
    builder.rename(output, node.outputs[0] ?? '');
  }
}
