import { intOf } from '../graph/attributes.js';
import { integersOf } from '../graph/constants.js';
import type { Graph, Node } from '../graph/ir.js';
import type { Shape } from '../graph/shape.js';
import { slicePositions } from '../graph/slice-positions.js';
import type { Trace } from '../graph/trace.js';

/** Evenly spaced positions of one axis. */
export interface Stretch {
  readonly axis: number;
  readonly begin: number;
  readonly count: number;
  readonly step: number;
}

/** A node that takes evenly spaced positions of one axis of real numbers. */
export interface Selection extends Stretch {
  readonly node: Node;
  readonly input: string;
  /** Whether the axis is gone in the output. */
  readonly drops: boolean;
}

/** A Gather at one constant position or a Slice of one axis by constant bounds; null for every other node. */
export function selectionOf(graph: Graph, trace: Trace, node: Node): Selection | null {
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
