import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { KindGuard } from '@sinclair/typebox';
import { AssayError, messageOf } from '#base/errors';
import { importModule } from '#config/document/module';
import type { Plugin } from './plugin.js';

export interface LoadPluginsOptions {
  /** The file, or folder, that names the modules: packages are looked up from there. */
  readonly from: string;
}

/**
 * Imports plugins of others: the default export and every named export that is a plugin or the factory of one. They are
 * code; the caller has asked whether that is allowed.
 *
 * @param specifiers absolute paths, or names of packages
 * @throws AssayError `plugin` where a module cannot be loaded, has no plugin, or one that is not whole
 */
export async function loadPlugins(
  specifiers: readonly string[],
  { from }: LoadPluginsOptions,
): Promise<readonly Plugin[]> {
  const plugins: Plugin[] = [];
  for (const specifier of specifiers) plugins.push(...(await pluginsOf(specifier, from)));
  return plugins;
}

async function pluginsOf(specifier: string, from: string): Promise<Plugin[]> {
  const exported = await load(specifier, from);
  const found = candidates(exported).map((candidate) => checked(candidate, specifier));
  if (found.length === 0) {
    throw new AssayError('plugin', {
      where: specifier,
      what: 'the module exports no plugin',
      mend: 'Export what `defineAttack`, `defineDefense` or `defineProbe` gives.',
    });
  }
  return found;
}

async function load(specifier: string, from: string): Promise<unknown> {
  if (isAbsolute(specifier)) {
    return importModule({ path: specifier, name: specifier, code: 'plugin' });
  }
  try {
    const path = createRequire(existsSync(join(from, '.')) ? join(from, '_') : from).resolve(specifier);
    return (await import(pathToFileURL(path).href)) as unknown;
  } catch (cause) {
    throw new AssayError('plugin', {
      where: specifier,
      what: `the module cannot be loaded: ${messageOf(cause)}`,
      mend: 'Is the package installed where the config lies?',
      cause,
    });
  }
}

/** Plain plugins and factories among the exports of a module; CommonJS modules come wrapped in `default`. */
function candidates(exported: unknown): object[] {
  if (looksLikePlugin(exported)) return [exported];
  if (typeof exported !== 'object' || exported === null) return [];
  const values = Object.values(exported).flatMap((value: unknown) =>
    typeof value === 'object' && value !== null && !looksLikePlugin(value) ? Object.values(value) : [value],
  );
  return [...new Set(values.map(unwrapped).filter(looksLikePlugin))];
}

function unwrapped(value: unknown): unknown {
  return typeof value === 'function' && 'plugin' in value ? value.plugin : value;
}

function looksLikePlugin(value: unknown): value is object {
  return typeof value === 'object' && value !== null && 'id' in value && 'kind' in value && 'judge' in value;
}

const TEXTS = ['id', 'area', 'title', 'failureTitle', 'description', 'severity', 'advice'] as const;
const FUNCTIONS = ['cost', 'run', 'judge', 'details'] as const;

function checked(candidate: object, specifier: string): Plugin {
  const field = (name: string): unknown => (candidate as Record<string, unknown>)[name];
  const lacking = [
    ...TEXTS.filter((name) => typeof field(name) !== 'string'),
    ...FUNCTIONS.filter((name) => typeof field(name) !== 'function'),
    ...['options', 'policy'].filter((name) => !KindGuard.IsKind(field(name))),
    ...['sources', 'needs', 'data'].filter((name) => !Array.isArray(field(name))),
    ...['frameworks', 'presets'].filter((name) => typeof field(name) !== 'object' || field(name) === null),
  ];
  if (lacking.length > 0) {
    throw new AssayError('plugin', {
      where: specifier,
      what: `the plugin ${String(field('id'))} lacks, or has in the wrong type: ${lacking.join(', ')}`,
    });
  }
  const plugin = candidate as Plugin;
  const isPackage = !isAbsolute(specifier);
  if (isPackage && !plugin.id.startsWith(`${specifier}/`)) {
    throw new AssayError('plugin', {
      where: specifier,
      what: `the plugin id \`${plugin.id}\` does not begin with the name of its package`,
      mend: `Call it \`${specifier}/...\`, so that ids of different authors never meet.`,
    });
  }
  return plugin;
}
