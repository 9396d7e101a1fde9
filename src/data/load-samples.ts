import { digestOfBytes, digestOfJson, type Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import { grouped } from '#base/format';
import { canonicalJson } from '#base/json';
import type { SamplesConfig } from '#config/schema';
import type { DataCard } from '#report/report';
import { takeLabels } from '#target/head';
import { takeGroups, type GroupColumn } from '#target/sample-source';
import type { Samples } from '#target/target';
import { drawStratified } from './draw.js';
import { bytesOf } from './elements.js';
import { isFolder } from './images/folder.js';
import { countLabels, strataOf } from './sample-labels.js';
import { arraySource } from './sources/arrays.js';
import { pictureSource } from './sources/pictures.js';
import type { SampleFacts, Source, SourceConfig } from './sources/source.js';
import { groupsFile, tableSource } from './sources/tables.js';
import { textSource } from './sources/texts.js';
import { HELD_BYTES } from './streams/byte-source.js';
import type { InputStream } from './streams/input-stream.js';
import { holdInputs, storeInputs, type InputFacts, type KeptInputs } from './streams/store-inputs.js';
import { ownSamples, type StoredSamples } from './streams/stored-samples.js';

export interface LoadedSamples {
  readonly samples: Samples;
  /** Which groups the samples belong to, one value each. */
  readonly groups: readonly GroupColumn[];
  readonly card: DataCard;
}

export interface LoadedStore {
  readonly stored: StoredSamples;
  readonly card: DataCard;
}

export interface SamplesOverride {
  /** Instead of the config's `sample`. */
  readonly sample?: number | undefined;
  /** How many are drawn at most where neither says; default all. */
  readonly most?: number;
  /** What the card calls the data; default `test`. */
  readonly role?: string;
  /** A table with a row for each sample, whose columns are groups; an absolute path. */
  readonly groups?: string | undefined;
  /** Exactly these of the data set, instead of a draw. */
  readonly indices?: readonly number[] | undefined;
  /** Up to this size files and inputs are held in memory. Default 64 MiB; changes no result. */
  readonly heldBytes?: number;
}

/**
 * Reads samples with their truth, checks all of them against the target (of pictures those that are drawn), and draws
 * the asked number: stratified by label, seeded, in ascending order. `indices` of the result count in the whole data set.
 * All inputs are held as one tensor; {@link storeSamples} is for more than the memory has room for.
 *
 * @param config with absolute paths
 * @throws AssayError `data` where a file cannot be read or does not fit the target
 */
export async function loadSamples(
  config: SamplesConfig,
  facts: SampleFacts,
  seed: number | string,
  override: SamplesOverride = {},
): Promise<LoadedSamples> {
  const { inputs, labels, indices, shape, groups, card } = await drawInputs(config, facts, seed, override, holdInputs);
  const samples: Samples = { inputs: { shape: [indices.length, ...shape], data: inputs.data }, labels, indices };
  return { samples, groups, card };
}

/**
 * Reads and draws samples as {@link loadSamples} does, and keeps large inputs in a file without a name. To be released by
 * `releaseSamples`.
 *
 * @throws AssayError `data` as there; `output` where there is no space for that file
 */
export async function storeSamples(
  config: SamplesConfig,
  facts: SampleFacts,
  seed: number | string,
  override: SamplesOverride = {},
): Promise<LoadedStore> {
  const { card, ...stored } = await drawInputs(config, facts, seed, override, storeInputs);
  return { stored: ownSamples(stored), card };
}

type Keep<Inputs> = (stream: () => InputStream, facts: InputFacts, heldBytes: number) => Promise<KeptInputs<Inputs>>;

/** @param keep reads all of a stream of inputs */
async function drawInputs<Inputs>(
  config: SamplesConfig,
  facts: SampleFacts,
  seed: number | string,
  override: SamplesOverride,
  keep: Keep<Inputs>,
): Promise<Omit<StoredSamples, 'inputs'> & { readonly inputs: Inputs; readonly card: DataCard }> {
  const { head, domain } = facts;
  const heldBytes = override.heldBytes ?? HELD_BYTES;
  const { groups: own, ...rest } = config;
  const source = await sourceOf({ ...rest, groups: typeof own === 'string' ? undefined : own }, facts, heldBytes);
  const { available } = source;
  const files = [override.groups, typeof own === 'string' ? own : undefined].filter((file) => file !== undefined);
  const beside = await Promise.all(files.map((file) => groupsFile(file, available)));
  const asked = override.sample ?? config.sample ?? Math.min(available, override.most ?? Infinity);
  const indices =
    override.indices === undefined
      ? draw(strataOf(source.labels, head), asked, seed)
      : existing(override.indices, available, config.inputs);
  const groups = distinctGroups([...source.groups, ...beside.flatMap((file) => file.groups)], config.inputs);
  const place = { samples: indices.length, shape: domain.shape, name: config.inputs };
  const { inputs, digest } = await keep(() => source.stream(indices), place, heldBytes);
  const truth = { shape: domain.shape, labels: takeLabels(source.labels, indices), indices };
  return {
    ...truth,
    inputs,
    groups: takeGroups(groups, indices),
    card: {
      role: override.role ?? 'test',
      files: [...source.files(), ...beside.map((file) => file.card)],
      digest: digestOfSamples(truth, digest),
      available,
      used: indices.length,
      drawn: withRemark(
        source,
        override.indices === undefined
          ? drawnInWords(available, asked, facts, seed)
          : `${grouped(indices.length)} of ${grouped(available)} samples, by their indices`,
      ),
      classes: facts.truth === 'none' ? [] : countLabels(truth.labels, head),
      columns: groups.map(({ name }) => ({ name, role: 'group' })),
    },
  };
}

async function sourceOf(config: SourceConfig, facts: SampleFacts, heldBytes: number): Promise<Source> {
  const { columns } = config;
  if (facts.domain.kind === 'text') return textSource(config, facts);
  if (columns !== undefined) return tableSource({ ...config, columns }, facts);
  const other = (['groups', 'delimiter', 'encoding'] as const).find((key) => config[key] !== undefined);
  if (other !== undefined) {
    throw new AssayError('config', {
      where: config.inputs,
      what: `\`${other}\` is given, and only a table has that`,
      mend: 'Name in `columns` the columns of the table that make the input.',
    });
  }
  if (await isFolder(config.inputs)) return pictureSource(config, facts);
  if (config.pictures === undefined) return arraySource(config, facts, heldBytes);
  throw new AssayError('config', {
    where: config.inputs,
    what: '`pictures` is given, and this is no folder of pictures',
  });
}

function distinctGroups(groups: readonly GroupColumn[], where: string): readonly GroupColumn[] {
  const twice = groups.find(({ name }, i) => groups.findIndex((other) => other.name === name) !== i);
  if (twice === undefined) return groups;
  throw new AssayError('data', { where, what: `two columns of groups are named ${JSON.stringify(twice.name)}` });
}

/** Of the values, the truth and the indices, whatever files they came from. */
function digestOfSamples(
  { shape, labels, indices }: Pick<StoredSamples, 'shape' | 'labels' | 'indices'>,
  inputs: Digest,
): Digest {
  return digestOfJson({
    shape: [indices.length, ...shape],
    inputs,
    width: labels.width,
    labels: digestOfBytes(bytesOf(labels.values)),
    indices: digestOfBytes(canonicalJson(indices)),
  });
}

function draw(strata: readonly string[], asked: number, seed: number | string): number[] {
  return asked >= strata.length ? [...strata.keys()] : drawStratified(strata, asked, seed);
}

/** @throws AssayError `usage` where the data has none of an index */
function existing(indices: readonly number[], available: number, where: string): readonly number[] {
  const missing = indices.find((index) => index >= available);
  if (missing === undefined) return indices;
  throw new AssayError('usage', {
    where,
    what: `there is no sample ${missing}: the data has ${grouped(available)}`,
    mend: `Their indices are 0 to ${available - 1}.`,
  });
}

function drawnInWords(available: number, asked: number, { head, truth }: SampleFacts, seed: number | string): string {
  if (asked === available) return `all ${grouped(available)} samples`;
  if (asked > available) return `all ${grouped(available)} samples (${grouped(asked)} were asked for)`;
  const how = head.kind === 'regression' || truth === 'none' ? 'at random' : 'stratified by label';
  return `${grouped(asked)} of ${grouped(available)} samples, drawn ${how} with seed ${seed}`;
}

function withRemark(source: Source, drawn: string): string {
  const remark = source.remark?.() ?? null;
  return remark === null ? drawn : `${drawn}; ${remark}`;
}
