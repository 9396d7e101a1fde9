import { unzipSync } from 'fflate';
import type { ModelBytes } from '../contract.js';
import { isList, isRecord, member } from './json-value.js';
import { readModelJson } from './model-json.js';
import { topFields } from './wire.js';

/**
 * What a model's main file is.
 *
 * - `onnx`
 * - `tfjs-layers`, `tfjs-graph`: `model.json` of TensorFlow.js, a LayersModel or a GraphModel
 * - `keras`: the zip archive of Keras 3; `keras-h5`: HDF5, as Keras 1 to 3 write it
 * - `saved-model`: `saved_model.pb` of TensorFlow
 */
export type ModelFormat = 'onnx' | 'tfjs-layers' | 'tfjs-graph' | 'keras' | 'keras-h5' | 'saved-model';

/**
 * Tells a model's format by the content of its main file, never by its name; null for whatever is none of them.
 *
 * @throws AssayError `model` where the file is JSON beyond all bounds, or broken JSON
 */
export function formatOf(model: ModelBytes): ModelFormat | null {
  const bytes = model.files.get(model.main) ?? new Uint8Array();
  if (startsWith(bytes, 0, 'PK\x03\x04')) return isKerasArchive(bytes) ? 'keras' : null;
  if (isHdf5(bytes)) return 'keras-h5';
  if (/^(\xef\xbb\xbf)?\s*\{/.test(latin1(bytes, 0, 1024))) return jsonFormat(model);
  return protocolBuffer(bytes);
}

/** As Keras saves: https://keras.io/guides/serialization_and_saving */
const KERAS_ENTRIES = ['config.json', 'model.weights.h5'];
const MAX_ENTRIES = 10_000;

/** PyTorch saves zip archives too. Nothing is unpacked. */
function isKerasArchive(bytes: Uint8Array): boolean {
  const names = new Set<string>();
  let count = 0;
  try {
    unzipSync(bytes, {
      filter: ({ name }) => {
        if (++count > MAX_ENTRIES) throw new RangeError('too many entries');
        names.add(name);
        return false;
      },
    });
  } catch {
    return false;
  }
  return KERAS_ENTRIES.every((name) => names.has(name));
}

/** The superblock lies at 0, 512, 1024, 2048 and so on (HDF5 File Format Specification, II.A). */
function isHdf5(bytes: Uint8Array): boolean {
  return [0, 512, 1024, 2048, 4096].some((offset) => startsWith(bytes, offset, '\x89HDF\r\n\x1a\n'));
}

function jsonFormat(model: ModelBytes): ModelFormat | null {
  const topology = member(readModelJson(model), 'modelTopology');
  if (!isRecord(topology)) return null;
  if (isList(member(topology, 'node'))) return 'tfjs-graph';
  const isLayers = ['model_config', 'class_name', 'config'].some((key) => member(topology, key) !== undefined);
  return isLayers ? 'tfjs-layers' : null;
}

/** Numbers of fields: ModelProto.graph of ONNX; SavedModel.meta_graphs of TensorFlow, and what that begins with. */
const ONNX_GRAPH = 7;
const META_GRAPHS = 2;
const MESSAGE_TAGS: readonly (number | undefined)[] = [0x0a, 0x12];

/** Both begin with a version. ONNX has its graph in field 7, a SavedModel has nothing but meta graphs in field 2. */
function protocolBuffer(bytes: Uint8Array): ModelFormat | null {
  const fields = topFields(bytes);
  if (fields.some(({ number, content }) => number === ONNX_GRAPH && content !== null)) return 'onnx';
  const metaGraphs = fields.filter(({ number }) => number === META_GRAPHS);
  const isSaved =
    metaGraphs.length > 0 &&
    fields.every(({ number }) => number <= META_GRAPHS) &&
    metaGraphs.every(({ content }) => MESSAGE_TAGS.includes(content?.[0]));
  return isSaved ? 'saved-model' : null;
}

function startsWith(bytes: Uint8Array, offset: number, magic: string): boolean {
  return latin1(bytes, offset, magic.length) === magic;
}

function latin1(bytes: Uint8Array, offset: number, length: number): string {
  return Buffer.from(bytes.subarray(offset, offset + length)).toString('latin1');
}
