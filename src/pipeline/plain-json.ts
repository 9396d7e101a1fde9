import { AssayError } from '#base/errors';
import type { Json } from '#base/json';

/**
 * A copy of what JSON can hold, as it will be read back. What JSON would silently change (NaN to null, arrays of
 * numbers to objects, `undefined` in a list to null) is an error: evidence must not differ after a resume.
 *
 * @throws AssayError `plugin` that names the place, as in `data.rates[3]`.
 */
export function plainJson(value: unknown, place: string): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw unfit(place, `is ${value}`, 'Numbers in evidence are finite, or null.');
    // JSON has no negative zero.
    return value === 0 ? 0 : value;
  }
  if (Array.isArray(value)) return Array.from(value, (item, i) => plainJson(item, `${place}[${i}]`));
  if (typeof value === 'object' && isPlain(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, item]) => item !== undefined)
        .map(([key, item]) => [key, plainJson(item, `${place}.${key}`)]),
    );
  }
  throw unfit(place, `is ${nameOf(value)}`, 'Evidence is plain JSON; arrays belong into examples, maps or steps.');
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects that crossed a process or a realm keep only the name of their constructor.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function nameOf(value: unknown): string {
  return typeof value === 'object' && value !== null ? `a ${value.constructor.name}` : `of type ${typeof value}`;
}

function unfit(place: string, what: string, mend: string): AssayError {
  return new AssayError('plugin', { what: `\`${place}\` ${what}`, mend });
}
