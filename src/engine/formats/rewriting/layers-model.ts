import type { ModelBytes } from '../../contract.js';
import { isList, isRecord, member, type JsonRecord } from '../json-value.js';
import { readModelJson } from '../model-json.js';
import { storedGroups, type StoredWeightBytes } from '../weights-manifest.js';
import { WITHOUT_OPTIMIZER, type Trained, type Written } from './written.js';

/**
 * A LayersModel with other weights: the same topology, names, order and shards. What was stored quantized is written as float32,
 * and moments of an optimizer are left out.
 */
export function writeLayersModel(model: ModelBytes, trained: Trained): Written {
  const json = readModelJson(model);
  const manifest = member(json, 'weightsManifest');
  const files = new Map(model.files);
  const notes = new Set<string>();
  const groups = storedGroups(model, manifest).map(({ paths, weights }) => {
    const kept = weights.filter(({ entry }) => !isMoment(entry));
    if (kept.length < weights.length) notes.add(WITHOUT_OPTIMIZER);
    const written = kept.map((weight) => withValues(weight, trained.get(weight.name), notes));
    fillShards(files, paths, Buffer.concat(written.map(({ bytes }) => bytes)));
    return written.map(({ entry }) => entry);
  });
  const weightsManifest = isList(manifest) ? manifest.map((group, i) => withWeights(group, groups[i])) : manifest;
  files.set(model.main, Uint8Array.from(Buffer.from(JSON.stringify({ ...json, weightsManifest }))));
  return { files, notes: [...notes] };
}

const QUANTIZED = 'Weights that were stored quantized are written as float32, as they were trained.';

/** As `model.save` with `includeOptimizer` marks them. */
function isMoment(entry: JsonRecord): boolean {
  return member(entry, 'group') === 'optimizer';
}

function withValues(
  weight: StoredWeightBytes,
  values: Float32Array | undefined,
  notes: Set<string>,
): StoredWeightBytes {
  if (values === undefined || member(weight.entry, 'dtype') !== 'float32') return weight;
  const { quantization = null, ...entry } = weight.entry;
  if (quantization !== null) notes.add(QUANTIZED);
  return { ...weight, entry, bytes: new Uint8Array(values.buffer, values.byteOffset, values.byteLength) };
}

/** Shards keep their sizes where all of them together do, and else share alike. */
function fillShards(files: Map<string, Uint8Array>, paths: readonly string[], bytes: Uint8Array): void {
  const before = paths.map((path) => files.get(path)?.length ?? 0);
  const isSame = before.reduce((sum, size) => sum + size, 0) === bytes.length;
  const even = Math.ceil(bytes.length / Math.max(paths.length, 1));
  let from = 0;
  for (const [i, path] of paths.entries()) {
    const size = isSame ? (before[i] ?? 0) : even;
    files.set(path, Uint8Array.from(bytes.subarray(from, from + size)));
    from += size;
  }
}

/** What else a group says stays. */
function withWeights(group: unknown, weights: readonly JsonRecord[] | undefined): unknown {
  return isRecord(group) && weights !== undefined ? { ...group, weights } : group;
}
