import type { SchemaElement } from 'hyparquet';
import { AssayError } from '#base/errors';

/** Makes the text of one stored value; null where it is missing. */
export type ToText = (value: unknown) => string | null;

const NANOSECONDS = { MILLIS: 1_000_000n, MICROS: 1000n, NANOS: 1n } as const;
const SECOND = 1_000_000_000n;
const DAY_MILLISECONDS = 86_400_000;
/** Beyond the year 275760 there are no dates. */
const LAST_MILLISECOND = 8_640_000_000_000_000n;

/**
 * How the values of a column become text, by what the schema declares (Parquet's logical types, and the older converted
 * ones where these are missing).
 *
 * @param where file and column, for messages
 * @throws AssayError `data` for types that are no plain values
 */
export function valuesOf(element: SchemaElement, where: string): ToText {
  const plain = declared(element, where) ?? physical(element, where);
  return (value) => (value === null || value === undefined ? null : plain(value));
}

function declared(element: SchemaElement, where: string): ((value: unknown) => string | null) | null {
  const { logical_type: logical, converted_type: converted } = element;
  switch (logical?.type) {
    case 'TIMESTAMP': {
      const { unit, isAdjustedToUTC: utc } = logical;
      return (value) => timestamp(whole(value, where) * NANOSECONDS[unit], utc, where);
    }
    case 'TIME': {
      const { unit } = logical;
      return (value) => clock(whole(value, where) * NANOSECONDS[unit]);
    }
    case 'DECIMAL': {
      const { scale } = logical;
      return (value) => decimal(unscaled(value, where), scale);
    }
    case 'INTEGER': {
      const { isSigned: signed } = logical;
      return (value) => String(signed ? whole(value, where) : unsigned(value, element, where));
    }
    case 'UUID':
      return (value) => uuid(bytesIn(value, where));
    case 'FLOAT16':
      return (value) => numberText(half(bytesIn(value, where)), 'FLOAT16');
    case 'NULL':
      return () => null;
    case undefined:
    case 'STRING':
    case 'ENUM':
    case 'JSON':
    case 'DATE':
      break;
    default:
      throw noPlainValue(logical?.type ?? 'unknown', where);
  }
  switch (logical?.type === 'DATE' ? 'DATE' : converted) {
    case 'DATE':
      return (value) => date(Number(whole(value, where)), where);
    case 'DECIMAL':
      return (value) => decimal(unscaled(value, where), element.scale ?? 0);
    case 'TIMESTAMP_MILLIS':
      return (value) => timestamp(whole(value, where) * NANOSECONDS.MILLIS, true, where);
    case 'TIMESTAMP_MICROS':
      return (value) => timestamp(whole(value, where) * NANOSECONDS.MICROS, true, where);
    case 'TIME_MILLIS':
      return (value) => clock(whole(value, where) * NANOSECONDS.MILLIS);
    case 'TIME_MICROS':
      return (value) => clock(whole(value, where) * NANOSECONDS.MICROS);
    case 'UINT_8':
    case 'UINT_16':
    case 'UINT_32':
    case 'UINT_64':
      return (value) => String(unsigned(value, element, where));
    case 'BSON':
    case 'INTERVAL':
    case 'LIST':
    case 'MAP':
    case 'MAP_KEY_VALUE':
      throw noPlainValue(converted ?? 'DATE', where);
    default:
      return null;
  }
}

function physical(element: SchemaElement, where: string): (value: unknown) => string | null {
  switch (element.type) {
    case 'BOOLEAN':
      return (value) => String(value === true);
    case 'INT32':
    case 'INT64':
      return (value) => String(whole(value, where));
    case 'FLOAT':
    case 'DOUBLE': {
      const { type } = element;
      return (value) => numberText(numberIn(value, where), type);
    }
    case 'INT96':
      return (value) => timestamp(whole(value, where), false, where);
    case 'BYTE_ARRAY':
      return (value) => utf8(bytesIn(value, where), where);
    default:
      throw noPlainValue(element.type ?? 'a group', where);
  }
}

/** The shortest text that reads as the same number; what is no number is missing, as data frames have it. */
function numberText(value: number, type: 'FLOAT16' | 'FLOAT' | 'DOUBLE'): string | null {
  if (Number.isNaN(value)) return null;
  if (type === 'DOUBLE' || !Number.isFinite(value)) return String(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

function decimal(value: bigint, scale: number): string {
  if (scale <= 0) return String(value * 10n ** BigInt(-scale));
  const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function date(days: number, where: string): string {
  return isoDate(BigInt(days) * BigInt(DAY_MILLISECONDS), where).slice(0, -'T00:00:00.000Z'.length);
}

function timestamp(nanoseconds: bigint, utc: boolean, where: string): string {
  const seconds = floorDivide(nanoseconds, SECOND);
  const text = isoDate(seconds * 1000n, where).slice(0, -'.000Z'.length);
  return `${text}${fraction(nanoseconds - seconds * SECOND)}${utc ? 'Z' : ''}`;
}

function clock(nanoseconds: bigint): string {
  const seconds = floorDivide(nanoseconds, SECOND);
  const two = (value: bigint) => String(value).padStart(2, '0');
  const text = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
  return `${text}${fraction(nanoseconds - seconds * SECOND)}`;
}

function fraction(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '';
  return `.${String(nanoseconds).padStart(9, '0').replace(/0+$/, '')}`;
}

function isoDate(milliseconds: bigint, where: string): string {
  if (milliseconds <= LAST_MILLISECOND && milliseconds >= -LAST_MILLISECOND) {
    return new Date(Number(milliseconds)).toISOString();
  }
  throw new AssayError('data', { where, what: 'a date lies outside of all calendars' });
}

function floorDivide(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

function unsigned(value: unknown, { type }: SchemaElement, where: string): bigint {
  return BigInt.asUintN(type === 'INT64' ? 64 : 32, whole(value, where));
}

/** Decimals lie in integers, or big-endian in bytes with a sign. */
function unscaled(value: unknown, where: string): bigint {
  if (!(value instanceof Uint8Array)) return whole(value, where);
  const digits = Buffer.from(value).toString('hex');
  return digits === '' ? 0n : BigInt.asIntN(8 * value.length, BigInt(`0x${digits}`));
}

function uuid(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function half(bytes: Uint8Array): number {
  const bits = (bytes[0] ?? 0) + 256 * (bytes[1] ?? 0);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const rest = bits & 0x3ff;
  if (exponent === 0x1f) return rest === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * rest * 2 ** -24 : sign * (1 + rest / 1024) * 2 ** (exponent - 15);
}

function utf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new AssayError('data', { where, what: 'the column holds bytes that are no text in UTF-8', cause });
  }
}

function whole(value: unknown, where: string): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  throw damagedValue(where);
}

function numberIn(value: unknown, where: string): number {
  if (typeof value === 'number') return value;
  throw damagedValue(where);
}

function bytesIn(value: unknown, where: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw damagedValue(where);
}

function damagedValue(where: string): AssayError {
  return new AssayError('data', {
    where,
    what: 'a value is not of the type that the file declares',
    mend: 'The file is damaged; write it again.',
  });
}

function noPlainValue(type: string, where: string): AssayError {
  return new AssayError('data', {
    where,
    what: `the column is of the type ${type}, which is no plain value`,
    mend: 'Leave it out, or give each of its values a column of its own.',
  });
}
