import { rowRange, rowsOf } from '#base/tensor';
import type { ElementType, Graph, Node, ValueInfo } from './graph/ir.js';
import type { Dimension } from './graph/shape.js';
import type { Trace, TracedValue } from './graph/trace.js';
import { mapTensors, repeated, type NamedTensors } from './inputs.js';
import { prune } from './passes/prune.js';
import { compileGraph, type RuntimeValue } from './session.js';

export type Feeds = Readonly<Record<string, RuntimeValue>>;

/** Feeds of one execution, or of two with different numbers of samples. */
export type TraceFeeds = readonly [Feeds, Feeds?];

/**
 * Types and shapes of all values by execution. Traced on batches of one size, every dimension is a constant. Traced on two
 * and on three samples, a dimension that differs grows with the batch.
 */
export async function traceGraph(graph: Graph, feeds: TraceFeeds, threads = 1): Promise<Trace> {
  const names = [...new Set(graph.nodes.flatMap((node) => node.outputs))].filter((name) => name !== '');
  const types = await typesIn(graph, names);
  const session = await compileGraph(measured(graph, names), { threads, optimization: 'none' });
  try {
    const [once, again] = await each(feeds, (feed) => session.run(feed, names.map(shapeOf)));
    const traced = names.map((name): [string, TracedValue] => {
      const [first, second = first] = [once, again].map((shapes) => shapes && sizesIn(shapes.get(shapeOf(name))));
      const shape = (first ?? []).map((size, axis) => dimension(size, second?.[axis] ?? NaN));
      return [name, { type: types.get(name) ?? 'other', shape }];
    });
    return new Map([...constantsOf(graph), ...fedValues(feeds), ...traced]);
  } finally {
    await session.dispose();
  }
}

/** As the runtime infers them of outputs: here every value is one. Nothing is executed. */
async function typesIn(graph: Graph, names: readonly string[]): Promise<ReadonlyMap<string, ElementType>> {
  const session = await compileGraph({ ...graph, outputs: names.map(untyped) }, { threads: 1, optimization: 'none' });
  const types = new Map(session.inferred.map(({ name, type }) => [name, type]));
  await session.dispose();
  return types;
}

/**
 * The graph with the shape of each value in the place of its outputs: the runtime lets go of every value after its last use, but
 * not of outputs, fetched or not. It begins with what the last node without a successor needs, so shapes stand in reverse
 * order: the other way round it would measure all values at the end. Three texts of 512 tokens in BERT-base would take 5 GB.
 */
function measured(graph: Graph, names: readonly string[]): Graph {
  const shapes = names.map((name): Node => ({
    op: 'Shape',
    domain: '',
    name: shapeOf(name),
    inputs: [name],
    outputs: [shapeOf(name)],
    attributes: new Map(),
  }));
  const outputs = names.map((name) => untyped(shapeOf(name)));
  return { ...graph, nodes: [...graph.nodes, ...shapes.toReversed()], outputs };
}

function shapeOf(name: string): string {
  return `${name}/assay_shape`;
}

function sizesIn(value: RuntimeValue | undefined): number[] {
  return value?.data instanceof BigInt64Array ? Array.from(value.data, Number) : [];
}

function fedValues([first, second = first]: TraceFeeds): [string, TracedValue][] {
  return Object.entries(first).map(([name, { type, shape }]) => {
    const other = second[name]?.shape ?? shape;
    return [name, { type, shape: shape.map((size, axis) => dimension(size, other[axis] ?? NaN)) }];
  });
}

async function each<T>([first, second]: TraceFeeds, run: (feeds: Feeds) => Promise<T>): Promise<[T, T?]> {
  return second === undefined ? [await run(first)] : [await run(first), await run(second)];
}

/** The chosen values of a graph at each of the feeds. */
export async function executions(
  graph: Graph,
  feeds: TraceFeeds,
  names: readonly string[],
): Promise<[Map<string, RuntimeValue>, Map<string, RuntimeValue>?]> {
  const session = await compileGraph(prune({ ...graph, outputs: names.map(untyped) }, names), {
    threads: 1,
    optimization: 'none',
  });
  try {
    return await each(feeds, (feed) => session.run(feed, names));
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
