/**
 * What a legal input is, in the units of the user's data. Normalization is part of the target, so an epsilon means
 * the same thing for every target over the same data.
 */
export type Domain = ImageDomain | TabularDomain | TextDomain;

/** A domain of real values between two bounds: what gradient attacks move in. */
export type ContinuousDomain = ImageDomain | TabularDomain;

export type Layout = 'NCHW' | 'NHWC';

export interface ImageDomain {
  readonly kind: 'image';
  readonly layout: Layout;
  /** The shape of one sample, in the model's own order: [channels, height, width] or [height, width, channels]. */
  readonly shape: readonly number[];
  /** Lowest and highest legal value of a pixel. */
  readonly range: readonly [number, number];
  /** Per channel, in the units of `range`: the model receives (x - mean) / std. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface TabularDomain {
  readonly kind: 'tabular';
  readonly shape: readonly number[];
  /** Lowest and highest legal value of all features; what each of them may be is its column's (`boundsOf`). */
  readonly range: readonly [number, number];
  /** Per position along the last axis. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** What stands at each position; absent where only the range was declared. */
  readonly columns?: readonly TableColumn[];
  readonly relations?: readonly Relation[];
}

export type TableColumn = ScalarColumn | OneHotColumn;

/** A column with a number of its own. All values are in the units of the domain but where it is said. */
export interface ScalarColumn {
  readonly kind: 'numeric' | 'integer' | 'ordinal';
  readonly name: string;
  /** Nobody can change it. */
  readonly immutable: boolean;
  readonly position: number;
  readonly range: readonly [number, number];
  /** Legal values are `origin` and whole steps from it; null where every value of the range is legal. */
  readonly grid: { readonly origin: number; readonly step: number } | null;
  /** Of an ordinal column, in the order of their codes. */
  readonly categories: readonly string[] | null;
  /** A value x is `offset + factor * x` in the units of the data. */
  readonly units: { readonly offset: number; readonly factor: number };
}

/** A category as one position each: exactly one of them is 1 and the others are 0. */
export interface OneHotColumn {
  readonly kind: 'one-hot';
  readonly name: string;
  readonly immutable: boolean;
  readonly positions: readonly number[];
  readonly categories: readonly string[];
}

/** The weighted sum of some positions, in the units of the domain, is at most its bound, or equal to it. */
export interface Relation {
  /** As it was declared, in the units of the data. */
  readonly text: string;
  readonly terms: readonly { readonly position: number; readonly weight: number }[];
  readonly kind: 'at-most' | 'equal';
  readonly bound: number;
}

/** Tokens have no distance in the sense of the attacks above. An input is a row of token ids. */
export interface TextDomain {
  readonly kind: 'text';
  /** [length]: every text is cut or padded to it. */
  readonly shape: readonly number[];
  /** Absent where the tokenizer is not known. */
  readonly tokens?: TokenFacts;
}

export interface TokenFacts {
  /** Ids are 0 to `vocabulary` - 1. */
  readonly vocabulary: number;
  /** What fills a text up to its length; null where the tokenizer names nothing for it. */
  readonly padding: number | null;
  /** What stands for a word that is hidden; null where the tokenizer names nothing for it. */
  readonly mask: number | null;
  /** Ids that stand for no text: padding, beginnings, ends, masks. An attack neither writes nor changes them. */
  readonly special: readonly number[];
}

export function isContinuous(domain: Domain): domain is ContinuousDomain {
  return domain.kind !== 'text';
}

/** The axis of channels within one sample, or the last axis of a table. */
export function channelAxis(domain: ContinuousDomain): number {
  return domain.kind === 'image' && domain.layout === 'NCHW' ? 0 : domain.shape.length - 1;
}
