import { rowRange, rowsOf } from '#base/tensor';
import type { Graph, ValueInfo } from './graph/ir.js';
import type { Dimension } from './graph/shape.js';
import type { Trace, TracedValue } from './graph/trace.js';
import { mapTensors, repeated, type NamedTensors } from './inputs.js';
import { compileGraph, type RuntimeValue } from './session.js';

export type Feeds = Readonly<Record<string, RuntimeValue>>;

/** Feeds of one execution, or of two with different numbers of samples. */
export type TraceFeeds = readonly [Feeds, Feeds?];

/**
 * Types and shapes of all values by execution. Traced on batches of one size, every dimension is a constant. Traced on two
 * and on three samples, a dimension that differs grows with the batch.
 */
export async function traceGraph(graph: Graph, feeds: TraceFeeds): Promise<Trace> {
  const names = [...new Set(graph.nodes.flatMap((node) => node.outputs))].filter((name) => name !== '');
  const [once, again] = await executions(graph, feeds, names);
  const traced = [...once].map(([name, { type, shape }]): [string, TracedValue] => {
    const other = again?.get(name)?.shape ?? shape;
    return [name, { type, shape: shape.map((size, axis) => dimension(size, other[axis] ?? NaN)) }];
  });
  return new Map([...constantsOf(graph), ...traced]);
}

/** The chosen values of a graph at each of the feeds, the feeds included. */
export async function executions(
  graph: Graph,
  [first, second]: TraceFeeds,
  names: readonly string[],
): Promise<[Map<string, RuntimeValue>, Map<string, RuntimeValue>?]> {
  const exposed: Graph = { ...graph, outputs: names.map(untyped) };
  const session = await compileGraph(exposed, { threads: 1, optimization: 'none' });
  const at = async (feeds: Feeds): Promise<Map<string, RuntimeValue>> =>
    new Map([...Object.entries(feeds), ...(await session.run(feeds, names))]);
  try {
    return second === undefined ? [await at(first)] : [await at(first), await at(second)];
  } finally {
    await session.dispose();
  }
}

/** Samples for the executions of a trace: the first two and the last three where the batch is free, else one batch. */
export function traceSamples(probe: NamedTensors, batch: 'dynamic' | number): readonly [NamedTensors, NamedTensors?] {
  const first = (count: number): NamedTensors => mapTensors(probe, (tensor) => repeated(tensor, count));
  const last = (count: number): NamedTensors =>
    mapTensors(probe, (tensor) => {
      const rows = rowsOf(tensor);
      return repeated(rowRange(tensor, Math.max(rows - count, 0), rows), count);
    });
  return batch === 'dynamic' ? [first(2), last(3)] : [first(batch), last(batch)];
}

export function untyped(name: string): ValueInfo {
  return { name, type: 'other', shape: null };
}

function constantsOf(graph: Graph): [string, TracedValue][] {
  return [...graph.constants].map(([name, { type, shape }]) => [name, { type, shape }]);
}

function dimension(forTwo: number, forThree: number): Dimension {
  if (forTwo === forThree) return forTwo;
  return { perSample: forThree - forTwo };
}
