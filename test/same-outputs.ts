import type { Graph } from '../src/engine/onnx/graph/ir.js';
import { floatsOf } from '../src/engine/onnx/session.js';
import type { Feeds } from '../src/engine/onnx/tracing.js';
import { executeGraph } from './onnx-graphs.js';

/** Two graphs give the same real outputs: 1e-6 of the largest value, a few units in the last of seven digits. */
export async function expectSameOutputs(graph: Graph, other: Graph, feeds: Feeds): Promise<void> {
  const [wanted, found] = [await executeGraph(graph, feeds), await executeGraph(other, feeds)];
  expect([...found.keys()]).toEqual([...wanted.keys()]);
  for (const [name, value] of wanted) {
    expect(found.get(name)?.shape).toEqual(value.shape);
    const [a, b] = [floatsOf(name, value), floatsOf(name, found.get(name))];
    const scale = a.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-3);
    const difference = a.reduce((most, v, i) => Math.max(most, Math.abs(v - (b[i] ?? NaN))), 0);
    expect(difference / scale).toBeLessThan(1e-6);
  }
}
