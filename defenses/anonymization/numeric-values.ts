import { AssayError } from '#base/errors';
import type { ColumnType } from '#data/table';
import type { EncodedColumn } from './contract.js';

/** Numbers as they are; dates in days, timestamps in milliseconds since 1970-01-01 (of UTC, where they name no zone). */
export type NumericType = Extract<ColumnType, 'integer' | 'number' | 'date' | 'timestamp'>;

/** A column whose values can be added and compared. */
export interface NumericColumn extends EncodedColumn {
  readonly type: NumericType;
}

const MILLISECONDS_A_DAY = 86_400_000;
/** Squares of larger numbers, and sums of them, leave the range of doubles. */
const LARGEST = 1e150;

export function isNumeric(column: EncodedColumn): column is NumericColumn {
  return column.type === 'integer' || column.type === 'number' || column.type === 'date' || column.type === 'timestamp';
}

/** @throws AssayError `data` where the column has no numbers, dates or times, for what `purpose` says */
export function asNumeric(column: EncodedColumn, purpose: string): NumericColumn {
  if (isNumeric(column)) return column;
  throw new AssayError('data', {
    where: column.name,
    what: `${purpose} needs numbers, dates or times, and this column has ${column.type} values`,
    mend: 'Leave the column out.',
  });
}

/**
 * The number of each code; NaN for the missing value.
 *
 * @throws AssayError `data` for a number beyond 1e150, and for a time that no calendar has
 */
export function numbersOf(column: NumericColumn): Float64Array {
  return Float64Array.from(column.dictionary, (text) => {
    if (text === null) return NaN;
    const value = numberOf(text, column.type);
    if (Math.abs(value) <= LARGEST) return value;
    throw new AssayError('data', {
      where: column.name,
      what: `${text} is no ${column.type} that can be calculated with`,
      mend: 'Correct the value, or leave the column out.',
    });
  });
}

/** The number that a text of a type stands for; NaN where it stands for none. */
export function numberOf(text: string, type: NumericType): number {
  if (type === 'date') return Date.parse(text) / MILLISECONDS_A_DAY;
  if (type !== 'timestamp') return text.trim() === '' ? NaN : Number(text);
  return Date.parse(/(Z|[+-]\d{2}:?\d{2})$/.test(text) ? text : `${text}Z`);
}

/** The most digits behind the point that a value of the column has; 0 for dates and times. */
export function decimalsOf(column: NumericColumn): number {
  if (column.type !== 'number') return 0;
  return column.dictionary.reduce((most, text) => Math.max(most, text === null ? 0 : decimals(text)), 0);
}

function decimals(text: string): number {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  return Math.max(0, (mantissa.split('.')[1] ?? '').length - Number(exponent));
}

/**
 * A number as a value of the column's type, in its canonical form: dates are rounded to days, times to seconds, integers and
 * numbers to `places` digits behind the point where that is given.
 */
export function textOf(value: number, type: NumericType, places: number | null): string {
  if (type === 'date') return new Date(Math.round(value) * MILLISECONDS_A_DAY).toISOString().slice(0, 10);
  if (type === 'timestamp') return new Date(Math.round(value / 1000) * 1000).toISOString().replace('.000Z', 'Z');
  // More than 100 places are more than a double has, and no fixed form of numbers from 1e21 on is shorter than their own.
  const rounded = places === null || places > 100 || Math.abs(value) >= 1e21 ? value : Number(value.toFixed(places));
  return String(rounded === 0 ? 0 : rounded);
}

export interface Moments {
  /** Present values. */
  readonly count: number;
  /** 0 where there are none. */
  readonly mean: number;
  /** With n - 1; 0 of fewer than two values. */
  readonly deviation: number;
}

/** Of the present values of a column, in two passes. */
export function momentsOf(codes: Int32Array, numbers: Float64Array): Moments {
  let count = 0;
  let sum = 0;
  for (const code of codes) {
    if (code === 0) continue;
    count++;
    sum += numbers[code] ?? 0;
  }
  const mean = count === 0 ? 0 : sum / count;
  let squares = 0;
  for (const code of codes) if (code !== 0) squares += ((numbers[code] ?? 0) - mean) ** 2;
  return { count, mean, deviation: count < 2 ? 0 : Math.sqrt(squares / (count - 1)) };
}
