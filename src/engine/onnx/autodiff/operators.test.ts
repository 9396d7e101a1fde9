import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { GraphBuilder } from '../graph/builder.js';
import { upgradeGraph } from '../graph/upgrade.js';
import { poolIndices, tournamentPool } from '../passes/pooling.js';
import { decodeModel, encodeModel } from '../proto/codec.js';
import { createSession, floatsOf, type RuntimeValue } from '../session.js';
import { traceGraph, untyped } from '../tracing.js';
import { differentiate } from './differentiate.js';
import { gradientRules } from './rules/index.js';

/** Vector-Jacobian products by PyTorch's autograd in float64; see fixtures/make/operator_gradients.py. */
interface OperatorCase {
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

interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: string;
}

const COTANGENT = 'test/cotangent';

const cases = JSON.parse(
  gunzipSync(readFileSync(join(packageRoot(), 'fixtures/gradients/operators.json.gz'))).toString('utf8'),
) as readonly OperatorCase[];

describe('gradients of operators equal PyTorch', () => {
  test.each(cases.map((stored) => [stored.name, stored] as const))('%s', async (_, stored) => {
    const { output, gradients } = await vectorJacobian(stored);
    expectClose(output, floats(stored.output));
    for (const name of stored.wrt) expectClose(gradients.get(name), floats(stored.gradients[name]));
  });
});

async function vectorJacobian(
  stored: OperatorCase,
): Promise<{ output: Float32Array; gradients: Map<string, Float32Array> }> {
  const model = { main: 'case.onnx', files: new Map([['case.onnx', Buffer.from(stored.model, 'base64')]]) };
  const feeds = Object.fromEntries(Object.entries(stored.inputs).map(([name, value]) => [name, feed(value)]));
  const upgraded = upgradeGraph(decodeModel(model));
  const graph = poolIndices(tournamentPool(upgraded, await traceGraph(upgraded, [feeds])));
  const output = graph.outputs[0]?.name ?? '';
  const builder = new GraphBuilder(graph);
  builder.input(COTANGENT, 'float32', null);
  const gradients = differentiate(builder, {
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

function feed(value: StoredTensor): RuntimeValue {
  return { type: 'float32', shape: value.shape, data: floats(value) };
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
