import { resolve } from 'node:path';
import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import { loadSamples } from '#data/load-samples';
import { storeTable } from '#data/load-table';
import type { SampleFacts } from '#data/sources/source';
import { tableSourceOf } from '#data/stored-table';
import { readNamed } from '#pipeline/named-files';
import type { DataNeed, Evidence, Plugin, RunContext } from '#plugin/plugin';
import { randomStreams } from '#stats/random';
import { requireNativeArrays } from '#target/realm';
import { inMemory, noSamples } from '#target/sample-source';
import type { Samples, Target } from '#target/target';
import type { Audited, MatcherAudit, MatcherData } from './audit.js';
import { isFileSamples, type FileSamples } from './declared.js';
import { judgeLive } from './live-judgement.js';
import { settingsOf } from './settings.js';

/** How many changed inputs are kept. */
const KEEP = 64;

/** Options of a matcher by what plugins read. */
const OPTION_OF: Readonly<Record<DataNeed, string>> = {
  test: 'on',
  train: 'train',
  table: 'table',
  population: 'population',
};

/**
 * Runs one audit of a target that lives in the test itself: the same plugin, judge and pictures as in a run, without
 * worker processes, limits and resuming.
 */
export async function auditLive(target: Target, audit: MatcherAudit): Promise<Audited> {
  requireNativeArrays();
  const settings = await settingsOf(audit);
  const { plugin, options } = settings;
  refuseUnfit(plugin, target, options);
  const data = await dataOf(plugin, target, audit);
  const evidence = await run(plugin, { ...data, target, options }, audit.seed);
  return judgeLive(target, evidence, settings, { out: audit.out, keep: KEEP });
}

/**
 * Samples that are files are read; others are taken as they are.
 *
 * @param option where the matcher is given them
 */
export async function loadedSamples(
  option: string,
  given: Samples | FileSamples | undefined,
  facts: SampleFacts,
  { matcher, seed }: MatcherAudit,
): Promise<Samples> {
  if (given === undefined) throw lacksData(matcher, option);
  return isFileSamples(given) ? (await loadSamples(given.config, facts, seed)).samples : given;
}

function lacksData(matcher: string, option: string): AssayError {
  return new AssayError('usage', { where: matcher, what: `the audit needs data, and \`${option}\` gives none` });
}

function refuseUnfit(plugin: Plugin, target: Target, options: JsonObject): void {
  const unfit = plugin.appliesTo?.(target, options) ?? null;
  if (unfit !== null)
    throw new AssayError('usage', { where: plugin.id, what: `does not apply to this target: ${unfit}` });
  const lacking = plugin.needs.find((capability) => !target.capabilities.has(capability));
  if (lacking !== undefined) {
    const because = target.missing.get(lacking) ?? 'this kind of target has none';
    throw new AssayError('usage', {
      where: plugin.id,
      what: `needs \`${lacking}\` of the target: ${because.replace(/\.$/, '')}`,
    });
  }
}

type Data = Pick<RunContext<JsonObject>, 'test' | 'train' | 'table' | 'population'>;

async function dataOf(plugin: Plugin, target: Target, audit: MatcherAudit): Promise<Data> {
  const reads = (need: DataNeed) => plugin.data.includes(need);
  const samplesFor = async (need: 'test' | 'train') =>
    inMemory(await loadedSamples(OPTION_OF[need], audit.data[need], target, audit));
  return {
    test: reads('test') ? await samplesFor('test') : noSamples(target.domain.shape),
    train: reads('train') ? await samplesFor('train') : null,
    table: reads('table') ? await loadedTable(audit.data.table, audit) : null,
    population: reads('population') ? await loadedPopulation(audit.data.population, audit) : null,
  };
}

async function loadedTable(given: MatcherData['table'], { matcher }: MatcherAudit): Promise<Data['table']> {
  if (given === undefined) throw lacksData(matcher, OPTION_OF.table);
  return tableSourceOf((await storeTable(given.config)).stored);
}

async function loadedPopulation(
  given: MatcherData['population'],
  { matcher }: MatcherAudit,
): Promise<Data['population']> {
  if (given === undefined) throw lacksData(matcher, OPTION_OF.population);
  return tableSourceOf((await storeTable({ ...given, roles: {} })).stored);
}

function run(
  plugin: Plugin,
  context: Data & Pick<RunContext<JsonObject>, 'target' | 'options'>,
  seed: number | string,
): Promise<Evidence<unknown>> {
  return plugin.run({
    ...context,
    // As a config that lies beside `package.json` would have it.
    readFile: (path) => readNamed(path, resolve('assay.config.json')),
    random: randomStreams(seed, plugin.id),
    keep: KEEP,
    step: (_name, compute) => compute(),
    bookmark: () => ({ recall: () => Promise.resolve(null), keep: () => Promise.resolve() }),
    progress: () => undefined,
  });
}
