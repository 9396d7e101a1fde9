/** Networks that PyTorch trained, and what it found: see fixtures/make/training.py. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '#base/package-root';
import { sizeOf, type Tensor } from '#base/tensor';
import type {
  Device,
  DropoutMasks,
  EngineInputs,
  EngineModel,
  LossSpec,
  ModelBytes,
  TrainingOptions,
} from '../src/engine/contract.js';
import { openOnnxModel } from '../src/engine/onnx/index.js';
import { float32Of } from '../src/engine/onnx/graph/constants.js';
import type { Graph } from '../src/engine/onnx/graph/ir.js';
import { decodeModel } from '../src/engine/onnx/proto/codec.js';
import { fraction } from './exported-models.js';

/** An exported network, the gradients of its weights, and its running statistics after a step. */
export interface WeightGradients {
  /** The network and how it was exported. */
  readonly name: string;
  readonly model: string;
  readonly inputs: Readonly<Record<string, StoredTensor>>;
  readonly labels: readonly number[];
  readonly batchNormalization: 'batch' | 'running';
  /** Dropout nodes that drop, in their order. */
  readonly dropouts: readonly string[];
  readonly loss: number;
  /** Of the mean cross-entropy, by the name of the constant; all zero where only rounding makes it something else. */
  readonly gradients: Readonly<Record<string, StoredTensor>>;
  readonly statistics: Readonly<Record<string, StoredTensor>>;
}

/** A hundred steps from the same start. */
export interface Trajectory {
  readonly name: string;
  readonly options: TrainingOptions;
  /** In front of each step. */
  readonly losses: readonly number[];
  readonly rates: readonly number[];
  readonly statistics: Readonly<Record<string, StoredTensor>>;
  readonly weights: Readonly<Record<string, StoredTensor>>;
}

export interface StoredTensor {
  readonly type?: 'int64';
  readonly shape: readonly number[];
  readonly data: string;
}

const FOLDER = join(packageRoot(), 'fixtures/training');
const DATA = join(packageRoot(), 'fixtures/data');
const MAIN = 'network.onnx';
const [MEAN, STD, NOISE] = [0.286, 0.353, 0.1];
const [ROWS, SIDE] = [2000, 28];
export const BATCH = 32;

const unpacked = (path: string): Buffer => gunzipSync(readFileSync(path));
const parsed = (path: string): unknown => JSON.parse(unpacked(path).toString('utf8'));

export function weightGradients(family: string): readonly WeightGradients[] {
  return parsed(join(FOLDER, 'gradients', `${family}.json.gz`)) as readonly WeightGradients[];
}

export function trajectories(): readonly Trajectory[] {
  return (parsed(join(FOLDER, 'trajectories.json.gz')) as { readonly runs: readonly Trajectory[] }).runs;
}

/** The file that every trajectory starts from. */
export function trajectoryStart(): Uint8Array {
  return unpacked(join(FOLDER, 'cnn.onnx.gz'));
}

export function modelOf(bytes: Uint8Array): ModelBytes {
  return { main: MAIN, files: new Map([[MAIN, bytes]]) };
}

export function graphOf(bytes: Uint8Array): Graph {
  return decodeModel(modelOf(bytes));
}

/** Opens a network of three classes or more as a target without normalization. */
export function openNetwork(
  bytes: Uint8Array,
  probe: EngineInputs,
  threads = 1,
  device: Device = 'cpu',
): Promise<EngineModel> {
  return openOnnxModel(modelOf(bytes), {
    head: 'classes',
    output: null,
    normalization: { axis: 0, mean: [0], std: [1] },
    probe,
    resources: { threads, batchSize: 64 },
    device,
  });
}

export function inputsOf({ inputs }: WeightGradients): EngineInputs {
  const tensors = Object.entries(inputs).map(([name, stored]) => [name, tensorOf(stored)] as const);
  const [first, ...others] = tensors;
  return first !== undefined && others.length === 0 ? first[1] : new Map(tensors);
}

export function tensorOf(stored: StoredTensor): Tensor {
  return { shape: stored.shape, data: numbersOf(stored) };
}

export function numbersOf({ type, data }: StoredTensor): Float32Array {
  const { buffer } = Uint8Array.from(Buffer.from(data, 'base64'));
  return type === 'int64' ? Float32Array.from(new BigInt64Array(buffer), Number) : new Float32Array(buffer);
}

export function crossEntropy(labels: ArrayLike<number>): LossSpec {
  return { kind: 'cross-entropy', labels: Float64Array.from(labels) };
}

/** What PyTorch was given: an element is kept when a hash of its layer, the step and its index says so. */
export function hashedMasks(layers: readonly string[]): DropoutMasks {
  return (layer, step, shape, ratio) => {
    const seed = (Math.imul(step, 0x9e3779b1) + Math.imul(layers.indexOf(layer), 0x85ebca77)) | 0;
    return Uint8Array.from({ length: sizeOf(shape) }, (_, i) => (fraction(seed, i) >= ratio ? 1 : 0));
  };
}

/** The names of the Dropout nodes of a file, in their order. */
export function dropoutsOf(bytes: Uint8Array): readonly string[] {
  return graphOf(bytes).nodes.flatMap(({ op, name }) => (op === 'Dropout' ? [name] : []));
}

/** The values of a constant of a file, or of what an Identity repeats under that name. */
export function constantOf(bytes: Uint8Array, name: string): Float32Array {
  const { constants, nodes } = graphOf(bytes);
  const source = nodes.find(({ op, outputs }) => op === 'Identity' && outputs[0] === name)?.inputs[0] ?? name;
  const constant = constants.get(source);
  if (constant === undefined) throw new Error(`the file has no constant ${name}`);
  return float32Of(constant);
}

let images: { readonly pixels: Buffer; readonly labels: Buffer } | null = null;

/** The batch of a step: the next training images with a tenth of noise, as fixtures/make/trained/trajectories.py makes it. */
export function fashionBatch(step: number): { readonly inputs: Tensor; readonly loss: LossSpec } {
  images ??= {
    pixels: unpacked(join(DATA, 'fashion-train-images.idx3-ubyte.gz')).subarray(16),
    labels: unpacked(join(DATA, 'fashion-train-labels.idx1-ubyte.gz')).subarray(8),
  };
  const { pixels, labels } = images;
  const size = SIDE * SIDE;
  const row = (i: number): number => (step * BATCH + i) % ROWS;
  const data = Float32Array.from({ length: BATCH * size }, (_, i) => {
    const pixel = pixels[row(Math.floor(i / size)) * size + (i % size)] ?? NaN;
    return ((1 - NOISE) * (pixel / 255) + NOISE * fraction(step, i) - MEAN) / STD;
  });
  const classes = Array.from({ length: BATCH }, (_, i) => labels[row(i)] ?? NaN);
  return { inputs: { shape: [BATCH, 1, SIDE, SIDE], data }, loss: crossEntropy(classes) };
}

export function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

/** Infinite where a number is missing or none. */
export function largestDifference(found: Float32Array, wanted: Float32Array): number {
  if (found.length !== wanted.length) return Infinity;
  const difference = largest(wanted.map((value, i) => value - (found[i] ?? NaN)));
  return Number.isNaN(difference) ? Infinity : difference;
}
