import { AssayError, messageOf } from '#base/errors';
import { checkText } from '../csv.js';
import type { SourceFile } from '../file.js';
import { checkCells, ColumnBuilder, missingValues, type RawColumns, type TableOptions } from './columns.js';

/** A line of more bytes is no record of a table. */
const MAX_LINE_BYTES = 1 << 20;
/** Every record may bring names of its own; a table has columns in common. */
const MAX_COLUMNS = 5_000;
const LINE_BREAK = 0x0a;

/**
 * Reads JSON Lines: an object of plain values a line, in UTF-8. Columns stand in the order in which their names first
 * appear; a name that a record lacks is missing there.
 *
 * @throws AssayError `data` naming the line
 */
export function readJsonLines(file: SourceFile, options: TableOptions): RawColumns {
  checkText(file);
  const missing = missingValues(options);
  const columns = new Map<string, ColumnBuilder>();
  let rows = 0;
  for (const { text, where } of linesOf(file)) {
    for (const [name, value] of Object.entries(recordOf(text, where))) {
      const column = columns.get(name) ?? addColumn(columns, name, missing, where);
      while (column.values.length < rows) column.push(null);
      column.push(textOf(value, name, where));
    }
    rows += 1;
    checkCells(rows, columns.size, file.path);
  }
  for (const column of columns.values()) while (column.values.length < rows) column.push(null);
  return { names: [...columns.keys()], values: [...columns.values()].map(({ values }) => values) };
}

function* linesOf({ bytes, path }: SourceFile): Generator<{ text: string; where: string }> {
  const decoder = new TextDecoder();
  for (let line = 1, start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(LINE_BREAK, start);
    const end = found === -1 ? bytes.length : found;
    const where = `${path}, line ${line}`;
    if (end - start > MAX_LINE_BYTES) {
      throw new AssayError('data', { where, what: `the line is longer than ${MAX_LINE_BYTES} bytes` });
    }
    const text = decoder.decode(bytes.subarray(start, end)).trim();
    if (text !== '') yield { text, where };
    start = end + 1;
  }
}

function recordOf(text: string, where: string): Readonly<Record<string, unknown>> {
  const value = parsed(text, where);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new AssayError('data', { where, what: 'the line is not a JSON object', mend: 'Write one object a line.' });
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AssayError('data', {
      where,
      what: `the line is not JSON (${messageOf(cause)})`,
      mend: 'Write one object a line.',
      cause,
    });
  }
}

function addColumn(
  columns: Map<string, ColumnBuilder>,
  name: string,
  missing: ReadonlySet<string>,
  where: string,
): ColumnBuilder {
  if (columns.size >= MAX_COLUMNS) {
    throw new AssayError('data', { where, what: `there are more than ${MAX_COLUMNS} different names` });
  }
  const column = new ColumnBuilder(missing);
  columns.set(name, column);
  return column;
}

function textOf(value: unknown, name: string, where: string): string | null {
  switch (typeof value) {
    case 'string':
      return value;
    case 'boolean':
      return String(value);
    case 'number':
      return numberText(value, name, where);
    default:
      if (value === null) return null;
      throw new AssayError('data', {
        where,
        what: `the column ${JSON.stringify(name)} is nested: it holds ${Array.isArray(value) ? 'a list' : 'an object'}`,
        mend: 'Give each value a column of its own.',
      });
  }
}

function numberText(value: number, name: string, where: string): string {
  if (!Number.isInteger(value) || Number.isSafeInteger(value) || Math.abs(value) >= 1e21) return String(value);
  throw new AssayError('data', {
    where,
    what: `the column ${JSON.stringify(name)} holds ${value}, beyond the integers that JSON numbers hold exactly`,
    mend: 'Write it as text, in quotes.',
  });
}
