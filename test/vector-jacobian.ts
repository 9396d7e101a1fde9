/** Gradients of a small graph by Assay's rules, in whichever precision its inputs have. */
import { differentiate, type DifferentiationRequest } from '../src/engine/onnx/autodiff/differentiate.js';
import { GraphBuilder } from '../src/engine/onnx/graph/builder.js';
import type { Graph } from '../src/engine/onnx/graph/ir.js';
import { poolIndices, tournamentPool } from '../src/engine/onnx/passes/pooling.js';
import { recurrentOutputs } from '../src/engine/onnx/passes/recurrent-outputs.js';
import { compileGraph, type RuntimeValue, type SessionOptions } from '../src/engine/onnx/session.js';
import { traceGraph, untyped, type Feeds } from '../src/engine/onnx/tracing.js';

export type Reals = Float32Array | Float64Array;

/** A function of some of its inputs, and the cotangent of its one output. */
export interface Differentiable {
  readonly graph: Graph;
  readonly feeds: Feeds;
  readonly wrt: readonly string[];
  readonly seed: RuntimeValue;
  readonly rules: DifferentiationRequest['rules'];
}

export interface VectorJacobian {
  readonly output: Reals;
  readonly gradients: ReadonlyMap<string, Reals>;
}

const COTANGENT = 'test/cotangent';

/** The output, and the vector-Jacobian product by each input of `wrt`: zeros where it does not depend on one. */
export async function vectorJacobian(
  { graph, feeds, wrt, seed, rules }: Differentiable,
  optimization: SessionOptions['optimization'],
  device: SessionOptions['device'] = 'cpu',
): Promise<VectorJacobian> {
  const prepared = recurrentOutputs(await withPoolings(graph, feeds));
  const output = prepared.outputs[0]?.name ?? '';
  const builder = new GraphBuilder(prepared);
  builder.input(COTANGENT, seed.type, null);
  const { gradients } = differentiate(builder, {
    graph: prepared,
    trace: await traceGraph(prepared, [feeds]),
    cotangents: new Map([[output, COTANGENT]]),
    wrt,
    rules,
  });
  const outputs = [output, ...gradients.values()];
  const complete = builder.build(outputs.map(untyped));
  const session = await compileGraph(complete, { threads: 1, optimization, device });
  const results = await session.run({ ...feeds, [COTANGENT]: seed }, outputs).finally(() => session.dispose());
  const gradientBy = (name: string): Reals => {
    const gradient = gradients.get(name);
    return gradient === undefined ? realsOf(feeds[name]).map(() => 0) : realsOf(results.get(gradient));
  };
  return {
    output: realsOf(results.get(output)),
    gradients: new Map(wrt.map((name) => [name, gradientBy(name)])),
  };
}

/** Poolings in the form that their rules take. Only those need the trace, which takes longer than most cases. */
async function withPoolings(graph: Graph, feeds: Feeds): Promise<Graph> {
  if (graph.nodes.every(({ op }) => op !== 'MaxPool')) return graph;
  return poolIndices(tournamentPool(graph, await traceGraph(graph, [feeds])));
}

export function realsOf(value: RuntimeValue | undefined): Reals {
  if (value?.data instanceof Float32Array || value?.data instanceof Float64Array) return value.data;
  throw new Error(`${value?.type ?? 'nothing'} in the place of real numbers`);
}
