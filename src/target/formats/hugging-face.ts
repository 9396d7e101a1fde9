import { AssayError, messageOf } from '#base/errors';
import type { FileTargetConfig } from '#config/schema';
import { inUnitsOf } from '#data/images/preparation';
import { preprocessingOf, type Preprocessing } from '#data/images/preprocessor-file';
import type { PicturePreparation } from '#data/sources/source';
import type { ModelBytes } from '#engine/index';
import { readLabels } from '../declare.js';
import { TOKENIZER, TOKENIZER_CONFIG } from '../text/tokenizer-files.js';

const CONFIG = 'config.json';
const PREPROCESSOR = 'preprocessor_config.json';

/** What stands beside a model in a folder of Hugging Face and says what its inputs and outputs mean. */
export const FOLDER_FACTS: readonly string[] = [CONFIG, PREPROCESSOR, TOKENIZER, TOKENIZER_CONFIG];

/** A byte of a picture is at most this. */
const HIGHEST_BYTE = 255;
/** Means and deviations are written with a few digits; those of two sources differ by rounding only. */
const TOLERANCE = 1e-3;

export interface Completed {
  readonly config: FileTargetConfig;
  /** The shape of one picture, channels first; null where the folder does not say it. */
  readonly sample: readonly number[] | null;
  /** What is done to pictures before they are samples; null where the folder does not say it. */
  readonly pictures: PicturePreparation | null;
  /** What was taken from the folder, one sentence each. */
  readonly notes: readonly string[];
}

/**
 * Fills in what a config leaves out and the folder of its model says: labels, mean and deviation. Where both say something,
 * they have to agree.
 *
 * @param config with absolute paths
 * @throws AssayError `config` where they do not, `model` for a file of the folder that cannot be used
 */
export async function completedBy(config: FileTargetConfig, model: ModelBytes): Promise<Completed> {
  const facts = modelFacts(model);
  refuseOtherHead(config, facts);
  const labels = await labelsFrom(config, facts);
  const normalization = normalizationFrom(config, model);
  return {
    config: { ...config, ...labels.part, domain: { ...config.domain, ...normalization.part } },
    sample: config.domain.kind === 'image' ? pictureShape(model) : null,
    pictures: picturesFrom(config, model),
    notes: [...labels.notes, ...normalization.notes],
  };
}

/** What `config.json` of transformers says of a classifier. What it does not say plainly is null. */
export interface ModelFacts {
  readonly labels: readonly string[] | null;
  readonly head: FileTargetConfig['head'] | null;
}

const HEADS: Readonly<Record<string, FileTargetConfig['head']>> = {
  single_label_classification: 'classes',
  multi_label_classification: 'multi-label',
  regression: 'regression',
};

/** @throws AssayError `model` for a file that is no JSON object */
export function modelFacts(model: ModelBytes): ModelFacts {
  const json = jsonOf(model, CONFIG);
  if (json === null) return { labels: null, head: null };
  const { problem_type: type } = json;
  return { labels: namesOf(json['id2label']), head: typeof type === 'string' ? (HEADS[type] ?? null) : null };
}

/** `id2label` holds `LABEL_0` and so on where nobody gave names. */
function namesOf(id2label: unknown): readonly string[] | null {
  if (!isObject(id2label)) return null;
  const entries = Object.keys(id2label);
  const names = entries.map((_, i) => (Object.hasOwn(id2label, String(i)) ? id2label[String(i)] : undefined));
  if (names.length === 0 || !names.every((name) => typeof name === 'string')) return null;
  return names.every((name, i) => name === `LABEL_${i}`) ? null : names;
}

function refuseOtherHead({ head }: FileTargetConfig, facts: ModelFacts): void {
  // A single score for yes or no is trained as a regression, or as several labels of which there is one.
  if (facts.head === null || facts.head === head || head === 'binary') return;
  throw contradiction(`\`target.head\` is \`${head}\``, CONFIG, `\`problem_type\` says \`${facts.head}\``);
}

/** Exports of Optimum leave every size open: channels are in `config.json`, height and width in the preprocessing or there too. */
function pictureShape(model: ModelBytes): readonly number[] | null {
  const { num_channels: channels, image_size: size } = jsonOf(model, CONFIG) ?? {};
  const preprocessor = jsonOf(model, PREPROCESSOR);
  const area = (preprocessor === null ? null : areaOf(preprocessor)) ?? squareOf(size);
  return isSize(channels) && area !== null ? [channels, ...area] : null;
}

function picturesFrom({ domain }: FileTargetConfig, model: ModelBytes): PicturePreparation | null {
  const json = jsonOf(model, PREPROCESSOR);
  if (json === null || domain.kind !== 'image' || domain.range == null) return null;
  const steps = preprocessingIn(json, true);
  return typeof steps === 'string' ? null : inUnitsOf(domain.range, steps, PREPROCESSOR);
}

/** What comes out of cropping, or of resizing to an exact size. */
function areaOf(json: JsonObject): readonly [number, number] | null {
  const steps = preprocessingIn(json, true);
  if (typeof steps === 'string') return null;
  if (steps.crop !== null) return [steps.crop.height, steps.crop.width];
  return steps.resize?.kind === 'exact' ? [steps.resize.height, steps.resize.width] : null;
}

function squareOf(size: unknown): readonly [number, number] | null {
  if (isSize(size)) return [size, size];
  const sides: readonly unknown[] = Array.isArray(size) ? size : [];
  const [height, width] = sides;
  return isSize(height) && isSize(width) ? [height, width] : null;
}

function isSize(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

interface Part<Keys> {
  readonly part: Keys;
  readonly notes: readonly string[];
}

const NOTHING = { part: {}, notes: [] } as const;

async function labelsFrom(
  config: FileTargetConfig,
  { labels }: ModelFacts,
): Promise<Part<Pick<FileTargetConfig, 'labels'>>> {
  if (labels === null) return NOTHING;
  if (config.labels === undefined) {
    if (config.head === 'regression' || (config.head === 'binary' && labels.length !== 2)) return NOTHING;
    return { part: { labels: [...labels] }, notes: [`The labels are those of ${CONFIG} in the model's folder.`] };
  }
  const own = (await readLabels(config)) ?? [];
  const place = own.findIndex((name, i) => name !== labels[i]);
  if (place >= 0) {
    const there = labels[place];
    throw contradiction(
      `label ${place} of \`target.labels\` is \`${own[place] ?? ''}\``,
      CONFIG,
      there === undefined ? `\`id2label\` has ${labels.length} labels` : `\`id2label\` has \`${there}\` there`,
    );
  }
  return NOTHING;
}

type Normalization = Pick<FileTargetConfig['domain'], 'mean' | 'std'>;

function normalizationFrom({ domain }: FileTargetConfig, model: ModelBytes): Part<Normalization> {
  const json = jsonOf(model, PREPROCESSOR);
  const { range } = domain;
  if (json === null || domain.kind !== 'image' || range === null || range === undefined) return NOTHING;
  const isGiven = domain.mean !== undefined || domain.std !== undefined;
  const preprocessing = preprocessingIn(json, isGiven);
  if (typeof preprocessing === 'string') return { part: {}, notes: [preprocessing] };
  const there = meanAndStdIn(range, preprocessing);
  if (!isGiven) {
    if (isNeutral(there)) return NOTHING;
    return {
      part: { mean: [...there.mean], std: [...there.std] },
      notes: [`Mean and standard deviation are those of ${PREPROCESSOR} in the model's folder.`],
    };
  }
  refuseOther('mean', domain.mean ?? [0], there.mean);
  refuseOther('std', domain.std ?? [1], there.std);
  return NOTHING;
}

/** What the file does to pixels, or the sentence that says why it is not known where the config says it itself. */
function preprocessingIn(json: JsonObject, isGiven: boolean): Preprocessing | string {
  try {
    return preprocessingOf(json);
  } catch (thrown) {
    if (!isGiven) throw thrown;
    return `The config was not compared with ${PREPROCESSOR} in the model's folder: ${messageOf(thrown)}`;
  }
}

interface MeanAndStd {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * The model receives (byte * rescale - mean) / std. Of a value x in [0, high], a byte of which is 255 x / high, that is
 * (x - k mean) / (k std) with k = high / (255 rescale).
 */
function meanAndStdIn([low, high]: readonly [number, number], { rescale, mean, std }: Preprocessing): MeanAndStd {
  const own = { mean: mean ?? [0], std: std ?? [1] };
  if (rescale === null) return own;
  if (low !== 0) {
    const there = `bytes are multiplied by ${Number(rescale.toPrecision(6))}`;
    throw contradiction(`\`target.domain.range\` begins at ${low}`, PREPROCESSOR, `${there} and begin at 0`);
  }
  const k = Number((high / (HIGHEST_BYTE * rescale)).toPrecision(12));
  return { mean: own.mean.map((value) => k * value), std: own.std.map((value) => k * value) };
}

function isNeutral({ mean, std }: MeanAndStd): boolean {
  return mean.every((value) => value === 0) && std.every((value) => value === 1);
}

function refuseOther(name: 'mean' | 'std', given: readonly number[], there: readonly number[]): void {
  const count = Math.max(given.length, there.length);
  const at = (values: readonly number[], i: number): number => (values.length === 1 ? values[0] : values[i]) ?? NaN;
  const scale = Math.max(...there.map(Math.abs), Number.MIN_VALUE);
  const agrees = Array.from({ length: count }, (_, i) => i).every(
    (i) => Math.abs(at(given, i) - at(there, i)) <= TOLERANCE * scale,
  );
  if (agrees) return;
  const shown = (values: readonly number[]): string =>
    `[${values.map((value) => Number(value.toPrecision(6))).join(', ')}]`;
  throw contradiction(
    `\`target.domain.${name}\` is ${shown(given)}`,
    PREPROCESSOR,
    `it is ${shown(there)} in the units of the range`,
  );
}

function contradiction(said: string, file: string, there: string): AssayError {
  return new AssayError('config', {
    where: file,
    what: `${said}, and in the model's folder ${there}`,
    mend: 'Mend the one that is wrong, or name the .onnx file instead of its folder.',
  });
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Null where the folder has no such file. */
function jsonOf(model: ModelBytes, name: string): JsonObject | null {
  const bytes = model.files.get(name);
  if (bytes === undefined || name === model.main) return null;
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isObject(value)) return value;
  } catch (cause) {
    throw new AssayError('model', {
      where: name,
      what: 'the file is no JSON',
      mend: 'Mend it or move it away.',
      cause,
    });
  }
  throw new AssayError('model', {
    where: name,
    what: 'the file holds no JSON object',
    mend: 'Mend it or move it away.',
  });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
