/** What captum and Zennit give for networks with biases, poolings and a tanh, in float64; see fixtures/make/explanations.py. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { onBoth, relative } from '../../../../test/tfjs-models.js';
import { chooseBackend } from '../../tfjs/backend.js';
import type { EngineSpec, LrpRule, ModelBytes, Propagation } from '../../contract.js';

beforeAll(() => chooseBackend(['cpu']));

interface Reference {
  readonly shape: readonly number[];
  readonly labels: readonly number[];
  readonly inputs: readonly number[];
  readonly baselines: readonly number[];
  readonly relevance: Readonly<Record<string, readonly number[]>>;
}

const folder = join(packageRoot(), 'fixtures/explanations');

/** Convolutions by rules of their own, dense layers by what is left. */
function lrp(first: LrpRule, convolution: LrpRule = first): Propagation {
  return {
    kind: 'lrp',
    composite: [
      { at: ['conv1'], rule: first },
      { at: 'convolution', rule: convolution },
    ],
  };
}

const PLUS: LrpRule = { kind: 'z-plus' };

const PROPAGATIONS: Readonly<Record<string, (reference: Reference) => Propagation>> = {
  'guided-backpropagation': () => ({ kind: 'guided-backpropagation' }),
  deconvolution: () => ({ kind: 'deconvolution' }),
  'deep-lift': ({ shape, baselines }) => ({
    kind: 'deep-lift',
    baselines: { shape, data: Float32Array.from(baselines) },
  }),
  lrp: () => ({ kind: 'lrp', composite: [] }),
  gamma: () => lrp({ kind: 'gamma', gamma: 0.25 }),
  'z-plus': () => lrp(PLUS),
  'alpha-beta': () => lrp({ kind: 'alpha-beta', alpha: 2, beta: 1 }),
  'z-b': () => lrp({ kind: 'z-b', low: -3, high: 3 }, PLUS),
  'w-squared': () => lrp({ kind: 'w-squared' }, PLUS),
  flat: () => lrp({ kind: 'flat' }, PLUS),
};

/** Float32 stays at some 4e-7 of the largest value. */
const TOLERANCE = 1e-6;

test.each([
  ['propagation', 9],
  ['propagation-average', 4],
])('both engines give what captum and Zennit give for %s', async (name, count) => {
  const reference = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Reference;
  const main = `${name}.onnx`;
  const model: ModelBytes = { main, files: new Map([[main, new Uint8Array(readFileSync(join(folder, main)))]]) };
  const inputs = { shape: reference.shape, data: Float32Array.from(reference.inputs) };
  const spec: EngineSpec = {
    ...{ head: 'classes', output: null, probe: inputs },
    normalization: { axis: 0, mean: [0], std: [1] },
    resources: { threads: 1, batchSize: 16 },
  };
  const labels = Float64Array.from(reference.labels);
  const wanted = Object.entries(reference.relevance);
  expect(wanted).toHaveLength(count);
  await onBoth(model, spec, async ({ tfjs, onnx }) => {
    for (const [kind, values] of wanted) {
      const propagation = PROPAGATIONS[kind]?.(reference) ?? { kind: 'deconvolution' };
      const [own, other] = [
        await onnx.propagate(inputs, labels, propagation),
        await tfjs.propagate(inputs, labels, propagation),
      ];
      const expected = Float32Array.from(values);
      expect([kind, relative(own.relevance.data, expected) < TOLERANCE]).toEqual([kind, true]);
      expect([kind, relative(other.relevance.data, expected) < TOLERANCE]).toEqual([kind, true]);
    }
  });
});
