import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AssayError, errnoOf, messageOf } from '#base/errors';

/** Where a model's main file lies. */
export interface Place {
  /** The folder that was named, or null where a file was. */
  readonly folder: string | null;
  /** The main file, absolute or relative as it was named. */
  readonly path: string;
  /** What the main file is called: relative to the folder. */
  readonly name: string;
}

/** Main files of model folders: of Hugging Face Optimum, TensorFlow and TensorFlow.js. The first that is there is the model. */
const MAIN_FILES = ['model.onnx', 'onnx/model.onnx', 'saved_model.pb', 'model.json'];

/**
 * Finds the main file of a model that is named by its file or by its folder. A folder with another one file that ends in `.onnx`
 * is named by it.
 *
 * @throws AssayError `model` for a folder in which no file is surely the model
 */
export async function placeOf(path: string, name: string): Promise<Place> {
  const isFolder = await stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  if (!isFolder) return { folder: null, path, name };
  for (const file of MAIN_FILES) {
    const isThere = await stat(join(path, file)).then(
      (facts) => facts.isFile(),
      () => false,
    );
    if (isThere) return { folder: path, path: join(path, file), name: file };
  }
  const models = (await filesOf(path)).filter((file) => file.endsWith('.onnx'));
  const [only, ...others] = models;
  if (only !== undefined && others.length === 0) return { folder: path, path: join(path, only), name: only };
  throw new AssayError('model', {
    where: path,
    what:
      only === undefined
        ? `this is a folder, and there is no ${MAIN_FILES.join(', ')} in it`
        : `this is a folder, and there are ${models.length} .onnx files in it`,
    mend: "Name the model's file in it.",
  });
}

/** The names of files and links in a folder, sorted; none where there is no such folder. */
export async function filesOf(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() || entry.isSymbolicLink())
      .map((entry) => entry.name)
      .sort();
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT' || errnoOf(cause) === 'ENOTDIR') return [];
    throw new AssayError('model', { where: folder, what: `the folder cannot be read (${messageOf(cause)})`, cause });
  }
}
