import { GraphBuilder } from '../graph/builder.js';
import type { Graph } from '../graph/ir.js';
import { compileGraph } from '../session.js';
import { traceGraph, untyped } from '../tracing.js';
import { reluAfterPool, tournamentPool } from './pooling.js';

const EMPTY: Graph = {
  name: 'pooled',
  irVersion: 9,
  opsets: new Map([['', 20]]),
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 1, 4, 4] }],
  outputs: [],
  nodes: [],
  constants: new Map(),
  functions: [],
};

test('a ReLU that moved behind its pooling runs where nodes are named by their outputs', async () => {
  const builder = new GraphBuilder(EMPTY);
  const positive = builder.node('Relu', ['x']);
  const pooled = builder.node('MaxPool', [positive], { kernel_shape: [2, 2], strides: [2, 2] });
  const graph = builder.build([untyped(pooled)]);
  const values = [-1, 2, 3, -4, 5, -6, -7, 8, -9, -10, -11, -12, -13, -14, 15, -16];
  const x = { type: 'float32', shape: [1, 1, 4, 4], data: Float32Array.from(values) } as const;

  const moved = reluAfterPool(graph);
  const tournament = tournamentPool(moved, await traceGraph(moved, [{ x }]));
  const names = tournament.nodes.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);

  const session = await compileGraph(tournament, { threads: 1, optimization: 'none' });
  const results = await session.run({ x }, [pooled]);
  await session.dispose();
  expect(results.get(pooled)?.data).toEqual(Float32Array.of(5, 8, 0, 15));
});
