import { AssayError } from '#base/errors';
import type { ModelBytes } from '../../contract.js';
import { isRecord, member } from '../json-value.js';
import { asStored, type Lowered, type Seen } from '../lowered.js';
import { readManifestWeights, type ManifestWeight } from '../weights-manifest.js';
import { lowerNetwork } from './lower.js';
import type { Runtime } from './lowering/layer.js';
import { readNetwork } from './model/read.js';
import { readArchive } from './reading/archive.js';
import { readHdf5, type Hdf5, type StoredWeight } from './reading/hdf5.js';
import { parseConfig } from './reading/json.js';
import { pathOf, weightsByGroup, weightsByName, type NamedWeight } from './weights/by-name.js';
import { structuralWeights } from './weights/by-structure.js';
import type { NetworkWeights } from './weights/weights.js';

/**
 * Writes a model of Keras 2 or 3, a `.keras` archive or an `.h5` file, as an ONNX graph. Told by the first bytes.
 *
 * @param seen weights by their paths in the HDF5 file
 * @throws AssayError `operator` where a layer has no lowering or is code, `model` where the file is broken
 */
export async function lowerKeras(model: ModelBytes, seen: Seen = asStored): Promise<Lowered> {
  const { main } = model;
  const bytes = mainFile(model);
  if (bytes[0] === ZIP_START) return lowerArchive(bytes, main, seen);
  return readHdf5(bytes, main, (file) => lowerHdf5(seenIn(file, seen), main));
}

const ZIP_START = 0x50;

/**
 * Writes a LayersModel of TensorFlow.js as an ONNX graph: `model.json` and the shards of its weights.
 *
 * @param seen weights by their names in the manifest
 * @throws AssayError as {@link lowerKeras}
 */
export async function lowerLayersModel(model: ModelBytes, seen: Seen = asStored): Promise<Lowered> {
  const { main } = model;
  const json = parseConfig(mainFile(model), main, 'the file');
  const topology = member(json, 'modelTopology');
  if (!isRecord(topology)) throw new AssayError('model', { where: main, what: 'the file has no `modelTopology`' });
  const config = member(topology, 'model_config') ?? member(topology, 'modelConfig') ?? topology;
  const network = readNetwork(config, main);
  const weights = readManifestWeights(model, member(json, 'weightsManifest'));
  const read = (name: string, weight: ManifestWeight): StoredWeight | null => {
    const stored = storedWeight(weight);
    return stored === null ? null : seen(name, stored);
  };
  const named = [...weights].map(([name, weight]) => ({ path: pathOf(name), read: () => read(name, weight) }));
  return Promise.resolve(lowerNetwork({ where: main, network, weights: weightsByName(named), runtime: 'tfjs' }));
}

function mainFile({ main, files }: ModelBytes): Uint8Array {
  const bytes = files.get(main);
  if (bytes === undefined) throw new AssayError('model', { where: main, what: 'the file is not there' });
  return bytes;
}

function lowerArchive(bytes: Uint8Array, where: string, seen: Seen): Promise<Lowered> | Lowered {
  const archive = readArchive(bytes, where);
  const network = readNetwork(parseConfig(archive.config, where, '`config.json`'), where);
  const version = archive.metadata === null ? null : parseConfig(archive.metadata, where, '`metadata.json`');
  const runtime = runtimeOf(version === null ? undefined : member(version, 'keras_version'));
  const lowered = (weights: NetworkWeights): Lowered => lowerNetwork({ where, network, weights, runtime });
  if (archive.weights === null) return lowered(NO_WEIGHTS);
  return readHdf5(archive.weights, where, (file) => {
    return lowered(structuralWeights(seenIn(file, seen), '', network.layers));
  });
}

function seenIn(file: Hdf5, seen: Seen): Hdf5 {
  const dataset = (path: string): StoredWeight | null => {
    const stored = file.dataset(path);
    return stored === null ? null : seen(path, stored);
  };
  return { ...file, dataset };
}

const NO_WEIGHTS: NetworkWeights = weightsByName([]);

function lowerHdf5(file: Hdf5, where: string): Lowered {
  const config = file.texts('/', 'model_config')?.join('');
  if (config === undefined) {
    throw new AssayError('model', {
      where,
      what: 'the HDF5 file holds no model of Keras, or its weights alone',
      mend: 'Save the whole model with `model.save`.',
    });
  }
  const network = readNetwork(parseConfig(config, where, '`model_config`'), where);
  const runtime = runtimeOf(file.texts('/', 'keras_version')?.join(''));
  const weights = weightsByGroup((layer) => weightsOfGroup(file, layer));
  return lowerNetwork({ where, network, weights, runtime });
}

/** The weights of a layer as its group lists them. */
function weightsOfGroup(file: Hdf5, layer: string): NamedWeight[] {
  const group = `model_weights/${layer}`;
  const names = file.texts(group, 'weight_names') ?? [];
  return names.map((name) => ({ path: pathOf(name), read: () => file.dataset(`${group}/${name}`) }));
}

/** Keras 1 and 2, and `tf.keras` of either, compute alike. */
function runtimeOf(version: unknown): Runtime {
  return typeof version === 'string' && /^[12]\./.test(version) ? 'keras-2' : 'keras-3';
}

function storedWeight(weight: ManifestWeight): StoredWeight | null {
  if (weight.type === 'string') return null;
  const bytes = Uint8Array.from(weight.bytes);
  if (weight.type === 'float32') return { shape: weight.shape, data: new Float32Array(bytes.buffer) };
  const values = weight.type === 'int32' ? new Int32Array(bytes.buffer) : bytes;
  return { shape: weight.shape, data: Float32Array.from(values) };
}
