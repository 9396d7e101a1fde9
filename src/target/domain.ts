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
  /** Lowest and highest legal value, the same for every feature. */
  readonly range: readonly [number, number];
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Reserved: tokens have no distance in the sense of the attacks above. */
export interface TextDomain {
  readonly kind: 'text';
  readonly shape: readonly number[];
}

export function isContinuous(domain: Domain): domain is ContinuousDomain {
  return domain.kind !== 'text';
}

/** The axis of channels within one sample, or the last axis of a table. */
export function channelAxis(domain: ContinuousDomain): number {
  return domain.kind === 'image' && domain.layout === 'NCHW' ? 0 : domain.shape.length - 1;
}
