import { AssayError } from '#base/errors';
import { rowRange, rowsOf, type Tensor } from '#base/tensor';
import type { CompleteConfig } from '#config/loaded';
import type { TargetConfig } from '#config/schema';
import { loadSamples, type LoadedSamples } from '#data/load-samples';
import { loadTable, type LoadedTable } from '#data/load-table';
import { declareTarget } from '#target/declare';
import { readModelFile } from '#target/read-model';
import type { TargetFiles } from './types.js';

/** What a config names, read once. */
export interface ReadInputs {
  readonly target: TargetFiles | null;
  readonly test: LoadedSamples | null;
  readonly train: LoadedSamples | null;
  readonly table: LoadedTable | null;
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
  { target, data }: CompleteConfig,
  seed: number | string,
  sample: number | undefined,
): Promise<ReadInputs> {
  const table = data.table === undefined ? null : await loadTable(data.table);
  if (target === undefined) return { target: null, test: null, train: null, table };
  const { main, files } = await readModelFile(target.file);
  const { domain, head, labels } = await declareTarget(target, { main, files });
  const facts = { domain, head };
  const test = data.test === undefined ? null : await loadSamples(data.test, facts, seed, { sample, role: 'test' });
  const train = data.train === undefined ? null : await loadSamples(data.train, facts, seed, { role: 'train' });
  const probe = probeOf((test ?? train ?? withoutSamples()).samples.inputs);
  return {
    target: { config: withoutPaths(target, main, labels), model: { main, files }, facts, labels, probe },
    test,
    train,
    table,
  };
}

/** Workers get no path: what the paths led to is in the config itself, or in the model's bytes. */
function withoutPaths(config: TargetConfig, main: string, labels: readonly string[] | null): TargetConfig {
  const { labels: _, ...rest } = config;
  return { ...rest, file: main, ...(labels === null ? {} : { labels: [...labels] }) };
}

/** Copied: a view would send the whole data set along. */
function probeOf(inputs: Tensor): Tensor {
  const { shape, data } = rowRange(inputs, 0, Math.min(PROBE, rowsOf(inputs)));
  return { shape, data: data.slice() };
}

function withoutSamples(): never {
  throw new AssayError('config', {
    what: '`data.test` is missing, and a target is opened on real samples',
    mend: 'Name the inputs and labels of a test set.',
  });
}
