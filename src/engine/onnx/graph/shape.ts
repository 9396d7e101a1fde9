/** A dimension of a traced value: a size, or a number of positions for each sample of the batch. */
export type Dimension = number | PerSample;

export interface PerSample {
  readonly perSample: number;
}

export type Shape = readonly Dimension[];

export function isPerSample(dimension: Dimension): dimension is PerSample {
  return typeof dimension === 'object';
}

export function sameDimension(a: Dimension, b: Dimension): boolean {
  return isPerSample(a) ? isPerSample(b) && a.perSample === b.perSample : a === b;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, i) => sameDimension(dimension, b[i] ?? NaN));
}

/** The sizes as Reshape takes them, -1 for the one that grows with the batch; null when more than one does. */
export function reshapeTarget(shape: Shape): number[] | null {
  if (shape.filter(isPerSample).length > 1 || shape.includes(0)) return null;
  return shape.map((dimension) => (isPerSample(dimension) ? -1 : dimension));
}

/** A size that must not depend on the batch. */
export function fixed(dimension: Dimension | undefined): number | null {
  return typeof dimension === 'number' ? dimension : null;
}

/** All sizes of the trailing axes from `start` on, or null when one depends on the batch. */
export function fixedFrom(shape: Shape, start: number): number[] | null {
  const sizes = shape.slice(start).map(fixed);
  return sizes.every((size): size is number => size !== null) ? sizes : null;
}

export function describeShape(shape: Shape): string {
  const sizes = shape.map((d) => (isPerSample(d) ? (d.perSample === 1 ? 'n' : `${d.perSample}n`) : String(d)));
  return `[${sizes.join(', ')}]`;
}
