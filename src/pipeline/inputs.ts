import { AssayError } from '#base/errors';
import type { Tensor } from '#base/tensor';
import type { CompleteConfig } from '#config/loaded';
import type { TargetConfig } from '#config/schema';
import { withoutTokenizer } from '#config/target-paths';
import { storeSamples, type LoadedStore } from '#data/load-samples';
import { loadPopulation, loadTable, type LoadedTable } from '#data/load-table';
import type { PicturePreparation, SampleFacts } from '#data/sources/source';
import type { Tokenizer } from '#data/text/tokenizer';
import { releaseSamples, sourceOf, type StoredSamples } from '#data/streams/stored-samples';
import { readBlackBox } from '#target/black-box/configured';
import { isBlackBox } from '#target/black-box/declare';
import { declareTarget, type Declaration } from '#target/declare';
import { prepareTarget, type EngineChoice, type TargetModel } from '#target/formats/prepare';
import type { RunInputs, TargetFiles } from './types.js';

/** What a config names, read once. */
export interface ReadInputs {
  readonly target: TargetFiles | null;
  readonly test: LoadedStore | null;
  readonly train: LoadedStore | null;
  readonly table: LoadedTable | null;
  readonly population: LoadedTable | null;
  /** What further samples of the target are read for; null where there is no target. */
  readonly facts: SampleFacts | null;
}

/** Real samples that a target is opened on. */
const PROBE = 64;

/**
 * Reads the model and all data of a config, and checks the one against the other.
 *
 * @param sample overrides how many test samples are drawn
 * @throws AssayError `model`, `config` or `data`
 */
export async function readInputs(
  { target, data, engine }: CompleteConfig,
  seed: number | string,
  sample: number | undefined,
): Promise<ReadInputs> {
  const tables = {
    table: data.table === undefined ? null : await loadTable(data.table),
    population: data.population === undefined ? null : await loadPopulation(data.population),
  };
  if (target === undefined) return { target: null, test: null, train: null, ...tables, facts: null };
  const { config, model, declaration, pictures, tokenizer } = await readTarget(target, engine);
  const { domain, head, labels } = declaration;
  const facts = { domain, head };
  const named = { ...facts, labels, pictures, tokenizer };
  const { groups } = data;
  const ofTest = { sample, role: 'test', groups } as const;
  const test = data.test === undefined ? null : await storeSamples(data.test, named, seed, ofTest);
  const train = data.train === undefined ? null : await storeSamples(data.train, named, seed, { role: 'train' });
  const probe = await probeOf((test ?? train ?? withoutSamples()).stored);
  return {
    target: {
      config: withoutPaths(config, model.main, labels),
      model,
      facts: { ...facts, ...(train === null ? {} : { trainGroups: train.stored.groups.map(({ name }) => name) }) },
      labels,
      probe,
    },
    test,
    train,
    ...tables,
    facts: named,
  };
}

/** Closes the files of samples that are too large for the memory. Nothing can be run on the inputs after that. */
export function releaseInputs({ test, train }: Pick<RunInputs, 'test' | 'train'>): void {
  releaseSamples(test);
  releaseSamples(train);
}

interface ReadTarget {
  readonly config: TargetConfig;
  readonly model: TargetModel;
  readonly declaration: Declaration;
  readonly pictures: PicturePreparation | null;
  readonly tokenizer: Tokenizer | null;
}

/** Of a file as it is brought to where an engine executes it, or of whatever else answers. */
async function readTarget(target: TargetConfig, engine: EngineChoice): Promise<ReadTarget> {
  if (isBlackBox(target)) return { config: target, ...(await readBlackBox(target)), pictures: null, tokenizer: null };
  const { config, model } = await prepareTarget(target, engine);
  const { pictures, tokenizer, ...declaration } = await declareTarget(config, model);
  return { config, model, declaration, pictures, tokenizer };
}

/** Workers get no path: what the paths led to is in the config itself, or in the model's bytes. */
function withoutPaths(config: TargetConfig, main: string, labels: readonly string[] | null): TargetConfig {
  const named = labels === null ? {} : { labels: [...labels] };
  if (isBlackBox(config)) return { ...config, ...named };
  const { labels: _, ...rest } = config;
  return { ...rest, domain: withoutTokenizer(config.domain), file: main, ...named };
}

/** Copied: a view would send the whole data set along. */
async function probeOf(stored: StoredSamples): Promise<Tensor> {
  const { inputs } = await sourceOf(stored).range(0, Math.min(PROBE, stored.indices.length));
  return { shape: inputs.shape, data: inputs.data.slice() };
}

function withoutSamples(): never {
  throw new AssayError('config', {
    what: '`data.test` is missing, and a target is opened on real samples',
    mend: 'Name the inputs and labels of a test set.',
  });
}
