import type { Column, ColumnType } from '../table.js';

type Values = Column['values'];

const INTEGER = /^-?(0|[1-9]\d*)$/;
/** Without leading zeros, which make a text of digits: 007 is not the number 7. */
const NUMBER = /^-?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?$/;
/** A 64-bit float tells numbers of more significant digits no longer apart: they stay as they are. */
const EXACT_DIGITS = 17;

/** The value in the form of a type; null where it is none. */
type Canonical = (value: string) => string | null;

const isInteger = (value: string): boolean => INTEGER.test(value);
const boolean: Canonical = (value) => (/^(true|false)$/i.test(value) ? value.toLowerCase() : null);
/** Of a date, or of the midnight with which it begins. */
const date: Canonical = (value) => (isDate(value) ? value : (timestamp(value)?.slice(0, 'yyyy-mm-dd'.length) ?? null));

/**
 * Tells the type that all values of a column have, one value after another. Numbers may all be whole, and times all midnight: then
 * they are integers, and dates.
 */
export class TypeInference {
  private isAny = false;
  private isNumber = true;
  private isWhole = true;
  private isBoolean = true;
  private isDate = true;
  private isTime = true;
  private isMidnight = true;

  /** @param value never a missing one */
  add(value: string): void {
    this.isAny = true;
    if (this.isNumber) {
      const canonical = number(value);
      this.isNumber = canonical !== null;
      this.isWhole &&= canonical !== null && isInteger(canonical);
    }
    this.isBoolean &&= boolean(value) !== null;
    this.isDate &&= isDate(value);
    if (this.isTime) {
      const canonical = timestamp(value);
      this.isTime = canonical !== null;
      this.isMidnight &&= canonical?.endsWith('T00:00:00') === true;
    }
  }

  get type(): ColumnType {
    if (!this.isAny) return 'text';
    if (this.isNumber) return this.isWhole ? 'integer' : 'number';
    if (this.isBoolean) return 'boolean';
    if (this.isDate) return 'date';
    if (!this.isTime) return 'text';
    return this.isMidnight ? 'date' : 'timestamp';
  }
}

/** What makes the one form of a type that each value has; null where values stay as they stand. */
export const CANONICAL: Readonly<Record<ColumnType, Canonical | null>> = {
  integer: number,
  number,
  boolean,
  date,
  timestamp,
  text: null,
};

/**
 * The type that all values of a column have, and the values in the one form of that type: `1.50`, `1.5` and `15e-1` are
 * the same number, so a table is the same whatever wrote it.
 */
export function typed(values: Values): { readonly type: ColumnType; readonly values: Values } {
  const distinct = new Set(values);
  distinct.delete(null);
  const inference = new TypeInference();
  for (const value of distinct) if (value !== null) inference.add(value);
  const { type } = inference;
  const canonical = CANONICAL[type];
  if (canonical === null) return { type, values };
  const forms = new Map<string | null, string | null>([[null, null]]);
  for (const value of distinct) if (value !== null) forms.set(value, canonical(value));
  return { type, values: values.map((value) => forms.get(value) ?? null) };
}

/** A word in the form that it has as a value of a table: names of categories and classes are compared in it. */
export function canonicalWord(word: string): string {
  return typed([word]).values[0] ?? word;
}

function number(value: string): string | null {
  if (INTEGER.test(value)) return value === '-0' ? '0' : value;
  if (!NUMBER.test(value)) return null;
  const digits = value
    .replace(/[eE].*/, '')
    .replace(/[-.]/g, '')
    .replace(/^0+/, '');
  if (digits.length > EXACT_DIGITS) return value;
  const canonical = String(Number(value));
  return canonical === '-0' || canonical === 'Infinity' || canonical === '-Infinity' ? value : canonical;
}

function isDate(value: string): boolean {
  const match = DATE.exec(value);
  if (match === null) return false;
  const [year, month, day] = match.slice(1).map(Number);
  const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day));
  return date.getUTCMonth() + 1 === month && date.getUTCDate() === day;
}

function timestamp(value: string): string | null {
  const match = TIMESTAMP.exec(value);
  if (match === null) return null;
  const [, date = '', minutes = '', seconds = ':00', fraction = '', zone = ''] = match;
  if (!isDate(date) || !/^([01]\d|2[0-3]):[0-5]\d$/.test(minutes) || Number(seconds.slice(1)) > 60) return null;
  const utc = /^[+-]00:?00$/.test(zone) ? 'Z' : zone;
  return `${date}T${minutes}${seconds}${fraction.replace(/\.?0+$/, '')}${utc}`;
}
