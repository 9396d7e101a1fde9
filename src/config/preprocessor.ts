import type { Json, JsonObject } from '#base/json';

export interface KnownValue<T extends Json> {
  readonly value: T;
  /** Where it is from. */
  readonly comment: string;
}

/** What a preprocessor file says about a domain. What it does not say plainly is absent. */
export interface Known {
  readonly source: string;
  readonly layout?: KnownValue<'NCHW' | 'NHWC'>;
  readonly range?: KnownValue<readonly [number, number]>;
  readonly mean?: KnownValue<readonly number[]>;
  readonly std?: KnownValue<readonly number[]>;
  readonly normalizes?: boolean;
}

const SOURCE = 'preprocessor_config.json';
/** Of one byte a channel, which is what a picture file holds. */
const HIGHEST_BYTE = 255;

/**
 * Reads Hugging Face's `preprocessor_config.json` (image processors of transformers 4): pixels are bytes, are
 * multiplied by `rescale_factor` if `do_rescale`, and then normalized by `image_mean` and `image_std` if `do_normalize`.
 * Without `do_rescale` the caller is expected to have scaled them, so nothing is known of their range.
 */
export function factsOfPreprocessor(file: Json): Known {
  if (typeof file !== 'object' || file === null || isList(file)) return { source: SOURCE };
  const normalizes = file['do_normalize'];
  return {
    source: SOURCE,
    ...layoutOf(file),
    ...rangeOf(file),
    ...(typeof normalizes === 'boolean' ? { normalizes } : {}),
    ...(normalizes === true ? normalizationOf(file) : {}),
  };
}

function layoutOf(file: JsonObject): Pick<Known, 'layout'> {
  const format = file['data_format'];
  if (format !== 'channels_first' && format !== 'channels_last') return {};
  const value = format === 'channels_first' ? 'NCHW' : 'NHWC';
  return { layout: { value, comment: `From ${SOURCE}: data_format "${format}".` } };
}

function rangeOf(file: JsonObject): Pick<Known, 'range'> {
  const factor = file['rescale_factor'];
  // `rescale_offset` shifts the range as well, in ways that differ between processors.
  if (file['do_rescale'] !== true || typeof factor !== 'number' || !(factor > 0) || file['rescale_offset'] === true)
    return {};
  const highest = rounded(HIGHEST_BYTE * factor);
  if (!Number.isFinite(highest)) return {};
  return {
    range: { value: [0, highest], comment: `From ${SOURCE}: bytes are multiplied by rescale_factor ${factor}.` },
  };
}

/** 255 * 0.00392156862745098 is 1 but for its last digit. */
function rounded(value: number): number {
  return Number(value.toPrecision(12));
}

function normalizationOf(file: JsonObject): Pick<Known, 'mean' | 'std'> {
  const mean = numbersOf(file['image_mean']);
  const std = numbersOf(file['image_std']);
  if (mean === null || std === null || mean.length !== std.length || !std.every((value) => value > 0)) return {};
  return {
    mean: { value: mean, comment: `From ${SOURCE}: image_mean.` },
    std: { value: std, comment: `From ${SOURCE}: image_std.` },
  };
}

function numbersOf(value: Json | undefined): readonly number[] | null {
  const list = value !== undefined && isList(value) ? value : [value ?? null];
  return list.length > 0 && list.every((item) => typeof item === 'number') ? list : null;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}
