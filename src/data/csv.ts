import type { SourceFile } from './file.js';
import type { Table } from './table.js';
import { tableOf, type RawColumns, type TableOptions } from './tables/columns.js';
import { readText } from './tables/text-table.js';

export type CsvOptions = TableOptions;

/**
 * Reads a CSV file (RFC 4180) whose first record names the columns: with any delimiter, in UTF-8 with or without byte order mark or
 * in Latin-1, both told by the content where the options don't say them. Text is kept as it stands, spaces too.
 *
 * @throws AssayError `data` with the line where records differ in length, quotes do not match or bytes are in no encoding, and
 * where a role is given to a column that is not there
 */
export function readCsv(file: SourceFile, options: CsvOptions): Table {
  const columns = csvColumns(file, options);
  return tableOf(columns, file, options, delimiterHint(columns.names, options.delimiter));
}

/** The columns of a CSV file, every field as it stands. @throws AssayError `data`, as `readCsv` does */
export function csvColumns(file: SourceFile, options: Omit<CsvOptions, 'roles'>): RawColumns {
  return readText(file, 'csv', options).columns;
}

/** A whole header in one column is one that was split at the wrong character. */
export function delimiterHint(names: readonly string[], given: string | undefined): string | null {
  const [only = '', second] = names;
  const likely = [',', ';', '\t', '|'].find((delimiter) => only.includes(delimiter));
  if (second !== undefined || likely === undefined || given === undefined) return null;
  return `The header is one column at present: set \`delimiter\` to ${JSON.stringify(likely)}.`;
}
