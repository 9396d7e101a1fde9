import { whyNotBeside } from '#base/beside';
import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import type { ModelBytes } from '../contract.js';
import { halfToNumber } from '../onnx/graph/constants.js';
import { malformed } from '../onnx/proto/malformed.js';
import { isCount, isList, isRecord, member, type JsonRecord } from './json-value.js';
import { ShardedBytes } from './sharded-bytes.js';

/** A weight of TensorFlow.js, row-major. What was stored quantized is given as what it stands for. */
export type ManifestWeight = NumericWeight | StringWeight;

export interface NumericWeight {
  readonly type: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  /** Little-endian; a bool has one byte. A view of the shard where the weight was stored as it is. */
  readonly bytes: Uint8Array;
}

export interface StringWeight {
  readonly type: 'string';
  readonly shape: readonly number[];
  readonly values: readonly Uint8Array[];
}

interface Group {
  readonly paths: readonly string[];
  readonly entries: readonly Entry[];
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization: Quantization | null;
  /** As the manifest has it. */
  readonly written: JsonRecord;
}

type Quantization =
  { readonly dtype: 'float16' } | { readonly dtype: 'uint8' | 'uint16'; readonly scale: number; readonly min: number };

const MEND = 'Convert the model to TensorFlow.js again.';
const STORED_WIDTH: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  bool: 1,
  float16: 2,
  uint16: 2,
  uint8: 1,
};
const LENGTH_BYTES = 4;

/**
 * The shards that a `model.json` of TensorFlow.js keeps its weights in, as it names them and each once: paths relative
 * to its folder, which never leave it. None where there is no manifest.
 *
 * @throws AssayError `model` where a name leads elsewhere or the manifest breaks the format
 */
export function manifestFiles(modelJson: unknown): string[] {
  const manifest = isRecord(modelJson) ? member(modelJson, 'weightsManifest') : undefined;
  const broken = (what: string) => new AssayError('model', { what, mend: MEND });
  return groupsOf(manifest, broken).flatMap(({ paths }) => paths);
}

/**
 * Reads every weight of a manifest out of its shards, by its name.
 *
 * @param manifest `weightsManifest` of a `model.json`; a model without weights has none
 * @throws AssayError `model` where a shard is missing, too short or too long, or a weight has no meaning
 */
export function readManifestWeights(model: ModelBytes, manifest: unknown): ReadonlyMap<string, ManifestWeight> {
  const broken = (what: string) => malformed(model, what, MEND);
  const weights = new Map<string, ManifestWeight>();
  for (const { paths, entries } of groupsOf(manifest, broken)) {
    const bytes = new ShardedBytes(model, paths);
    for (const entry of entries) {
      if (weights.has(entry.name)) throw broken(`the weights manifest has \`${entry.name}\` twice`);
      weights.set(entry.name, readWeight(entry, bytes, broken));
    }
    bytes.end(entries.at(-1)?.name);
  }
  return weights;
}

/** A weight as its shard has it. */
export interface StoredWeightBytes {
  readonly name: string;
  /** Its place in the manifest. */
  readonly entry: JsonRecord;
  readonly bytes: Uint8Array;
}

export interface StoredGroup {
  readonly paths: readonly string[];
  readonly weights: readonly StoredWeightBytes[];
}

/**
 * Takes shards apart into the bytes of their weights, in order, so that they can be written again.
 *
 * @throws AssayError `model` as {@link readManifestWeights}
 */
export function storedGroups(model: ModelBytes, manifest: unknown): StoredGroup[] {
  const broken = (what: string) => malformed(model, what, MEND);
  return groupsOf(manifest, broken).map(({ paths, entries }) => {
    const shards = new ShardedBytes(model, paths);
    const weights = entries.map((entry) => ({
      name: entry.name,
      entry: entry.written,
      bytes: storedBytes(entry, shards, broken),
    }));
    return { paths, weights };
  });
}

type Broken = (what: string) => AssayError;

function groupsOf(manifest: unknown, broken: Broken): Group[] {
  if (manifest === undefined || manifest === null) return [];
  if (!isList(manifest)) throw broken('the weights manifest is no list');
  const seen = new Set<string>();
  return manifest.map((group) => {
    const paths = isRecord(group) ? member(group, 'paths') : undefined;
    const entries = isRecord(group) ? member(group, 'weights') : undefined;
    if (!isList(paths) || !isList(entries)) {
      throw broken('the weights manifest has a group without a list of paths or of weights');
    }
    return {
      paths: paths.map((path) => readPath(path, seen, broken)),
      entries: entries.map((entry) => readEntry(entry, broken)),
    };
  });
}

function readPath(path: unknown, seen: Set<string>, broken: Broken): string {
  if (typeof path !== 'string') throw broken('the weights manifest has a path that is no text');
  const forbidden = whyNotBeside(path);
  if (forbidden !== null) throw broken(`the weights manifest lists the shard ${JSON.stringify(path)}, ${forbidden}`);
  // A shard that counts a thousand times would be a bomb.
  if (seen.has(path)) throw broken(`the weights manifest lists the shard \`${path}\` twice`);
  seen.add(path);
  return path;
}

function readEntry(entry: unknown, broken: Broken): Entry {
  if (!isRecord(entry)) throw broken('the weights manifest has a weight that is no object');
  const name = member(entry, 'name');
  if (typeof name !== 'string' || name === '') throw broken('the weights manifest has a weight without a name');
  const shape = member(entry, 'shape');
  if (!isList(shape) || !shape.every(isCount)) throw broken(`weight \`${name}\` has no shape of whole numbers`);
  const dtype = member(entry, 'dtype');
  if (typeof dtype !== 'string') throw broken(`weight \`${name}\` has no dtype`);
  const quantization = member(entry, 'quantization');
  return { name, shape, dtype, quantization: readQuantization(name, dtype, quantization, broken), written: entry };
}

function readQuantization(name: string, dtype: string, value: unknown, broken: Broken): Quantization | null {
  if (value === undefined || value === null) return null;
  const stored = isRecord(value) ? member(value, 'dtype') : undefined;
  if (stored === 'float16' && dtype === 'float32') return { dtype: stored };
  const isAffine = (stored === 'uint8' || stored === 'uint16') && (dtype === 'float32' || dtype === 'int32');
  if (!isAffine || !isRecord(value)) {
    throw broken(`weight \`${name}\` of dtype ${dtype} is quantized to ${String(stored)}, which TensorFlow.js has not`);
  }
  const scale = member(value, 'scale');
  const min = member(value, 'min');
  if (typeof scale !== 'number' || typeof min !== 'number') {
    throw broken(`weight \`${name}\` is quantized to ${stored} without a scale and a min`);
  }
  return { dtype: stored, scale, min };
}

function readWeight(entry: Entry, bytes: ShardedBytes, broken: Broken): ManifestWeight {
  const { name, shape, dtype, quantization } = entry;
  if (dtype === 'string') return { type: 'string', shape, values: readStrings(name, sizeOf(shape), bytes) };
  const stored = storedBytes(entry, bytes, broken);
  const values = quantization === null ? stored : dequantized(stored, dtype, quantization);
  return { type: numericType(entry, broken), shape, bytes: values };
}

function numericType({ name, dtype }: Entry, broken: Broken): NumericWeight['type'] {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw broken(`weight \`${name}\` has the dtype ${dtype}, which Assay does not read`);
}

function storedBytes(entry: Entry, bytes: ShardedBytes, broken: Broken): Uint8Array {
  const { name, shape, dtype, quantization } = entry;
  if (dtype === 'string') return Buffer.concat(readStrings(name, sizeOf(shape), bytes).flatMap(withLength));
  const width = STORED_WIDTH[quantization?.dtype ?? numericType(entry, broken)] ?? 1;
  return bytes.take(name, sizeOf(shape) * width);
}

function withLength(text: Uint8Array): Uint8Array[] {
  return [new Uint8Array(Uint32Array.of(text.length).buffer), text];
}

/** Each text stands behind its length, an uint32. */
function readStrings(name: string, count: number, bytes: ShardedBytes): Uint8Array[] {
  const values: Uint8Array[] = [];
  while (values.length < count) {
    const length = bytes.take(name, LENGTH_BYTES);
    values.push(bytes.take(name, new DataView(length.buffer, length.byteOffset).getUint32(0, true)));
  }
  return values;
}

/** q -> scale q + min, rounded where integers are meant, as `decodeWeights` of tfjs-core has it. */
function dequantized(stored: Uint8Array, dtype: string, quantization: Quantization): Uint8Array {
  const codes = quantization.dtype === 'uint8' ? stored : new Uint16Array(Uint8Array.from(stored).buffer);
  const values = dtype === 'int32' ? new Int32Array(codes.length) : new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) values[i] = dequantize(codes[i] ?? 0, dtype, quantization);
  return new Uint8Array(values.buffer);
}

function dequantize(code: number, dtype: string, quantization: Quantization): number {
  if (quantization.dtype === 'float16') return halfToNumber(code);
  const value = code * quantization.scale + quantization.min;
  return dtype === 'int32' ? Math.round(value) : value;
}
