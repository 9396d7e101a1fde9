import { availableParallelism } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { digestOfJson, type Digest } from '#base/digest';
import type { CompleteConfig } from './loaded.js';
import type { Config, SamplesConfig } from './schema.js';
import { absoluteTarget, decisiveTarget } from './target-paths.js';

/** A config with every default filled in, and with absolute paths: those in it are relative to `folder`. */
export function complete(config: Config, folder: string): CompleteConfig {
  const { target, data = {}, execution = {} } = config;
  const absolute = (path: string) => resolve(folder, path);
  const workers = execution.workers ?? 1;
  return {
    ...(target === undefined ? {} : { target: absoluteTarget(target, absolute) }),
    data: {
      ...(data.test === undefined ? {} : { test: absoluteSamples(data.test, absolute) }),
      ...(data.train === undefined ? {} : { train: absoluteSamples(data.train, absolute) }),
      ...(data.table === undefined ? {} : { table: { ...data.table, file: absolute(data.table.file) } }),
      ...(data.population === undefined
        ? {}
        : { population: { ...data.population, file: absolute(data.population.file) } }),
      ...(data.groups === undefined ? {} : { groups: absolute(data.groups) }),
    },
    engine: config.engine ?? 'auto',
    device: config.device ?? 'auto',
    seed: config.seed ?? 0,
    plugins: (config.plugins ?? []).map((name) => (isPath(name) ? absolute(name) : name)),
    audits: config.audits,
    explain: config.explain ?? {},
    ...(config.anonymize === undefined ? {} : { anonymize: config.anonymize }),
    out: absolute(config.out ?? 'assay-runs'),
    samples: config.samples ?? (declaresPersonalData(config) ? 'ids' : 'show'),
    language: config.language ?? 'en',
    keep: config.keep ?? 64,
    execution: {
      workers,
      threads: execution.threads ?? Math.max(1, Math.floor(availableParallelism() / workers)),
      batchSize: execution.batchSize ?? 128,
      memoryMiB: execution.memoryMiB ?? 4096,
      ...(execution.cellMinutes === undefined ? {} : { cellMinutes: execution.cellMinutes }),
    },
  };
}

/** Roles say what of a person a column tells; inputs of such a run are named by their index unless the config says else. */
function declaresPersonalData({ data }: Config): boolean {
  return Object.values(data?.table?.roles ?? {}).some((role) => role !== 'insensitive');
}

/**
 * Of everything in a config that decides the result of an audit. Left out: `explain`, `anonymize`, `out`, `execution`, `language`,
 * and where files and modules lie (what is in them has digests of its own). The policy and the baseline too have their own.
 */
export function configDigest(config: CompleteConfig): Digest {
  const { target, data } = config;
  return digestOfJson({
    target: target && decisiveTarget(target),
    data: {
      test: data.test && withoutPaths(data.test),
      train: data.train && withoutPaths(data.train),
      table: data.table && { ...data.table, file: undefined },
      population: data.population && { ...data.population, file: undefined },
    },
    engine: config.engine,
    device: config.device,
    seed: config.seed,
    audits: config.audits,
    samples: config.samples,
    keep: config.keep,
  });
}

/** Samples with every path in them made absolute. */
export function absoluteSamples(samples: SamplesConfig, absolute: (path: string) => string): SamplesConfig {
  const { inputs, labels, columns, groups, pictures } = samples;
  return {
    ...samples,
    inputs: absolute(inputs),
    // Of a table it is the name of a column.
    ...(labels === undefined ? {} : { labels: columns === undefined ? absolute(labels) : labels }),
    ...(typeof groups === 'string' ? { groups: absolute(groups) } : {}),
    ...(typeof pictures === 'string' ? { pictures: absolute(pictures) } : {}),
  };
}

function withoutPaths(samples: SamplesConfig) {
  const { columns, labels, groups, pictures } = samples;
  return {
    ...samples,
    inputs: undefined,
    labels: columns === undefined ? undefined : labels,
    groups: typeof groups === 'string' ? undefined : groups,
    pictures: typeof pictures === 'string' ? undefined : pictures,
  };
}

/** Modules are named as Node names them: a path begins with a dot or a slash, all else is a package. */
function isPath(module: string): boolean {
  return module.startsWith('./') || module.startsWith('../') || isAbsolute(module);
}
