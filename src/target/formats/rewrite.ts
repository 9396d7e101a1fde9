import { posix } from 'node:path';
import { AssayError } from '#base/errors';
import { externalDataFiles, isWritable, writeTrained, type ModelFormat } from '#engine/index';
import type { ReadModel } from '../read-model.js';
import { FORMAT_WORDS } from './prepare.js';

/** The files of a trained model, in the format that the original has where that can be. */
export interface RewrittenModel {
  /** By their names: those that the original has where the format stayed. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The name of the file to start from, a key of `files`. */
  readonly main: string;
  readonly format: ModelFormat;
  /** What the reader has to know of it: another format and why, or what was left out. Null where there is nothing. */
  readonly note: string | null;
}

/**
 * Writes a model that was trained, as a file of its own format: ONNX, Keras (`.keras` and HDF5) and LayersModels of TensorFlow.js.
 * All others become ONNX, and so does one that was trained in a place for which its format has no weight.
 *
 * @param original as it was read
 * @param hardened an ONNX file, the original's graph with trained constants, as `Trainer.file` gives it
 * @throws AssayError `model` where one of the two is broken
 */
export async function rewritten(
  original: Pick<ReadModel, 'main' | 'files' | 'format'>,
  hardened: Uint8Array,
): Promise<RewrittenModel> {
  const { format, main } = original;
  if (format === 'onnx') return rewrittenOnnx(original, hardened);
  if (!isWritable(format)) return asOnnx(main, hardened, `${WHY_ONNX} ${FORMAT_WORDS[format]}.`);
  try {
    const { files, notes } = await writeTrained(original, format, hardened);
    return { files, main, format, note: sentence(notes) };
  } catch (thrown) {
    if (!(thrown instanceof AssayError) || thrown.code !== 'operator') throw thrown;
    return asOnnx(main, hardened, `The trained model is an ONNX file and no ${FORMAT_WORDS[format]}: ${thrown.what}.`);
  }
}

const WHY_ONNX =
  'The trained model is an ONNX file, for Assay trains the graph that it has made of the model and writes no';

function sentence(notes: readonly string[]): string | null {
  return notes.length === 0 ? null : notes.join(' ');
}

/** What a folder says beside the model stays; data that lay in other files lies in the model's now. */
function rewrittenOnnx({ main, files }: Pick<ReadModel, 'main' | 'files'>, hardened: Uint8Array): RewrittenModel {
  const external = [...externalDataFiles({ main, files }).keys()];
  const others = [...files].filter(([name]) => !external.includes(name));
  const inlined = `The data of ${external.map((name) => `\`${name}\``).join(', ')} lies in the trained file itself.`;
  const note = external.length === 0 ? null : inlined;
  return { files: new Map([...others, [main, hardened]]), main, format: 'onnx', note };
}

function asOnnx(main: string, hardened: Uint8Array, note: string): RewrittenModel {
  const { name } = posix.parse(main);
  const file = `${name}.onnx`;
  return { files: new Map([[file, hardened]]), main: file, format: 'onnx', note };
}
