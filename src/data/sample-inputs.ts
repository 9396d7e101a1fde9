import { AssayError } from '#base/errors';
import { sizeOf, type Tensor } from '#base/tensor';
import type { ContinuousDomain, TabularDomain } from '#target/domain';
import { boundsOf, positionsOf, violations } from '#target/table-domain';
import type { NumericArray, NumericData } from './numeric-array.js';

/** How far beyond its range a value may lie, as a share of the range's width: the rounding of stored floats. */
const RANGE_TOLERANCE = 1e-6;

/**
 * Checks that an array has the shape of samples of a domain. It may differ in axes of length 1 ([n, h, w] for one channel)
 * or be flat ([n, d]); it is never transposed.
 */
export function checkShape(array: Pick<NumericArray, 'name' | 'shape'>, domain: ContinuousDomain): void {
  const [samples, ...shape] = array.shape;
  if (samples === undefined || samples === 0) {
    throw new AssayError('data', { where: array.name, what: 'there are no samples in it' });
  }
  const isFlat = shape.length === 1 && shape[0] === sizeOf(domain.shape);
  if (isFlat || equal(withoutUnitAxes(shape), withoutUnitAxes(domain.shape))) return;
  throw new AssayError('data', {
    where: array.name,
    what: `its samples have the shape [${shape.join(', ')}] and the target takes [${domain.shape.join(', ')}]`,
    mend: isPermutation(shape, domain.shape)
      ? 'Transpose the array, or correct `layout`.'
      : 'Store the samples as the model takes them.',
  });
}

/**
 * Checks that every value of an array, times `scale`, is finite and in range.
 *
 * @param first which sample of the data the first one is, for messages
 */
export function checkInputs(array: NumericArray, domain: ContinuousDomain, scale: number | undefined, first = 0): void {
  if (domain.kind === 'tabular' && domain.columns !== undefined) checkRows(array, domain, scale, first);
  else checkValues(array, domain, scale, first);
}

/** Whether a stored number means the same at every position of an input. */
export function isUniform(domain: ContinuousDomain): boolean {
  return domain.kind === 'image' || domain.columns === undefined;
}

/** What each byte from 0 to 255 means in the units of a uniform domain: what `takeInputs` makes of it. */
export function levelsOf({ range }: ContinuousDomain, scale: number | undefined): Float32Array {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const single: ContinuousDomain = { kind: 'tabular', shape: [1], range, mean: [0], std: [1] };
  return takeInputs({ name: 'bytes', shape: [256, 1], data: bytes }, single, scale, [...bytes]).data;
}

/**
 * The chosen samples in the units and the shape of the domain. What lies beyond the range by rounding alone is moved
 * onto its end, so that every sample is a legal input.
 */
export function takeInputs(
  array: NumericArray,
  domain: ContinuousDomain,
  scale: number | undefined,
  indices: readonly number[],
): Tensor {
  const { low, high } = boundsOf(domain);
  const toDomain = unitsOf(domain);
  const factor = scale ?? 1;
  const size = sizeOf(domain.shape);
  const data = new Float32Array(indices.length * size);
  for (const [row, sample] of indices.entries()) {
    for (let i = 0; i < size; i++) {
      const value = toDomain((array.data[sample * size + i] ?? 0) * factor, i);
      data[row * size + i] = Math.min(high[i] ?? NaN, Math.max(low[i] ?? NaN, value));
    }
  }
  return { shape: [indices.length, ...domain.shape], data };
}

/** Rows of declared columns: every one of them is a legal input. */
function checkRows(array: NumericArray, domain: TabularDomain, scale: number | undefined, first: number): void {
  const toDomain = unitsOf(domain);
  const size = sizeOf(domain.shape);
  const row = new Float64Array(size);
  for (let sample = 0; sample * size < array.data.length; sample++) {
    for (let i = 0; i < size; i++) row[i] = toDomain((array.data[sample * size + i] ?? NaN) * (scale ?? 1), i);
    const [violation] = violations(domain, row, undefined, 1);
    if (violation === undefined) continue;
    throw new AssayError('data', {
      where: array.name,
      what: `sample ${first + sample} is no legal input: ${violation}`,
      mend: 'Correct it, or what `target.domain` says of its columns.',
    });
  }
}

/** A stored number in the units of the domain, by its position: of a table the columns may have units of their own. */
function unitsOf(domain: ContinuousDomain): (value: number, position: number) => number {
  if (domain.kind !== 'tabular' || domain.columns === undefined) return (value) => value;
  const units = domain.columns.flatMap((column) =>
    positionsOf(column).map(() => (column.kind === 'one-hot' ? { offset: 0, factor: 1 } : column.units)),
  );
  return (value, position) => (value - (units[position]?.offset ?? 0)) / (units[position]?.factor ?? 1);
}

function checkValues(array: NumericArray, domain: ContinuousDomain, scale: number | undefined, first: number): void {
  const [low, high] = domain.range;
  const slack = RANGE_TOLERANCE * (high - low);
  const factor = scale ?? 1;
  const size = sizeOf(domain.shape);
  for (let i = 0; i < array.data.length; i++) {
    const value = (array.data[i] ?? NaN) * factor;
    // Written so that NaN is caught here too.
    if (value >= low - slack && value <= high + slack) continue;
    const sample = first + Math.floor(i / size);
    if (!Number.isFinite(value)) {
      throw new AssayError('data', {
        where: array.name,
        what: `sample ${sample} holds ${value} at position ${i % size}`,
        mend: 'Every input has to be a finite number.',
      });
    }
    throw new AssayError('data', {
      where: array.name,
      what: `the value ${Number(value.toPrecision(7))} of sample ${sample} is outside the domain's range [${low}, ${high}]`,
      mend: scaleHint(array, domain.range, scale),
    });
  }
}

function scaleHint(array: NumericArray, [low, high]: readonly [number, number], scale: number | undefined): string {
  if (scale !== undefined) return `It was multiplied by \`scale\`, ${scale}: correct that or \`range\`.`;
  const { least, most } = extremes(array.data);
  if (low === 0 && least >= 0 && most > high && most <= 255) {
    return `If the file holds bytes from 0 to 255, set \`scale\` to ${high / 255}.`;
  }
  return 'Correct `range`, or set `scale` to what the stored values are to be multiplied by.';
}

function extremes(data: NumericData): { least: number; most: number } {
  let least = Infinity;
  let most = -Infinity;
  for (const value of data) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return { least, most };
}

function withoutUnitAxes(shape: readonly number[]): number[] {
  return shape.filter((size) => size !== 1);
}

function isPermutation(a: readonly number[], b: readonly number[]): boolean {
  return equal(ascending(a), ascending(b));
}

function ascending(shape: readonly number[]): number[] {
  return [...shape].sort((a, b) => a - b);
}

function equal(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
