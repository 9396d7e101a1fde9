// Runs in a process of its own: a driver or a library that does not fit ends the process that loads it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { sizeOf, type Tensor } from '#base/tensor';
import type { Device, EngineSpec } from '../../contract.js';
import { loadCudaProvider } from './load.js';
import type { CudaProof } from './prove.js';

/** Two convolutions with poolings and two dense layers: cuDNN, cuBLAS and ONNX Runtime's own kernels have to run. */
const MODEL = 'fashion-cnn.onnx';
const SHAPE = [4, 1, 28, 28];
/** Of the largest value, as for every two devices. */
const TOLERANCE = 1e-4;

async function prove(): Promise<CudaProof> {
  const provider = loadCudaProvider();
  if (provider.state === 'absent') {
    return { kind: 'unproved', driver: provider.reason !== 'no-driver', sentence: provider.sentence };
  }
  const start = performance.now();
  const model = readFileSync(join(packageRoot(), 'fixtures/models', MODEL));
  await runWithoutFallback(model);
  const difference = largestDifference(await gradient(model, 'cuda'), await gradient(model, 'cpu'));
  if (difference <= TOLERANCE) return { kind: 'proved', milliseconds: performance.now() - start, difference };
  const sentence = `its gradient differs from the CPU's by ${difference.toExponential(1)} of the largest value.`;
  return { kind: 'unproved', driver: true, sentence };
}

/** A session that is refused when any of its nodes would run on the CPU. */
async function runWithoutFallback(model: Uint8Array): Promise<void> {
  const { InferenceSession, Tensor } = await import('onnxruntime-node');
  const session = await InferenceSession.create(model, {
    executionProviders: ['cuda'],
    extra: { session: { disable_cpu_ep_fallback: '1' } },
  });
  const [input = ''] = session.inputNames;
  await session.run({ [input]: new Tensor('float32', probe().data, SHAPE) });
  await session.release();
}

async function gradient(model: Uint8Array, device: Device): Promise<Float32Array> {
  const { openOnnxModel } = await import('../index.js');
  const opened = await openOnnxModel({ main: MODEL, files: new Map([[MODEL, model]]) }, { ...spec(), device });
  const { gradient } = await opened.gradient(probe(), {
    kind: 'cross-entropy',
    labels: Float64Array.from({ length: SHAPE[0] ?? 0 }, (_, i) => i),
  });
  await opened.dispose();
  return gradient.data;
}

function spec(): EngineSpec {
  return {
    head: 'classes',
    output: null,
    normalization: { axis: 0, mean: [0], std: [1] },
    probe: probe(),
    resources: { threads: 1, batchSize: SHAPE[0] ?? 1 },
  };
}

/** A pattern of greys; no two pixels of a row are equal. */
function probe(): Tensor & { readonly data: Float32Array } {
  return { shape: SHAPE, data: Float32Array.from({ length: sizeOf(SHAPE) }, (_, i) => ((i * 37) % 101) / 101) };
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  const scale = b.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? NaN))), 0) / scale;
}

const proof = await prove().catch((thrown: unknown): CudaProof => ({
  kind: 'unproved',
  driver: true,
  sentence: `${messageOf(thrown)}.`,
}));
process.send?.(proof, () => process.disconnect());
