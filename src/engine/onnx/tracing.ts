import { rowRange, rowsOf, type Tensor } from '#base/tensor';
import type { Graph, ValueInfo } from './graph/ir.js';
import type { Dimension } from './graph/shape.js';
import type { Trace, TracedValue } from './graph/trace.js';
import { encodeModel } from './proto/codec.js';
import { createSession, type RuntimeValue } from './session.js';

export type Feeds = Readonly<Record<string, RuntimeValue>>;

/**
 * Types and shapes of all values by execution. Traced on one set of inputs, every dimension is a constant. Traced on
 * two, for two and for three samples, a dimension that differs grows with the batch.
 */
export async function traceGraph(graph: Graph, [first, second]: readonly [Feeds, Feeds?]): Promise<Trace> {
  const names = [...new Set(graph.nodes.flatMap((node) => node.outputs))].filter((name) => name !== '');
  const exposed: Graph = { ...graph, outputs: names.map(untyped) };
  const session = await createSession(encodeModel(exposed), { threads: 1, optimization: 'none' });
  try {
    const once = new Map([...Object.entries(first), ...(await session.run(first, names))]);
    const again = second && new Map([...Object.entries(second), ...(await session.run(second, names))]);
    const traced = [...once].map(([name, { type, shape }]): [string, TracedValue] => {
      const other = again?.get(name)?.shape ?? shape;
      return [name, { type, shape: shape.map((size, axis) => dimension(size, other[axis] ?? NaN)) }];
    });
    return new Map([...constantsOf(graph), ...traced]);
  } finally {
    await session.dispose();
  }
}

/** What `traceGraph` takes for a graph with one input of samples. */
export function traceFeeds(input: string, probe: Tensor, batch: 'dynamic' | number): readonly [Feeds, Feeds?] {
  const feed = (count: number): Feeds => {
    const { shape, data } = repeated(probe, count);
    return { [input]: { type: 'float32', shape, data } };
  };
  return batch === 'dynamic' ? [feed(2), feed(3)] : [feed(batch)];
}

/** `count` samples, by repetition where there are fewer. */
export function repeated(samples: Tensor, count: number): Tensor {
  const rows = rowsOf(samples);
  if (rows >= count) return rowRange(samples, 0, count);
  const size = samples.data.length / rows;
  const data = new Float32Array(count * size);
  for (let i = 0; i < count; i++) data.set(samples.data.subarray((i % rows) * size, ((i % rows) + 1) * size), i * size);
  return { shape: [count, ...samples.shape.slice(1)], data };
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
