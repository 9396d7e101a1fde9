import { AssayError } from '#base/errors';
import type { EncodedColumn } from '../contract.js';
import { asNumeric, decimalsOf, numberOf, numbersOf, textOf, type NumericColumn } from '../numeric-values.js';
import type { Threshold, TopBottomOptions } from './options.js';
import { protectedBy, withTexts, type ProtectedColumn } from './protected-column.js';

/** The values beyond a threshold, and what is written for them. */
interface Tail {
  readonly isIn: (value: number) => boolean;
  readonly text: string;
}

/**
 * Writes the same for all values above a threshold, and below another (top and bottom coding; Hundepool et al. 2012, section 3.4.2.2).
 * The thresholds themselves stay. Missing values stay missing.
 *
 * @throws AssayError `config` where the lower threshold is above the upper one, or a threshold is no value of the column's type;
 * `data` where the column has no numbers, dates or times
 */
export function topBottomCode(given: EncodedColumn, { top, bottom }: TopBottomOptions): ProtectedColumn {
  const column = asNumeric(given, 'top and bottom coding');
  const numbers = numbersOf(column);
  const highest = top === undefined ? Infinity : thresholdOf(column, numbers, top.at);
  const lowest = bottom === undefined ? -Infinity : thresholdOf(column, numbers, bottom.at);
  if (lowest > highest) {
    throw new AssayError('config', {
      where: column.name,
      what: `the bottom threshold ${shown(column, lowest)} is above the top threshold ${shown(column, highest)}`,
      mend: 'Turn them around.',
    });
  }
  const tails = [
    ...(top === undefined ? [] : [tailOf(column, numbers, { isIn: (value) => value > highest }, highest, top.write)]),
    ...(bottom === undefined
      ? []
      : [tailOf(column, numbers, { isIn: (value) => value < lowest }, lowest, bottom.write)]),
  ];
  const texts = column.dictionary.map(
    (text, code) => tails.find(({ isIn }) => isIn(numbers[code] ?? NaN))?.text ?? text,
  );
  const coded = withTexts(column, (row) => texts[column.codes[row] ?? 0] ?? null);
  return protectedBy(given, { ...coded, type: typeBehind(column, tails) });
}

/** A label makes texts of a column, a threshold with decimals makes numbers of integers. */
function typeBehind({ type }: NumericColumn, tails: readonly Tail[]): EncodedColumn['type'] {
  const numbers = tails.map(({ text }) => numberOf(text, type));
  if (numbers.some((number) => Number.isNaN(number))) return 'text';
  return type === 'integer' && !numbers.every(Number.isInteger) ? 'number' : type;
}

function tailOf(
  column: NumericColumn,
  numbers: Float64Array,
  { isIn }: Pick<Tail, 'isIn'>,
  threshold: number,
  write: NonNullable<TopBottomOptions['top']>['write'] = 'threshold',
): Tail {
  if (typeof write === 'object') return { isIn, text: write.label };
  const text = write === 'threshold' ? shown(column, threshold) : meanText(column, numbers, isIn, threshold);
  return { isIn, text };
}

/** Rounded as the column is, so that it is a value like the others; of an empty tail nobody sees it. */
function meanText(column: NumericColumn, numbers: Float64Array, isIn: Tail['isIn'], threshold: number): string {
  const values = Array.from(column.codes, (code) => numbers[code] ?? NaN).filter(isIn);
  const mean = values.length === 0 ? threshold : values.reduce((sum, value) => sum + value, 0) / values.length;
  return textOf(mean, column.type, decimalsOf(column));
}

function thresholdOf(column: NumericColumn, numbers: Float64Array, at: Threshold): number {
  if ('quantile' in at) return quantileOf(column, numbers, at.quantile);
  const value = numberOf(String(at.value), column.type);
  if (Number.isFinite(value)) return value;
  throw new AssayError('config', {
    where: column.name,
    what: `the threshold ${at.value} is no ${column.type} like the values of the column`,
    mend: 'Write it as the table does.',
  });
}

/** The inverse of the empirical distribution (Hyndman & Fan 1996, type 1): always one of the values. */
function quantileOf(column: NumericColumn, numbers: Float64Array, share: number): number {
  const values = Float64Array.from(
    column.codes.filter((code) => code > 0),
    (code) => numbers[code] ?? 0,
  ).sort();
  return values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
}

/** Without rounding: a threshold may have more decimals than the column. */
function shown(column: NumericColumn, value: number): string {
  return textOf(value, column.type, null);
}
