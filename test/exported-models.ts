import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { packageRoot } from '#base/package-root';
import { sizeOf, type Tensor } from '#base/tensor';
import type {
  EngineInputs,
  EngineModel,
  EngineSpec,
  ModelBytes,
  OutputHead,
  OutputScale,
} from '../src/engine/contract.js';
import { openOnnxModel } from '../src/engine/onnx/index.js';

/** A whole model as its exporter wrote it, and what its source framework gives; see fixtures/make/exported. */
export interface ExportedModel {
  readonly source: string;
  readonly head: OutputHead;
  readonly output: string | null;
  readonly inputs: Readonly<Record<string, StoredInput>>;
  readonly labels: readonly number[];
  /** Of gradients and scores, relative to the largest. */
  readonly tolerance: number;
  readonly scores: string;
  /** By the input, or by the value `of` behind an embedding. Null: the framework has none. */
  readonly gradient: StoredGradient | null;
  readonly weights: Readonly<Record<string, Recipe>>;
}

export type StoredInput =
  | ({ readonly type: 'float32'; readonly shape: readonly number[] } & Uniform)
  | { readonly type: 'int64'; readonly shape: readonly number[]; readonly values: readonly number[] };

interface Uniform {
  readonly seed: number;
  readonly low: number;
  readonly high: number;
}

interface StoredGradient {
  readonly of: string | null;
  readonly shape: readonly number[];
  /** `values` has every element whose index is a multiple of it. */
  readonly stride: number;
  readonly values: string;
  readonly largest: number;
  readonly sumOfSquares: number;
}

/** Ranges of draws behind one another, then transposed, then scaled row by row. */
interface Recipe {
  readonly ranges: readonly (Uniform & { readonly start: number; readonly length: number })[];
  readonly shape?: readonly number[];
  readonly permutation?: readonly number[];
  readonly scale?: string;
}

/** A lookup of a global is slow where tests run, and a weight has millions of elements. */
const { imul } = Math;

const FOLDER = join(packageRoot(), 'fixtures/exported');
const JSON_FILE = /\.json\.gz$/;

/** `unit/...`: small enough for every run of the tests; `deep/...`: in the size in which they are used. */
export function exportedModelNames(size: 'unit' | 'deep'): readonly string[] {
  return readdirSync(join(FOLDER, size))
    .filter((file) => JSON_FILE.test(file))
    .map((file) => `${size}/${file.replace(JSON_FILE, '')}`);
}

export function readExported(name: string): ExportedModel {
  return JSON.parse(gunzipSync(readFileSync(join(FOLDER, `${name}.json.gz`))).toString('utf8')) as ExportedModel;
}

/** The files of the model: its graph, and each weight that it keeps outside, made by its recipe. */
export function exportedBytes(name: string, { weights }: ExportedModel): ModelBytes {
  const main = `${name}.onnx`;
  const made = Object.entries(weights).map(([location, recipe]) => [location, bytesOf(weight(recipe))] as const);
  return { main, files: new Map([[main, gunzipSync(readFileSync(join(FOLDER, `${main}.gz`)))], ...made]) };
}

function weight({ ranges, shape, permutation, scale }: Recipe): Float32Array {
  const values = joinedRanges(ranges);
  const ordered = shape === undefined || permutation === undefined ? values : transposed(values, shape, permutation);
  return scale === undefined ? ordered : scaledRows(ordered, floatsOf(scale));
}

function joinedRanges(ranges: Recipe['ranges']): Float32Array {
  const values = new Float32Array(ranges.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const { start, length, ...uniform } of ranges) {
    draw(values.subarray(offset, offset + length), uniform, start);
    offset += length;
  }
  return values;
}

/** Elements from `start` on of a draw: fixtures/make/exported/draws.py has the same, and the bits agree. */
function draw(into: Float32Array, { seed, low, high }: Uniform, start: number): void {
  for (let i = 0; i < into.length; i++) into[i] = low + (high - low) * fraction(seed, start + i);
}

/** Element `index` of a draw, in [0, 1). */
export function fraction(seed: number, index: number): number {
  let x = (imul(index, 0x9e3779b9) + seed) | 0;
  x = imul(x ^ (x >>> 16), 0x7feb352d);
  x = imul(x ^ (x >>> 15), 0x846ca68b);
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
}

function transposed(values: Float32Array, shape: readonly number[], permutation: readonly number[]): Float32Array {
  const strides = permutation.map((axis) => sizeOf(shape.slice(axis + 1)));
  const sizes = permutation.map((axis) => shape[axis] ?? 1);
  const index = sizes.map(() => 0);
  const result = new Float32Array(values.length);
  let from = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = values[from] ?? NaN;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const [next, size, stride] = [(index[axis] ?? 0) + 1, sizes[axis] ?? 1, strides[axis] ?? 0];
      from += next < size ? stride : -stride * (size - 1);
      index[axis] = next < size ? next : 0;
      if (next < size) break;
    }
  }
  return result;
}

function scaledRows(values: Float32Array, scale: Float32Array): Float32Array {
  const width = values.length / scale.length;
  scale.forEach((factor, row) => {
    for (let i = row * width; i < (row + 1) * width; i++) values[i] = (values[i] ?? NaN) * factor;
  });
  return values;
}

/** What the engine takes for both samples: one tensor, or several by name. */
export function exportedInputs({ inputs }: ExportedModel): EngineInputs {
  const tensors = Object.entries(inputs).map(([name, stored]) => [name, inputTensor(stored)] as const);
  const [first, ...others] = tensors;
  return first !== undefined && others.length === 0 ? first[1] : new Map(tensors);
}

function inputTensor(stored: StoredInput): Tensor {
  if (stored.type === 'int64') return { shape: stored.shape, data: Float32Array.from(stored.values) };
  const data = new Float32Array(sizeOf(stored.shape));
  draw(data, stored, 0);
  return { shape: stored.shape, data };
}

/** A target without normalization. */
export function exportedSpec(stored: ExportedModel): EngineSpec {
  return {
    head: stored.head,
    output: stored.output,
    normalization: { axis: 0, mean: [0], std: [1] },
    probe: exportedInputs(stored),
    resources: { threads: 2, batchSize: 2 },
  };
}

/** Opens an exported model as a target without normalization. */
export function openExported(name: string, stored: ExportedModel): Promise<EngineModel> {
  return openOnnxModel(exportedBytes(name, stored), exportedSpec(stored));
}

/** Scores by the file's own graph and by the gradient graph, and the gradient, are those of the source framework. */
export async function expectGradients(name: string): Promise<void> {
  const stored = readExported(name);
  const model = await openExported(name, stored);
  const inputs = exportedInputs(stored);
  expectScores(await model.scores(inputs), stored, model.facts.scale);
  if (stored.gradient !== null) {
    expect(model.facts.noGradients).toBeNull();
    if (stored.gradient.of !== null) expect(model.facts.gradientAt?.value).toBe(stored.gradient.of);
    const labels = Float64Array.from(stored.labels);
    const { scores, gradient } = await model.gradient(inputs, { kind: 'cross-entropy', labels });
    expectScores(scores, stored, model.facts.scale);
    expectGradient(gradient, stored.gradient, stored.tolerance);
  }
  await model.dispose();
}

/** Where a model gives probabilities, scores are known up to a number that all classes of a sample share. */
function expectScores(found: Tensor, { scores, tolerance }: ExportedModel, scale: OutputScale): void {
  const wanted = { shape: found.shape, data: floatsOf(scores) };
  const [own, others] = scale === 'probabilities' ? [centered(found), centered(wanted)] : [found.data, wanted.data];
  expect(own).toHaveLength(others.length);
  expect(largestDifference(own, others) / largest(others)).toBeLessThan(tolerance);
}

/** Without the mean of each row. */
function centered({ shape, data }: Tensor): Float32Array {
  const [, width = 1] = shape;
  const means = Array.from({ length: data.length / width }, (_, row) =>
    data.subarray(row * width, (row + 1) * width).reduce((sum, value) => sum + value / width, 0),
  );
  return data.map((value, i) => value - (means[Math.floor(i / width)] ?? NaN));
}

function expectGradient({ shape, data }: Tensor, gradient: StoredGradient, tolerance: number): void {
  expect(shape).toEqual(gradient.shape);
  const seen = data.filter((_, i) => i % gradient.stride === 0);
  expect(largestDifference(seen, floatsOf(gradient.values)) / gradient.largest).toBeLessThan(tolerance);
  expect(Math.abs(largest(data) / gradient.largest - 1)).toBeLessThan(tolerance);
  expect(Math.abs(sumOfSquares(data) / gradient.sumOfSquares - 1)).toBeLessThan(2 * tolerance);
}

function largest(values: Float32Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

function largestDifference(found: Float32Array, wanted: Float32Array): number {
  return largest(wanted.map((value, i) => value - (found[i] ?? NaN)));
}

function sumOfSquares(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

function floatsOf(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
}
