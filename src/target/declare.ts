import { readFile } from 'node:fs/promises';
import { AssayError } from '#base/errors';
import { sizeOf } from '#base/tensor';
import type { DomainConfig } from '#config/domain-schema';
import type { TargetConfig } from '#config/schema';
import type { PicturePreparation } from '#data/sources/source';
import type { Tokenizer } from '#data/text/tokenizer';
import type { DeclaredValue } from '#report/report';
import { hasColumns, tableDomain } from './declare-table.js';
import type { ContinuousDomain, Domain } from './domain.js';
import type { TargetModel } from './formats/prepare.js';
import type { Head } from './head.js';
import { auditedValues } from './model-interface.js';
import { requirePreprocessorOutput } from './preprocessing/declared.js';
import { declareText, type TextDeclaration } from './text/declare.js';

/** What config and file together say of a target, before anything is executed. */
export interface Declaration<Inputs extends Domain = Domain> {
  readonly domain: Inputs;
  readonly head: Head;
  readonly labels: readonly string[] | null;
}

/** With what the file itself says of the two values. */
export interface FileDeclaration extends Declaration {
  readonly input: DeclaredValue;
  readonly output: DeclaredValue;
  /** What the model's folder does to pictures; null where it does not say it. */
  readonly pictures: PicturePreparation | null;
  /** What makes texts into inputs; null where the target takes none. */
  readonly tokenizer: Tokenizer | null;
  /** How the model is given them; null likewise. */
  readonly text: TextDeclaration | null;
}

/** What only a config can say of a model. */
export type Meaning = Pick<TargetConfig, 'head' | 'domain' | 'labels' | 'tolerance'>;

/** What a model says of itself. */
export interface Declared {
  /** Names the model in messages. */
  readonly where: string;
  /** Of one sample. */
  readonly shape: readonly number[];
  /** Scores of one sample; null where only execution tells. */
  readonly scores: number | null;
}

/**
 * Reads a target's declaration: shapes from the file, meaning from the config.
 *
 * @param config with absolute paths
 * @throws AssayError `config` or `model` where the two do not agree
 */
export async function declareTarget(config: TargetConfig, model: TargetModel): Promise<FileDeclaration> {
  const text = config.domain.kind === 'text' ? declareText(config, model) : null;
  const { input, output } = auditedValues(model, config.output ?? null, text?.inputs.ids ?? null);
  requirePreprocessorOutput(config.preprocessor, model);
  const where = model.main;
  const meaning = await meaningOf(config, scoresPerSample(output), where);
  const domain = text?.domain ?? domainOf(config.domain, sampleShape(input, where, model.sample ?? []), where);
  return {
    ...meaning,
    domain,
    input,
    output,
    pictures: model.pictures ?? null,
    tokenizer: text?.tokenizer ?? null,
    text,
  };
}

/**
 * What a config says of a model that declares this much.
 *
 * @param config with absolute paths
 * @throws AssayError `config` or `model` where the two do not agree
 */
export async function declarationOf(
  config: Meaning,
  { where, shape, scores }: Declared,
): Promise<Declaration<ContinuousDomain>> {
  const meaning = await meaningOf(config, scores, where);
  return { ...meaning, domain: domainOf(config.domain, shape, where) };
}

async function meaningOf(
  config: Meaning,
  scores: number | null,
  where: string,
): Promise<Pick<Declaration, 'head' | 'labels'>> {
  const head = headOf(config, scores, where);
  const labels = await readLabels(config);
  checkLabels(labels, head, where);
  return { head, labels };
}

/** @param known sizes, for those that the file leaves open */
function sampleShape({ name, type, shape }: DeclaredValue, where: string, known: readonly number[]): number[] {
  if (type === 'string') {
    throw new AssayError('model', {
      where,
      what: `the input \`${name}\` takes texts, and audits of this version give numbers`,
      mend: 'Audit the part of the model behind its text processing.',
    });
  }
  if (shape.length === 0) {
    throw new AssayError('model', { where, what: `the input \`${name}\` declares no shape` });
  }
  const sizes = shape.slice(1);
  return sizes.map((size, axis) => {
    if (typeof size === 'number' && size > 0) return size;
    const other = sizes.length === known.length ? known[axis] : undefined;
    if (other !== undefined) return other;
    throw new AssayError('model', {
      where,
      what: `the input \`${name}\` leaves more than its batch open: [${shape.map((d) => d ?? '?').join(', ')}]`,
      mend: 'Export the model with a fixed size of one sample.',
    });
  });
}

/** Null when the file does not say; then the head's own number is only known from execution. */
function scoresPerSample({ shape }: DeclaredValue): number | null {
  if (shape.length === 0) return null;
  const sizes = shape.slice(1);
  return sizes.every((size): size is number => typeof size === 'number' && size > 0) ? sizeOf(sizes) : null;
}

function headOf(config: Meaning, declared: number | null, where: string): Head {
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

/** A name for each score, from the config or the file that it names. */
export async function readLabels(config: Pick<Meaning, 'labels'>): Promise<readonly string[] | null> {
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
  if (hasColumns(config)) return tableDomain(config, shape, where);
  refuseWithoutColumns(config, where);
  const { range } = config;
  if (config.kind === 'text') {
    throw new AssayError('config', {
      where,
      what: '`target.domain.kind` is "text", and only a model file takes texts',
    });
  }
  if (range == null) throw new AssayError('config', { where, what: '`target.domain.range` is missing' });
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

function refuseWithoutColumns(config: DomainConfig, where: string): void {
  const part = config.relations !== undefined ? 'relations' : config.units !== undefined ? 'units' : null;
  if (part === null) return;
  throw new AssayError('config', {
    where,
    what: `\`target.domain.${part}\` is given, and there are no \`target.domain.columns\``,
  });
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
