import { AssayError } from '#base/errors';
import type { SamplesConfig } from '#config/schema';
import { isContinuous } from '#target/domain';
import { fileCard, readSourceFile } from '../file.js';
import { parseArrayPath, readArray } from '../read-array.js';
import { checkInputs, takeInputs } from '../sample-inputs.js';
import { readLabels } from '../sample-labels.js';
import type { SampleFacts, Source } from './source.js';

/**
 * Samples in arrays of numbers: inputs and labels, both read and checked whole.
 *
 * @throws AssayError `data` where a file cannot be read or does not fit the target
 */
export async function arraySource(config: SamplesConfig, { domain, head }: SampleFacts): Promise<Source> {
  if (!isContinuous(domain)) {
    throw new AssayError('data', {
      where: config.inputs,
      what: 'samples of the domain `text` cannot be read from arrays of numbers',
    });
  }
  if (config.labels === undefined) throw withoutLabels(config.inputs);
  const inputPath = parseArrayPath(config.inputs);
  const labelPath = parseArrayPath(config.labels);
  const inputFile = await readSourceFile(inputPath.file);
  const labelFile = labelPath.file === inputPath.file ? inputFile : await readSourceFile(labelPath.file);

  const inputs = readArray(inputFile.bytes, inputFile.path, inputPath.member);
  checkInputs(inputs, domain, config.scale);
  const available = inputs.shape[0] ?? 0;
  const labels = readLabels(readArray(labelFile.bytes, labelFile.path, labelPath.member), head, available);
  return {
    available,
    labels,
    groups: [],
    take: (indices) => Promise.resolve(takeInputs(inputs, domain, config.scale, indices)),
    files: () => (inputFile === labelFile ? [inputFile] : [inputFile, labelFile]).map(fileCard),
  };
}

function withoutLabels(where: string): AssayError {
  return new AssayError('config', {
    where,
    what: '`labels` is missing',
    mend: 'Name the truth of each sample; only a folder with one folder a class says it by itself.',
  });
}
