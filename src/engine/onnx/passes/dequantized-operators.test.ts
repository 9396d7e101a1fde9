import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '#base/package-root';
import { float32 } from '../../../../test/onnx-graphs.js';
import { vectorJacobian, type VectorJacobian } from '../../../../test/vector-jacobian.js';
import { gradientRules } from '../autodiff/rules/index.js';
import type { Graph, Node } from '../graph/ir.js';
import { upgradeGraph } from '../graph/upgrade.js';
import { decodeModel } from '../proto/codec.js';
import { dequantizedOperators } from './dequantized-operators.js';

/** Written by fixtures/make/quantized_models.py. */
interface QuantizedModel {
  readonly model: string;
  readonly input: { readonly shape: readonly number[]; readonly data: string };
  readonly output: { readonly shape: readonly number[]; readonly data: string };
}

const path = join(packageRoot(), 'fixtures/gradients/quantized.json.gz');
const stored = JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as Readonly<Record<string, QuantizedModel>>;
const models = Object.entries(stored).filter(([name]) => !/^single\/|\/real$/.test(name));
const operators = Object.entries(stored).filter(([name]) => name.startsWith('single/'));

describe('a quantized model in real operators', () => {
  test.each(models)(
    '%s: computes the same, and has the gradient of the model that was quantized',
    async (name, model) => {
      const graph = dequantizedOperators(graphOf(model));
      expect(graph.nodes.filter(computesOnIntegers)).toEqual([]);
      const { output, gradients } = await backward(graph, model);
      // Where integers are rounded again, a sum near a half may give the next one of 255.
      const isRounded = /\/(qdq|qoperator)\//.test(name);
      expect(distance(output, floats(model.output.data))).toBeLessThan(isRounded ? 0.01 : 1e-6);
      const real = stored[`${name.split('/')[0] ?? ''}/real`] ?? model;
      const original = await backward(graphOf(real), model);
      // What is rounded may fall on the other side of a ReLU or win another window: with 15 values more often than with 255.
      const limit = name.includes('4-bits') ? 0.75 : 0.3;
      expect(relativeError(gradients.get('x'), original.gradients.get('x'))).toBeLessThan(limit);
    },
  );

  test.each(operators)('%s: computes the same and has a gradient', async (_, model) => {
    const graph = dequantizedOperators(graphOf(model));
    expect(graph.nodes.filter(computesOnIntegers)).toEqual([]);
    const { output, gradients } = await backward(graph, model);
    expect(distance(output, floats(model.output.data))).toBeLessThan(1e-6);
    expect(gradients.get('x')?.some((value) => Math.abs(value) > 1e-3)).toBe(true);
  });
});

function computesOnIntegers({ op }: Node): boolean {
  return /^QLinear|^QGemm|Integer|NBits|QuantizeMatMul/.test(op);
}

function graphOf({ model }: QuantizedModel): Graph {
  return upgradeGraph(decodeModel({ main: 'm', files: new Map([['m', Buffer.from(model, 'base64')]]) }));
}

function backward(graph: Graph, { input, output }: QuantizedModel): Promise<VectorJacobian> {
  const x = float32(input.shape, floats(input.data));
  const seed = floats(output.data).map((_, i) => Math.sin(2.5 * i + 1));
  const of = { graph, feeds: { x }, wrt: ['x'], seed: float32(output.shape, seed), rules: gradientRules };
  return vectorJacobian(of, 'none');
}

function floats(data: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer);
}

/** The largest difference, relative to the largest value. */
function distance(found: ArrayLike<number>, wanted: Float32Array): number {
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (found[i] ?? NaN))), 0) / scale;
}

/** |a - b| / |b| in the Euclidean norm. */
function relativeError(a: ArrayLike<number> = [], b: ArrayLike<number> = []): number {
  const norm = (values: number[]): number => Math.hypot(...values);
  return norm(Array.from(b, (value, i) => value - (a[i] ?? NaN))) / norm(Array.from(b));
}
