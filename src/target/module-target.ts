import { AssayError } from '#base/errors';
import type { ModuleConfig } from '#config/schema';
import { importModule } from '#config/document/module';
import type { PredictFunctions } from './function-target.js';

/**
 * Runs a module of the user's and takes its functions `predict` and `gradient`: exported by name, or as members of the default
 * export. Only for configs that may name code.
 *
 * @param config with an absolute path
 * @throws AssayError `model` where it fails, or exports no function `predict`
 */
export async function importFunctions(
  { module }: Pick<ModuleConfig, 'module'>,
  name: string,
): Promise<PredictFunctions> {
  const exported = await importModule({ path: module, name, code: 'model' });
  const predict = functionIn(exported, 'predict');
  const gradient = functionIn(exported, 'gradient');
  if (predict === undefined) {
    throw new AssayError('model', {
      where: name,
      what: 'the module exports no function `predict`',
      mend: 'Write `export async function predict(batch) { ... }`; `batch` has `shape` and `data`.',
    });
  }
  return gradient === undefined ? { predict } : { predict, gradient };
}

type AnyFunction = (...values: readonly unknown[]) => unknown;

function functionIn(exported: Readonly<Record<string, unknown>>, name: string): AnyFunction | undefined {
  const { default: main } = exported;
  const members = typeof main === 'object' && main !== null ? (main as Readonly<Record<string, unknown>>) : {};
  const found = exported[name] ?? members[name];
  return typeof found === 'function' ? (found as AnyFunction) : undefined;
}
