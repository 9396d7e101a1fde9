/** Whole models on both engines. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '#base/package-root';
import type { Tensor } from '#base/tensor';
import type { EngineModel, EngineSpec, ModelBytes } from '../src/engine/contract.js';
import { openOnnxModel } from '../src/engine/onnx/index.js';
import { openTfjsModel } from '../src/engine/tfjs/index.js';
import { exportedBytes, exportedInputs, exportedSpec, readExported } from './exported-models.js';

const root = packageRoot();
const pixels = gunzipSync(readFileSync(join(root, 'fixtures/data/fashion-test-images.idx3-ubyte.gz'))).subarray(16);
const truth = gunzipSync(readFileSync(join(root, 'fixtures/data/fashion-test-labels.idx1-ubyte.gz'))).subarray(8);

export function fashionImages(start: number, end: number): Tensor {
  const data = Float32Array.from(pixels.subarray(start * 784, end * 784), (value) => Math.fround(value / 255));
  return { shape: [end - start, 1, 28, 28], data };
}

export function fashionLabels(start: number, end: number): Float64Array {
  return Float64Array.from(truth.subarray(start, end));
}

export function fashionModel(name: string): { readonly model: ModelBytes; readonly spec: EngineSpec } {
  const file = `${name}.onnx`;
  return {
    model: { main: file, files: new Map([[file, new Uint8Array(readFileSync(join(root, 'fixtures/models', file)))]]) },
    spec: {
      head: 'classes',
      output: null,
      normalization: { axis: 0, mean: [0.286], std: [0.353] },
      probe: fashionImages(0, 4),
      resources: { threads: 1, batchSize: 16 },
    },
  };
}

export interface Both {
  readonly tfjs: EngineModel;
  readonly onnx: EngineModel;
}

export async function onBoth(model: ModelBytes, spec: EngineSpec, work: (both: Both) => Promise<void>): Promise<void> {
  const [tfjs, onnx] = [await openTfjsModel(model, spec), await openOnnxModel(model, spec)];
  try {
    await work({ tfjs, onnx });
  } finally {
    await tfjs.dispose();
    await onnx.dispose();
  }
}

/** How far apart both engines are on an exported model, relative to the largest value. */
export async function exportedDifference(name: string): Promise<{
  readonly scores: number;
  readonly gradient: number | null;
}> {
  const stored = readExported(name);
  const inputs = exportedInputs(stored);
  let found: { scores: number; gradient: number | null } = { scores: NaN, gradient: null };
  await onBoth(exportedBytes(name, stored), exportedSpec(stored), async ({ tfjs, onnx }) => {
    expect(tfjs.facts.noGradients === null).toBe(onnx.facts.noGradients === null);
    expect(tfjs.facts.noTraining).toEqual(onnx.facts.noTraining);
    const scores = relative((await tfjs.scores(inputs)).data, (await onnx.scores(inputs)).data);
    found = { scores, gradient: null };
    if (onnx.facts.noGradients !== null) return;
    expect(tfjs.facts.gradientAt).toEqual(onnx.facts.gradientAt);
    const loss = { kind: 'cross-entropy', labels: Float64Array.from(stored.labels) } as const;
    const [own, other] = [await tfjs.gradient(inputs, loss), await onnx.gradient(inputs, loss)];
    expect(relative(own.loss, other.loss)).toBeLessThan(1e-4);
    found = { scores, gradient: relative(own.gradient.data, other.gradient.data) };
  });
  return found;
}

/** Of the largest value, infinite where a number is missing or none. */
export function relative(found: Float32Array, wanted: Float32Array): number {
  if (found.length !== wanted.length) return Infinity;
  const scale = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
  let most = 0;
  for (const [i, value] of wanted.entries()) {
    const difference = Math.abs(value - (found[i] ?? NaN));
    most = Number.isNaN(difference) ? Infinity : Math.max(most, difference);
  }
  return most / scale;
}
