import { digestOfBytes, digestOfJson, type Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import { grouped } from '#base/format';
import { canonicalJson } from '#base/json';
import type { SamplesConfig } from '#config/schema';
import type { DataCard } from '#report/report';
import { isContinuous, type ContinuousDomain, type Domain } from '#target/domain';
import { takeLabels, type Head } from '#target/head';
import type { Samples } from '#target/target';
import { drawStratified } from './draw.js';
import { bytesOf } from './elements.js';
import { fileCard, readSourceFile, type SourceFile } from './file.js';
import { parseArrayPath, readArray } from './read-array.js';
import { checkInputs, takeInputs } from './sample-inputs.js';
import { countLabels, readLabels, strataOf } from './sample-labels.js';

export interface LoadedSamples {
  readonly samples: Samples;
  readonly card: DataCard;
}

export interface SamplesOverride {
  /** Instead of the config's `sample`. */
  readonly sample?: number | undefined;
  /** What the card calls the data; default `test`. */
  readonly role?: 'test' | 'train';
}

/**
 * Reads samples with their truth, checks all of them against the target, and draws the asked number: stratified by
 * label, seeded, in ascending order. `indices` of the result count in the whole data set.
 *
 * @param config with absolute paths
 * @throws AssayError `data` where a file cannot be read or does not fit the target
 */
export async function loadSamples(
  config: SamplesConfig,
  facts: { readonly domain: Domain; readonly head: Head },
  seed: number | string,
  override: SamplesOverride = {},
): Promise<LoadedSamples> {
  const { head } = facts;
  const domain = continuous(facts.domain, config.inputs);
  const inputPath = parseArrayPath(config.inputs);
  const labelPath = parseArrayPath(config.labels);
  const inputFile = await readSourceFile(inputPath.file);
  const labelFile = labelPath.file === inputPath.file ? inputFile : await readSourceFile(labelPath.file);

  const inputs = readArray(inputFile.bytes, inputFile.path, inputPath.member);
  checkInputs(inputs, domain, config.scale);
  const available = inputs.shape[0] ?? 0;
  const labels = readLabels(readArray(labelFile.bytes, labelFile.path, labelPath.member), head, available);

  const asked = override.sample ?? config.sample ?? available;
  const indices = draw(strataOf(labels, head), asked, seed);
  const samples: Samples = {
    inputs: takeInputs(inputs, domain, config.scale, indices),
    labels: takeLabels(labels, indices),
    indices,
  };
  return {
    samples,
    card: {
      role: override.role ?? 'test',
      files: distinct(inputFile, labelFile).map(fileCard),
      digest: digestOfSamples(samples),
      available,
      used: indices.length,
      drawn: drawnInWords(available, asked, head, seed),
      classes: countLabels(samples.labels, head),
      columns: [],
    },
  };
}

/** Of the values, the truth and the indices, whatever files they came from. */
export function digestOfSamples({ inputs, labels, indices }: Samples): Digest {
  return digestOfJson({
    shape: inputs.shape,
    inputs: digestOfBytes(bytesOf(inputs.data)),
    width: labels.width,
    labels: digestOfBytes(bytesOf(labels.values)),
    indices: digestOfBytes(canonicalJson(indices)),
  });
}

function continuous(domain: Domain, where: string): ContinuousDomain {
  if (isContinuous(domain)) return domain;
  throw new AssayError('data', { where, what: 'samples of the domain `text` cannot be read from arrays of numbers' });
}

function draw(strata: readonly string[], asked: number, seed: number | string): number[] {
  return asked >= strata.length ? [...strata.keys()] : drawStratified(strata, asked, seed);
}

function distinct(inputFile: SourceFile, labelFile: SourceFile): SourceFile[] {
  return inputFile === labelFile ? [inputFile] : [inputFile, labelFile];
}

function drawnInWords(available: number, asked: number, head: Head, seed: number | string): string {
  if (asked === available) return `all ${grouped(available)} samples`;
  if (asked > available) return `all ${grouped(available)} samples (${grouped(asked)} were asked for)`;
  const how = head.kind === 'regression' ? 'at random' : 'stratified by label';
  return `${grouped(asked)} of ${grouped(available)} samples, drawn ${how} with seed ${seed}`;
}
