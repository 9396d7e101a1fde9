import { dirname, resolve } from 'node:path';
import { complete, configDigest } from './complete.js';
import { readBaseline } from './baseline.js';
import { findConfig, nameIn } from './document/find.js';
import { isCode, readCode, readDocument } from './document/read.js';
import type { LoadedConfig } from './loaded.js';
import { failWith, nameOf, positionKey, type Place } from './place.js';
import { loadPolicy } from './policy.js';
import { Config, type ExecutionConfig } from './schema.js';
import { contradictions } from './semantics.js';
import { notYet } from './not-yet.js';
import { unfilled } from './unfilled.js';
import { examine } from './validate.js';
import { show } from './wording/show.js';

export interface LoadOptions {
  /** The folder that configs are looked for in, and that the overrides are relative to. */
  readonly cwd: string;
  /** Whether modules that a JSON or YAML config names may be imported: --allow-code. */
  readonly allowCode: boolean;
  /** What the command line says instead of the file; paths are relative to `cwd`. */
  readonly overrides?: {
    readonly policy?: string;
    readonly baseline?: string;
    readonly out?: string;
    readonly execution?: Pick<ExecutionConfig, 'workers' | 'batchSize'>;
  };
}

/**
 * Reads, checks and completes a config and its policy. Without a path, the one `assay.config.*` of `cwd` is read.
 * Whether the files that it names exist is found out where they are read.
 *
 * Throws an AssayError: `config` (unreadable, ill-formed, incomplete or contradictory, code that was not allowed) or
 * `policy`.
 */
export async function loadConfig(path: string | undefined, options: LoadOptions): Promise<LoadedConfig> {
  const { cwd, overrides = {} } = options;
  const file = path === undefined ? await findConfig(cwd) : resolve(cwd, path);
  const named = { path: file, name: nameIn(cwd, file), code: 'config' } as const;
  const { value, positions } = isCode(file)
    ? { value: await readCode(named), positions: undefined }
    : await readDocument(named);
  const place: Place = { code: 'config', file: named.name, path: [], positions };
  const config = checkConfig(value, place);
  const allowCode = isCode(file) || options.allowCode;
  if (!allowCode) refuseModules(config, place);
  const policy = overrides.policy ?? (config.policy && resolve(dirname(file), config.policy));
  const baseline = overrides.baseline ?? (config.baseline && resolve(dirname(file), config.baseline));
  const out = overrides.out === undefined ? {} : { out: resolve(cwd, overrides.out) };
  const execution = { ...config.execution, ...overrides.execution };
  const completed = complete({ ...config, ...out, execution }, dirname(file));
  return {
    file,
    config: completed,
    digest: configDigest(completed),
    policy: await loadPolicy(policy ?? null, cwd),
    baseline: await readBaseline(baseline ?? null, cwd),
    allowCode,
    ...(positions === undefined ? {} : { positions }),
  };
}

/** Checks a config that was read from a file, or written as a value. Throws an AssayError of code `config`. */
export function checkConfig(value: unknown, place: Place): Config {
  const blanks = [...unfilled(value), ...notYet(value)];
  const blankPaths = new Set(blanks.map(({ path }) => positionKey(path)));
  const examined = examine(Config, value, []);
  const others = examined.problems.filter(({ path }) => !blankPaths.has(positionKey(path)));
  if (blanks.length + others.length > 0) failWith([...blanks, ...others], place);
  const config = examined.value as Config;
  const problems = contradictions(config);
  if (problems.length > 0) failWith(problems, place);
  return config;
}

/** Data never runs anything: what it names as code needs the word of whoever starts the run. */
function refuseModules({ plugins = [], target }: Config, place: Place): void {
  const named = [
    ...(plugins.length === 0 ? [] : [{ path: ['plugins'], value: plugins, what: 'plugins are code', it: 'them' }]),
    ...(target?.module === undefined
      ? []
      : [{ path: ['target', 'module'], value: target.module, what: 'a module is code', it: 'it' }]),
    ...(target?.preprocessor?.module === undefined
      ? []
      : [
          {
            path: ['target', 'preprocessor', 'module'],
            value: target.preprocessor.module,
            what: 'a module is code',
            it: 'it',
          },
        ]),
  ];
  if (named.length === 0) return;
  failWith(
    named.map(({ path, value, what, it }) => ({
      path,
      what: `${nameOf(path)} is ${show(value)}, and ${what}`,
      mend: `Add --allow-code if you trust ${it}, or name ${it} in a TypeScript config.`,
    })),
    place,
  );
}
