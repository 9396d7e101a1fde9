import { readFile } from 'node:fs/promises';
import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import type { DomainConfig, TargetConfig } from '#config/schema';
import { describeOnnxModel, type ModelBytes, type ModelDescription } from '#engine/index';
import type { ContinuousDomain } from './domain.js';
import type { Head } from './head.js';

/** What config and file together say of a target, before anything is executed. */
export interface Declaration {
  readonly domain: ContinuousDomain;
  readonly head: Head;
  readonly labels: readonly string[] | null;
}

/**
 * Reads a target's declaration: shapes from the file, meaning from the config.
 *
 * @param config with absolute paths
 * @throws AssayError `config` or `model` where the two do not agree
 */
export async function declareTarget(config: TargetConfig, model: ModelBytes): Promise<Declaration> {
  const facts = describeOnnxModel(model, config.output ?? null);
  const width = scoresPerSample(facts);
  const head = headOf(config, width, model.main);
  const labels = await readLabels(config);
  checkLabels(labels, head, model.main);
  return { domain: domainOf(config.domain, sampleShape(facts, model.main), model.main), head, labels };
}

function sampleShape(facts: ModelDescription, where: string): number[] {
  if (facts.inputShape === null) {
    throw new AssayError('model', { where, what: `the input \`${facts.input}\` declares no shape` });
  }
  return facts.inputShape.slice(1).map((size) => {
    if (typeof size === 'number' && size > 0) return size;
    const shape = facts.inputShape?.map((d) => d ?? '?').join(', ') ?? '';
    throw new AssayError('model', {
      where,
      what: `the input \`${facts.input}\` leaves more than its batch open: [${shape}]`,
      mend: 'Export the model with a fixed size of one sample.',
    });
  });
}

/** Null when the file does not say; then the head's own number is only known from execution. */
function scoresPerSample(facts: ModelDescription): number | null {
  const sizes = facts.outputShape?.slice(1) ?? null;
  if (sizes === null) return null;
  return sizes.every((size): size is number => typeof size === 'number' && size > 0) ? sizeOf(sizes) : null;
}

function headOf(config: TargetConfig, declared: number | null, where: string): Head {
  const count = declared ?? (Array.isArray(config.labels) ? config.labels.length : null);
  if (count === null) {
    throw new AssayError('model', {
      where,
      what: 'the output declares no fixed number of scores',
      mend: 'Export the model with a fixed output shape.',
    });
  }
  switch (config.head) {
    case 'classes':
      if (count >= 2) return { kind: 'classes', count };
      throw new AssayError('config', {
        where,
        what: `the head \`classes\` needs at least two scores a sample, and the model gives ${count}`,
        mend: 'A single score is the head `binary`.',
      });
    case 'binary':
      if (count === 1) return { kind: 'binary' };
      throw new AssayError('config', {
        where,
        what: `the head \`binary\` needs one score a sample, and the model gives ${count}`,
        mend: 'Several scores are the head `classes` (one is true) or `multi-label` (any may be true).',
      });
    case 'multi-label':
      return { kind: 'multi-label', count };
    case 'regression':
      return { kind: 'regression', count, tolerance: config.tolerance ?? NaN };
  }
}

async function readLabels(config: TargetConfig): Promise<readonly string[] | null> {
  if (config.labels === undefined) return null;
  if (typeof config.labels !== 'string') return config.labels;
  try {
    const text = await readFile(config.labels, 'utf8');
    return text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  } catch (cause) {
    throw new AssayError('config', {
      where: config.labels,
      what: 'the file of labels cannot be read',
      mend: '`target.labels` is a text file with one label a line, or a list.',
      cause,
    });
  }
}

function checkLabels(labels: readonly string[] | null, head: Head, where: string): void {
  if (labels === null) return;
  const wanted =
    head.kind === 'classes' || head.kind === 'multi-label' ? head.count : head.kind === 'binary' ? 2 : null;
  if (wanted === null || labels.length === wanted) return;
  throw new AssayError('config', {
    where,
    what: `there are ${labels.length} labels for ${wanted} ${head.kind === 'multi-label' ? 'scores' : 'classes'}`,
    mend: 'Give one label for each, in the order of the scores.',
  });
}

function domainOf(config: DomainConfig, shape: readonly number[], where: string): ContinuousDomain {
  const { range } = config;
  if (range === null) throw new AssayError('config', { where, what: '`target.domain.range` is null' });
  const bare = { shape, range };
  if (config.kind === 'tabular')
    return { kind: 'tabular', ...bare, ...channelStatistics(config, shape.at(-1) ?? 1, where) };
  if (shape.length !== 3) {
    throw new AssayError('config', {
      where,
      what: `an image has three axes, and the model takes samples of shape [${shape.join(', ')}]`,
      mend: 'Use the domain `tabular`.',
    });
  }
  const layout = config.layout ?? null;
  if (layout === null) throw new AssayError('config', { where, what: '`target.domain.layout` is null' });
  const channels = (layout === 'NCHW' ? shape[0] : shape[2]) ?? 1;
  return { kind: 'image', layout, ...bare, ...channelStatistics(config, channels, where) };
}

function channelStatistics(config: DomainConfig, channels: number, where: string): { mean: number[]; std: number[] } {
  const each = (name: 'mean' | 'std', neutral: number): number[] => {
    const values = config[name] ?? [neutral];
    if (values.length !== 1 && values.length !== channels) {
      throw new AssayError('config', {
        where,
        what: `\`target.domain.${name}\` has ${values.length} entries for ${channels} channels`,
        mend: 'Give one for each channel, or one for all.',
      });
    }
    return values.length === channels ? [...values] : Array.from({ length: channels }, () => values[0] ?? neutral);
  };
  return { mean: each('mean', 0), std: each('std', 1) };
}
