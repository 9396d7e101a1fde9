import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '#base/package-root';
import { gradientRules } from '../src/engine/onnx/autodiff/rules/index.js';
import type { ElementType } from '../src/engine/onnx/graph/ir.js';
import { upgradeGraph } from '../src/engine/onnx/graph/upgrade.js';
import { decodeModel } from '../src/engine/onnx/proto/codec.js';
import type { RuntimeData, RuntimeValue } from '../src/engine/onnx/session.js';
import { disagreement } from './central-differences.js';
import { NON_SMOOTH_CASES } from './non-smooth-cases.js';
import { everyNthOfEach } from './tier.js';
import { vectorJacobian, type Differentiable, type Reals } from './vector-jacobian.js';

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

/** The files of fixtures/gradients/operators. */
export const OPERATOR_FAMILIES = [
  'convolution',
  'elementwise',
  'graphs',
  'indexing',
  'matrix',
  'normalization',
  'pooling',
  'quantization',
  'recurrent',
  'reduction',
  'shape',
] as const;

export function operatorCases(family: string): readonly OperatorCase[] {
  const path = join(packageRoot(), 'fixtures/gradients/operators', `${family}.json.gz`);
  return JSON.parse(gunzipSync(readFileSync(path)).toString('utf8')) as readonly OperatorCase[];
}

/**
 * Each case of a family: the forward pass and every vector-Jacobian product equal PyTorch's, and the products are those
 * of the derivative that central differences find. A case at a point where there is none has to be listed in
 * non-smooth-cases.ts, and what is listed there must be such a case. Of each operator a quarter, but all in the deep tier.
 */
export function describeGradients(family: string): void {
  const cases = operatorCases(family).map((stored) => [stored.name, stored] as const);
  const agreed = NON_SMOOTH_CASES.filter((entry) => entry.family === family);

  describe(`gradients of ${family} operators equal PyTorch and central differences`, () => {
    test.each(everyNthOfEach(4, ([, { op }]) => op, cases))('%s', async (name, stored) => {
      const function_ = differentiable(stored);
      const { output, gradients } = await vectorJacobian(function_, 'all');
      expectClose(output, floats(stored.output));
      for (const input of stored.wrt) expectClose(gradients.get(input), floats(stored.gradients[input]));
      const differs = await disagreement(name, function_, gradients);
      if (agreed.some(({ names }) => names.test(name))) expect(differs).not.toBeNull();
      else expect(differs).toBeNull();
    });

    test('every kind of case that is listed as not smooth exists', () => {
      const stale = agreed.filter(({ names }) => !cases.some(([name]) => names.test(name)));
      expect(stale.map(({ reason }) => reason)).toEqual([]);
    });
  });
}

/** The model of a case as differentiation takes it. */
export function differentiable(stored: OperatorCase): Differentiable {
  const model = { main: 'case.onnx', files: new Map([['case.onnx', Buffer.from(stored.model, 'base64')]]) };
  return {
    graph: upgradeGraph(decodeModel(model)),
    feeds: Object.fromEntries(Object.entries(stored.inputs).map(([name, value]) => [name, feed(value)])),
    wrt: stored.wrt,
    seed: feed(stored.seed),
    rules: gradientRules,
  };
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
function expectClose(found: Reals | undefined, wanted: Float32Array): void {
  expect(found?.length).toBe(wanted.length);
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const difference = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - (found?.[i] ?? NaN))), 0);
  expect(difference / scale).toBeLessThan(1e-5);
}
