import { basename, dirname, join } from 'node:path';
import { AssayError } from '#base/errors';
import {
  externalDataFiles,
  formatOf,
  manifestFiles,
  readModelJson,
  savedModelFiles,
  type ModelBytes,
  type ModelFormat,
} from '#engine/index';
import type { TargetCard } from '#report/report';
import { fileCards } from './cards.js';
import { foreignFormat, isJson, type ForeignFormat } from './foreign-formats.js';
import { MAX_MODEL_BYTES, readBeside, readStart, readWhole, type Reference } from './formats/files.js';
import { filesOf, placeOf, type Place } from './formats/folder.js';
import { FOLDER_FACTS } from './formats/hugging-face.js';

/** A model that was read once, what it is, and the name, digest and size of each of its files. */
export type ReadModel = ModelBytes & { readonly format: ModelFormat; readonly cards: TargetCard['files'] };

/** A `model.json` names its weights and holds none; more than this is no such file. */
const MAX_JSON_BYTES = 2 ** 26;

/** By so much of a file its format is told. */
const START = 65_536;

/**
 * Reads a model and the files that belong to it, each once: data of ONNX, shards of TensorFlow.js, variables of a SavedModel, and
 * what a folder of Hugging Face says of it. Those have to lie in the model's folder.
 *
 * @param path of the file, or of its folder
 * @throws AssayError `model`: one sentence that names the file, and the tensor and location where one is to blame.
 */
export async function readModelFile(path: string): Promise<ReadModel> {
  const place = await placeOf(path, basename(path));
  const main = place.name;
  const bytes = await readMain(place.path);
  const files = new Map([[main, bytes]]);
  const format = await placed(place.path, () => formatFrom({ main, files }, bytes));
  const references = await placed(place.path, () => referencesOf(format, { main, files }, place.path));
  for (const reference of references) {
    if (!files.has(reference.location)) files.set(reference.location, await readBeside(place.path, reference));
  }
  if (format === 'onnx') await addFolderFacts(place, files);
  return { main, files, format, cards: fileCards({ main, files }) };
}

/** Readers know a file's name at most; where it lies is said here. */
async function placed<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    if (!(thrown instanceof AssayError) || thrown.where === path) throw thrown;
    const { code, what, mend } = thrown;
    throw new AssayError(code, { where: path, what, ...(mend === undefined ? {} : { mend }), cause: thrown });
  }
}

async function readMain(path: string): Promise<Uint8Array> {
  const start = await readStart(path, START, { most: MAX_MODEL_BYTES });
  if (start.length === 0) throw new AssayError('model', { where: path, what: 'the file is empty' });
  // Before it is read whole: JSON takes many times its size in memory.
  return readWhole(path, { most: isJson(start) ? MAX_JSON_BYTES : MAX_MODEL_BYTES });
}

/** What is certainly something else is called by its name; what may be a damaged ONNX file is explained by its reader. */
function formatFrom(model: ModelBytes, bytes: Uint8Array): ModelFormat {
  const foreign = foreignFormat(bytes);
  if (foreign?.isCertain === true) throw refusalOf(foreign);
  const format = formatOf(model);
  if (format !== null) return format;
  if (foreign !== undefined) throw refusalOf(foreign);
  return 'onnx';
}

function refusalOf({ looksLike, mend }: ForeignFormat): AssayError {
  return new AssayError('model', { what: `this looks like ${looksLike}`, mend });
}

async function referencesOf(format: ModelFormat, model: ModelBytes, path: string): Promise<readonly Reference[]> {
  switch (format) {
    case 'onnx':
      return [...externalDataFiles(model)].map(([location, tensor]) => ({
        what: `tensor \`${tensor}\` keeps its data in \`${location}\``,
        location,
      }));
    case 'tfjs-layers':
    case 'tfjs-graph':
      return manifestFiles(readModelJson(model)).map((location) => ({
        what: `weights lie in \`${location}\``,
        location,
      }));
    case 'saved-model': {
      const names = await filesOf(join(dirname(path), VARIABLES));
      return savedModelFiles(names.map((name) => `${VARIABLES}/${name}`)).map((location) => ({
        what: `variables lie in \`${location}\``,
        location,
      }));
    }
    case 'keras':
    case 'keras-h5':
      return [];
  }
}

/** Where a SavedModel keeps its weights. */
const VARIABLES = 'variables';

/** What stands beside a model of Hugging Face is read where its folder was named, and only then. */
async function addFolderFacts({ folder }: Place, files: Map<string, Uint8Array>): Promise<void> {
  if (folder === null) return;
  const there = new Set(await filesOf(folder));
  for (const name of FOLDER_FACTS.filter((each) => there.has(each))) {
    if (files.has(name)) {
      throw new AssayError('model', {
        where: folder,
        what: `a tensor keeps its data in \`${name}\`, which is no data`,
      });
    }
    files.set(
      name,
      await readBeside(join(folder, name), { what: `the folder has \`${name}\``, location: name }, folder),
    );
  }
}
