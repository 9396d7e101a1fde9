/** Weka's own, where an attribute declares none. */
export const DEFAULT_FORMAT = "yyyy-MM-dd'T'HH:mm:ss";

type Field = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond';

/** Letters of Java's SimpleDateFormat that stand for numbers. */
const FIELDS: ReadonlyMap<string, Field> = new Map([
  ['y', 'year'],
  ['M', 'month'],
  ['d', 'day'],
  ['H', 'hour'],
  ['m', 'minute'],
  ['s', 'second'],
  ['S', 'millisecond'],
]);
const PIECE = /'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+/gy;

/**
 * What makes ISO 8601 of dates in a format of Java's SimpleDateFormat: a date where it has no hours, else a date and time.
 *
 * @returns null for a date that is not in the format or not in the calendar
 * @throws RangeError for a format with names, two-digit years or zones, or without a whole date
 */
export function dateReader(format: string): (text: string) => string | null {
  const { pattern, fields } = patternOf(format);
  const missing = (['year', 'month', 'day'] as const).find((field) => !fields.includes(field));
  if (missing !== undefined) throw new RangeError(`the date format ${JSON.stringify(format)} has no ${missing}`);
  const hasTime = fields.some((field) => !['year', 'month', 'day'].includes(field));
  return (text) => {
    const match = pattern.exec(text);
    if (match === null) return null;
    const found = new Map(fields.map((field, i) => [field, Number(match[i + 1])]));
    const part = (field: Field): number => found.get(field) ?? 0;
    const milliseconds = Date.UTC(0, part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
    const date = new Date(milliseconds + part('millisecond'));
    // Years below 100 are not those of the last century.
    date.setUTCFullYear(part('year'), part('month') - 1, part('day'));
    const isReal =
      date.getUTCMonth() + 1 === part('month') &&
      date.getUTCDate() === part('day') &&
      date.getUTCHours() === part('hour') &&
      part('minute') < 60 &&
      part('second') < 60;
    if (!isReal) return null;
    const iso = date.toISOString().replace(/\.000Z$|Z$/, '');
    return hasTime ? iso : iso.slice(0, 'yyyy-MM-dd'.length);
  };
}

function patternOf(format: string): { readonly pattern: RegExp; readonly fields: readonly Field[] } {
  const fields: Field[] = [];
  let pattern = '';
  let end = 0;
  for (const piece of format.matchAll(PIECE)) {
    const [whole, literal, letter] = piece;
    end = piece.index + whole.length;
    if (letter === undefined) {
      pattern += escaped(literal === undefined ? whole : literal === '' ? "'" : literal.replaceAll("''", "'"));
      continue;
    }
    const field = FIELDS.get(letter);
    const isNumber = field !== undefined && (letter === 'y' ? whole.length === 4 : letter === 'S' || whole.length <= 2);
    if (!isNumber) throw new RangeError(`the date format ${JSON.stringify(format)} has ${whole}, which is not read`);
    if (fields.includes(field)) throw new RangeError(`the date format ${JSON.stringify(format)} has ${letter} twice`);
    fields.push(field);
    pattern += letter === 'y' ? '(\\d{4})' : letter === 'S' ? '(\\d{1,3})' : '(\\d{1,2})';
  }
  if (end !== format.length) throw new RangeError(`the date format ${JSON.stringify(format)} has an unclosed quote`);
  return { pattern: new RegExp(`^${pattern}$`), fields };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
