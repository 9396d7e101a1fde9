import { AssayError } from '#base/errors';
import { isContinuous } from '#target/domain';
import { unknownLabels, type Labels } from '#target/head';
import { parseArrayPath, readArray } from '../read-array.js';
import { checkShape } from '../sample-inputs.js';
import { readLabels } from '../sample-labels.js';
import { openBytes, type ByteSource } from '../streams/byte-source.js';
import { streamOf } from '../streams/input-stream.js';
import { openArray } from '../streams/open-array.js';
import type { SampleFacts, Source, SourceConfig } from './source.js';

/**
 * Samples in arrays of numbers. Labels are read whole; inputs are read in order, and all are checked, also those that are
 * not chosen.
 *
 * @param heldBytes up to this size files and arrays are held in memory
 * @throws AssayError `data` where a file cannot be read or does not fit the target
 */
export async function arraySource(config: SourceConfig, facts: SampleFacts, heldBytes: number): Promise<Source> {
  const { domain } = facts;
  if (!isContinuous(domain)) {
    throw new AssayError('data', {
      where: config.inputs,
      what: 'samples of the domain `text` cannot be read from arrays of numbers',
    });
  }
  if (config.labels === undefined && facts.truth !== 'none') throw withoutLabels(config.inputs);
  const inputPath = parseArrayPath(config.inputs);
  const inputFile = await openBytes(inputPath.file, heldBytes);
  const inputs = await openArray(inputFile, inputPath.member, heldBytes);
  checkShape(inputs, domain);
  const available = inputs.shape[0] ?? 0;
  const { labels, file: labelFile } = await labelsIn(config, facts, { file: inputFile, available, heldBytes });
  return {
    available,
    labels,
    groups: [],
    stream: (indices) => streamOf(inputs, domain, config.scale, indices),
    files: () => [...new Set([inputFile, labelFile])].flatMap((file) => file.card() ?? []),
  };
}

interface Inputs {
  readonly file: ByteSource;
  readonly available: number;
  readonly heldBytes: number;
}

async function labelsIn(
  { labels: path }: SourceConfig,
  { head }: SampleFacts,
  { file: inputFile, available, heldBytes }: Inputs,
): Promise<{ readonly labels: Labels; readonly file: ByteSource }> {
  if (path === undefined) return { labels: unknownLabels(head, available), file: inputFile };
  const { file: name, member } = parseArrayPath(path);
  const file = name === inputFile.path ? inputFile : await openBytes(name, heldBytes);
  const { bytes } = await file.whole();
  return { labels: readLabels(readArray(bytes, file.path, member), head, available), file };
}

function withoutLabels(where: string): AssayError {
  return new AssayError('config', {
    where,
    what: '`labels` is missing',
    mend: 'Name the truth of each sample; only a folder with one folder a class says it by itself.',
  });
}
