import { AssayError } from '#base/errors';
import type { FileTargetConfig } from '#config/schema';
import type { PicturePreparation } from '#data/sources/source';
import { checkSavedModel, isWritable, lowerToOnnx, type ModelBytes, type ModelFormat } from '#engine/index';
import type { TargetCard } from '#report/report';
import { readModelFile, type ReadModel } from '../read-model.js';
import { preprocessorCards } from '../preprocessing/declared.js';
import { readTokenizerFiles, type TokenizerFiles } from '../text/tokenizer-files.js';
import { completedBy } from './hugging-face.js';

/** What executes a model. */
export type EngineName = 'onnx' | 'tfjs';
export type EngineChoice = 'auto' | EngineName;

/** A model as an engine gets it. Without more than its files it is ONNX, executed by ONNX Runtime. */
export interface TargetModel extends ModelBytes {
  readonly engine?: EngineName;
  /** What the files are that the engine gets. */
  readonly executed?: ModelFormat;
  readonly source?: ModelSource;
  /** The shape of one sample, where the folder says it: for sizes that the file leaves open. */
  readonly sample?: readonly number[];
  /** What is done to pictures before they are samples, where the folder says it. */
  readonly pictures?: PicturePreparation;
  /** Of a target of texts. */
  readonly tokenizer?: TokenizerFiles;
}

/** What the user gave. */
export interface ModelSource {
  readonly format: ModelFormat;
  /** Of the files that were read. */
  readonly cards: TargetCard['files'];
  /** What was done with them, one sentence each. */
  readonly notes: readonly string[];
}

export interface PreparedTarget {
  readonly config: FileTargetConfig;
  readonly model: TargetModel;
}

/**
 * Reads the model that a config names, brings it to where an engine executes it, and fills in what the config leaves out and
 * the model's folder says.
 *
 * @param config with absolute paths
 * @throws AssayError `model`, `config`, or `operator` where an engine was asked for that cannot execute the model
 */
export async function prepareTarget(config: FileTargetConfig, engine: EngineChoice = 'auto'): Promise<PreparedTarget> {
  const read = await readModelFile(config.file);
  const completed = await completedBy(config, read);
  const { tokenizer, cards } = await readTokenizerFiles(config, read);
  const more = [...(await preprocessorCards(config.preprocessor)), ...cards];
  const model = await prepareModel(read, engine, completed.notes, more);
  return {
    config: completed.config,
    model: {
      ...model,
      ...(completed.sample === null ? {} : { sample: completed.sample }),
      ...(completed.pictures === null ? {} : { pictures: completed.pictures }),
      ...(tokenizer === null ? {} : { tokenizer }),
    },
  };
}

/**
 * Decides what executes a model. What is no ONNX is lowered to it, which ONNX Runtime executes several times faster than
 * TensorFlow.js; what cannot be lowered, and what was asked to, runs on TensorFlow.js.
 *
 * @param more files that decide what the target computes
 */
export async function prepareModel(
  read: ReadModel,
  engine: EngineChoice = 'auto',
  notes: readonly string[] = [],
  more: TargetCard['files'] = [],
): Promise<TargetModel> {
  const { main, files, format } = read;
  const cards = [...read.cards, ...more];
  const asItIs = (others: readonly string[]): TargetModel => ({
    ...{ main, files, executed: format },
    engine: 'tfjs',
    source: { format, cards, notes: [...notes, ...others] },
  });
  if (format === 'onnx') {
    return {
      main,
      files,
      executed: 'onnx',
      engine: engine === 'tfjs' ? 'tfjs' : 'onnx',
      source: { format, cards, notes },
    };
  }
  // Before anything of it reaches TensorFlow, which would run whatever a SavedModel asks for.
  if (format === 'saved-model') checkSavedModel(read);
  if (engine === 'tfjs' && IS_TENSORFLOW[format]) return asItIs([]);
  try {
    const { model, notes: lowering } = await lowerToOnnx(read, format);
    return {
      ...{ main, files: underName(main, model), executed: 'onnx' },
      engine: engine === 'tfjs' ? 'tfjs' : 'onnx',
      source: { format, cards, notes: [...notes, loweringNote(format), ...lowering] },
    };
  } catch (thrown) {
    if (!(thrown instanceof AssayError) || thrown.code !== 'operator') throw thrown;
    if (engine === 'onnx' || !IS_TENSORFLOW[format] || CODE.test(thrown.what)) throw thrown;
    return asItIs([`It runs on TensorFlow.js, for it cannot be brought to ONNX: ${thrown.what}.`]);
  }
}

/** A layer that is code is refused by every engine. */
const CODE = /\bcode\b.*never run/;

/** The graph takes the name of the file that it came from, which is what messages call it. */
function underName(main: string, model: ModelBytes): ModelBytes['files'] {
  return new Map([...model.files].map(([name, bytes]) => [name === model.main ? main : name, bytes]));
}

/** What the engine `tfjs` reads as it is; it executes those of Keras by way of the graph. */
const IS_TENSORFLOW: Readonly<Record<ModelFormat, boolean>> = {
  onnx: false,
  'tfjs-layers': true,
  'tfjs-graph': true,
  keras: false,
  'keras-h5': false,
  'saved-model': true,
};

/** Formats in words, as the target's card has them. */
export const FORMAT_WORDS: Readonly<Record<ModelFormat, string>> = {
  onnx: 'ONNX',
  'tfjs-layers': 'TensorFlow.js LayersModel',
  'tfjs-graph': 'TensorFlow.js GraphModel',
  keras: 'Keras 3 (.keras)',
  'keras-h5': 'Keras (HDF5)',
  'saved-model': 'TensorFlow SavedModel',
};

function loweringNote(format: ModelFormat): string {
  const written = isWritable(format) ? '' : '; models that are trained from it are written as ONNX';
  return `The ${FORMAT_WORDS[format]} was brought to an ONNX graph, which is executed${written}.`;
}
