import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '#base/package-root';
import { differentiate } from '../src/engine/onnx/autodiff/differentiate.js';
import { gradientRules } from '../src/engine/onnx/autodiff/rules/index.js';
import { GraphBuilder } from '../src/engine/onnx/graph/builder.js';
import type { ElementType, Graph } from '../src/engine/onnx/graph/ir.js';
import { upgradeGraph } from '../src/engine/onnx/graph/upgrade.js';
import { poolIndices, tournamentPool } from '../src/engine/onnx/passes/pooling.js';
import { decodeModel, encodeModel } from '../src/engine/onnx/proto/codec.js';
import { createSession, floatsOf, type RuntimeData, type RuntimeValue } from '../src/engine/onnx/session.js';
import { traceGraph, untyped } from '../src/engine/onnx/tracing.js';

/** Vector-Jacobian products by PyTorch's autograd in float64; see fixtures/make/operator_gradients.py. */
export interface OperatorCase {
  readonly name: string;
  readonly op: string;
  readonly opset: number;
  readonly model: string;
  readonly inputs: Readonly<Record<string, StoredTensor>>;
  readonly wrt: readonly string[];
  readonly seed: StoredTensor;
  readonly output: StoredTensor;
  readonly gradients: Readonly<Record<string, StoredTensor>>;
}

export interface StoredTensor {
  /** float32 where it is left out. */
  readonly type?: 'int64' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly data: string;
}

const COTANGENT = 'test/cotangent';

export function operatorCases(family: string): readonly OperatorCase[] {
  const path = join(packageRoot(), 'fixtures/gradients/operators', `${family}.json.gz`);
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as readonly OperatorCase[];
}

/** Each case of a family: the forward pass and every vector-Jacobian product equal PyTorch's. */
export function describeGradients(family: string): void {
  describe(`gradients of ${family} operators equal PyTorch`, () => {
    test.each(operatorCases(family).map((stored) => [stored.name, stored] as const))('%s', async (_, stored) => {
      const { output, gradients } = await vectorJacobian(stored);
      expectClose(output, floats(stored.output));
      for (const name of stored.wrt) expectClose(gradients.get(name), floats(stored.gradients[name]));
    });
  });
}

async function vectorJacobian(
  stored: OperatorCase,
): Promise<{ output: Float32Array; gradients: Map<string, Float32Array> }> {
  const feeds = Object.fromEntries(Object.entries(stored.inputs).map(([name, value]) => [name, feed(value)]));
  const graph = await differentiable(stored, feeds);
  const output = graph.outputs[0]?.name ?? '';
  const builder = new GraphBuilder(graph);
  builder.input(COTANGENT, 'float32', null);
  const { gradients } = differentiate(builder, {
    graph,
    trace: await traceGraph(graph, [feeds]),
    cotangents: new Map([[output, COTANGENT]]),
    wrt: stored.wrt,
    rules: gradientRules,
  });
  const outputs = [output, ...gradients.values()];
  const session = await createSession(encodeModel(builder.build(outputs.map(untyped))), {
    threads: 1,
    optimization: 'all',
  });
  const results = await session.run({ ...feeds, [COTANGENT]: feed(stored.seed) }, outputs);
  await session.dispose();
  const zero = (name: string): Float32Array => new Float32Array(floats(stored.inputs[name]).length);
  return {
    output: floatsOf(output, results.get(output)),
    gradients: new Map(
      stored.wrt.map((name) => {
        const gradient = gradients.get(name);
        return [name, gradient === undefined ? zero(name) : floatsOf(gradient, results.get(gradient))];
      }),
    ),
  };
}

/** The model of a case as differentiation takes it. */
async function differentiable(stored: OperatorCase, feeds: Readonly<Record<string, RuntimeValue>>): Promise<Graph> {
  const model = { main: 'case.onnx', files: new Map([['case.onnx', Buffer.from(stored.model, 'base64')]]) };
  const upgraded = upgradeGraph(decodeModel(model));
  return poolIndices(tournamentPool(upgraded, await traceGraph(upgraded, [feeds])));
}

function feed(value: StoredTensor): RuntimeValue {
  const type: ElementType = value.type ?? 'float32';
  return { type, shape: value.shape, data: dataOf(value) };
}

function dataOf(value: StoredTensor): RuntimeData {
  const { buffer } = Uint8Array.from(Buffer.from(value.data, 'base64'));
  switch (value.type) {
    case 'int64':
      return new BigInt64Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'bool':
      return new Uint8Array(buffer);
    default:
      return new Float32Array(buffer);
  }
}

function floats(value: StoredTensor | undefined): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(value?.data ?? '', 'base64'));
  return new Float32Array(bytes.buffer);
}

/** 1e-5 of the largest value: float32 sums over a few hundred terms stay an order of magnitude below. */
function expectClose(found: Float32Array | undefined, wanted: Float32Array): void {
  expect(found?.length).toBe(wanted.length);
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const difference = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (found?.[i] ?? NaN))), 0);
  expect(difference / scale).toBeLessThan(1e-5);
}
