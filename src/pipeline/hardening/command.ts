import { existsSync } from 'node:fs';
import { basename, relative, resolve } from 'node:path';
import { AssayError } from '#base/errors';
import { flagsOf, quoted } from '../command.js';
import type { PlanOptions } from '../types.js';
import type { RecipeChoice } from './recipe.js';

type Said = RecipeChoice & Pick<PlanOptions, 'sample' | 'seed' | 'device'> & { readonly cwd: string };

/** The command that repeats a hardening. Without folders and what changes no result: equal hardenings have equal commands. */
export function commandOf(config: string, said: Said): string {
  return words(basename(config), said, (path) => basename(path));
}

/** The command that goes on with a hardening, from the folder that this process works in. */
export function resumeCommandOf(config: string, said: Said & Pick<PlanOptions, 'only'>, folder: string): string {
  const { only = [], cwd } = said;
  const fromHere = (path: string): string => relative(process.cwd(), resolve(cwd, path));
  const chosen = only.length === 0 ? '' : ` --only ${quoted(only.join(','))}`;
  return `${words(fromHere(config), said, fromHere)}${chosen} --resume ${quoted(folder)}`;
}

function words(config: string, said: Said, shown: (path: string) => string): string {
  const { recipe, method, epsilon, epochs } = said;
  return [
    'assay harden',
    quoted(config),
    ...(typeof recipe === 'string' ? [`--recipe ${quoted(shown(recipe))}`] : []),
    ...(method === undefined ? [] : [`--method ${quoted(method)}`]),
    ...(epsilon === undefined ? [] : [`--epsilon ${epsilon}`]),
    ...(epochs === undefined ? [] : [`--epochs ${epochs}`]),
    ...flagsOf(said),
  ].join(' ');
}

/** What is wrong with files and not with the usage: once something ran, it is no longer bad input. */
const FILES = new Set(['model', 'operator', 'data', 'config', 'output']);

/** What ended a hardening under way, with the command that goes on with it; as it is before there is anything to go on with. */
export function underWay(thrown: unknown, folder: string, again: string): unknown {
  if (!(thrown instanceof AssayError) || !existsSync(folder)) return thrown;
  if (thrown.code === 'interrupted') {
    return new AssayError('interrupted', {
      where: folder,
      what: 'the hardening was interrupted',
      mend: `Go on with \`${again}\`.`,
      cause: thrown,
    });
  }
  if (!FILES.has(thrown.code) && !isOfDisk(thrown)) return thrown;
  const { what, where = folder } = thrown;
  return new AssayError('run', { where, what, mend: `Mend that and go on with \`${again}\`.`, cause: thrown });
}

/** A run that the disk ended says how an audit goes on, and a hardening is none. */
function isOfDisk({ code, cause, mend }: AssayError): boolean {
  return code === 'run' && (mend === undefined || (cause instanceof AssayError && cause.code === 'output'));
}
