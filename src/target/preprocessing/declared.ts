import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { digestOfBytes } from '#base/digest';
import { AssayError, messageOf } from '#base/errors';
import { closest } from '#config/closest';
import { importModule } from '#config/document/module';
import type { PreprocessorConfig } from '#config/preprocessing';
import { decodeModel } from '#engine/index';
import type { TargetCard } from '#report/report';
import type { TargetModel } from '../formats/prepare.js';
import type { Preprocessor } from './preprocessed.js';

/**
 * Reads the module of a preprocessor, and runs nothing.
 *
 * @param declared with an absolute path
 * @throws AssayError `config` where the file cannot be read
 */
export async function preprocessorCards(declared: PreprocessorConfig | undefined): Promise<TargetCard['files']> {
  const path = declared?.module;
  if (path === undefined) return [];
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new AssayError('config', {
      where: path,
      what: `the file of \`target.preprocessor.module\` cannot be read (${messageOf(cause)})`,
      mend: 'Paths are relative to the configuration file.',
      cause,
    });
  });
  return [{ name: basename(path), sha256: digestOfBytes(bytes), bytes: bytes.length }];
}

/**
 * Runs the module of a declared preprocessor and takes its functions: exported by name, or as members of the default export.
 * Null where there is none, or the model file holds it.
 *
 * @param declared with an absolute path, of a config that may name code
 * @throws AssayError `model` where the module fails, or exports no function `apply`
 */
export async function preprocessorOf(declared: PreprocessorConfig | undefined): Promise<Preprocessor | null> {
  const path = declared?.module;
  if (path === undefined) return null;
  const name = basename(path);
  const exported = await importModule({ path, name, code: 'model' });
  const { default: main } = exported;
  const members = typeof main === 'object' && main !== null ? { ...main, ...exported } : exported;
  if (isModule(members)) return members.backward === undefined ? { apply: members.apply } : members;
  throw new AssayError('model', {
    where: name,
    what: 'the module exports no function `apply`',
    mend: 'Write `export function apply(batch) { ... }`; `batch` has `shape` and `data`, and so has what it gives.',
  });
}

/** What the functions give is checked each time. */
function isModule(members: object): members is Preprocessor {
  const isFunction = (name: string): boolean => typeof (members as Record<string, unknown>)[name] === 'function';
  return isFunction('apply') && (isFunction('backward') || !('backward' in members));
}

/**
 * Checks the name of a preprocessor's last value against the graph that is executed, without executing it.
 *
 * @throws AssayError `config` that names the nearest value
 */
export function requirePreprocessorOutput(declared: PreprocessorConfig | undefined, model: TargetModel): void {
  const output = declared?.output;
  if (output === undefined) return;
  if ((model.executed ?? 'onnx') !== 'onnx') {
    throw new AssayError('config', {
      where: model.main,
      what: `\`target.preprocessor.output\` is "${output}", and TensorFlow.js executes this model by itself, where no value has a name`,
      mend: 'Set `engine` to "onnx", or declare the preprocessor as a module.',
    });
  }
  const values = decodeModel(model).nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== ''));
  if (values.includes(output)) return;
  const near = closest(output, values);
  throw new AssayError('config', {
    where: model.main,
    what: `\`target.preprocessor.output\` is "${output}", and no node of the model gives such a value`,
    mend:
      near === null
        ? 'Look at the names of its values, for example with Netron: a value between the input and the scores.'
        : `Did you mean "${near}"?`,
  });
}
