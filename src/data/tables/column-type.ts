import type { Column, ColumnType } from '../table.js';

type Values = Column['values'];

const INTEGER = /^-?(0|[1-9]\d*)$/;
/** Without leading zeros, which make a text of digits: 007 is not the number 7. */
const NUMBER = /^-?((0|[1-9]\d*)(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(:\d{2})?(\.\d{1,9})?(Z|[+-]\d{2}:?\d{2})?$/;
/** A 64-bit float tells numbers of more significant digits no longer apart: they stay as they are. */
const EXACT_DIGITS = 17;

interface Form {
  readonly type: ColumnType;
  /** The value in the form of this type; null where it is none. */
  canonical(value: string): string | null;
}

/** In the order in which they are tried. */
const FORMS: readonly Form[] = [
  { type: 'integer', canonical: (value) => (INTEGER.test(value) ? (value === '-0' ? '0' : value) : null) },
  { type: 'number', canonical: number },
  { type: 'boolean', canonical: (value) => (/^(true|false)$/i.test(value) ? value.toLowerCase() : null) },
  { type: 'date', canonical: (value) => (isDate(value) ? value : null) },
  { type: 'timestamp', canonical: timestamp },
];

/**
 * The type that all values of a column have, and the values in the one form of that type: `1.50`, `1.5` and `15e-1` are
 * the same number, so a table is the same whatever wrote it.
 */
export function typed(values: Values): { readonly type: ColumnType; readonly values: Values } {
  const distinct = [...new Set(values)].filter((value) => value !== null);
  if (distinct.length === 0) return { type: 'text', values };
  for (const form of FORMS) {
    const forms = canonicalForms(distinct, form);
    if (forms === null) continue;
    const renamed = values.map((value) => (value === null ? null : (forms.get(value) ?? value)));
    // Numbers may all be whole, and times all midnight: then they are of the type before.
    return form.type === 'number' || form.type === 'timestamp'
      ? narrowed(form.type, renamed)
      : { type: form.type, values: renamed };
  }
  return { type: 'text', values };
}

/** A word in the form that it has as a value of a table: names of categories and classes are compared in it. */
export function canonicalWord(word: string): string {
  return typed([word]).values[0] ?? word;
}

function narrowed(type: 'number' | 'timestamp', values: Values): { type: ColumnType; values: Values } {
  if (type === 'number') {
    return { type: values.every((value) => value === null || INTEGER.test(value)) ? 'integer' : 'number', values };
  }
  const midnight = /T00:00:00$/;
  if (!values.every((value) => value === null || midnight.test(value))) return { type, values };
  return { type: 'date', values: values.map((value) => value?.slice(0, 10) ?? null) };
}

function canonicalForms(distinct: readonly string[], form: Form): ReadonlyMap<string, string> | null {
  const forms = new Map<string, string>();
  for (const value of distinct) {
    const canonical = form.canonical(value);
    if (canonical === null) return null;
    forms.set(value, canonical);
  }
  return forms;
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
