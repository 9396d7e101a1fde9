import { isUtf8 } from 'node:buffer';
import { CsvError, parse } from 'csv-parse/sync';
import { AssayError } from '#base/errors';
import type { SourceFile } from './file.js';
import type { Table } from './table.js';
import {
  checkNames,
  ColumnBuilder,
  missingValues,
  tableOf,
  type RawColumns,
  type TableOptions,
} from './tables/columns.js';

export type CsvOptions = TableOptions;

/** A record of more bytes is taken for a quote that was never closed. */
const MAX_RECORD_BYTES = 1 << 20;

/**
 * Reads a CSV file (RFC 4180, UTF-8 with or without byte order mark) whose first record names the columns. Text is
 * kept as it stands, spaces too. Throws an AssayError with the line where records differ in length or quotes do not
 * match, and where a role is given to a column that is not there.
 */
export function readCsv(file: SourceFile, options: CsvOptions): Table {
  const columns = csvColumns(file, options);
  return tableOf(columns, file, options, delimiterHint(columns.names, options));
}

/** The columns of a CSV file, every field as it stands. @throws AssayError `data`, as `readCsv` does */
export function csvColumns(file: SourceFile, options: Omit<CsvOptions, 'roles'>): RawColumns {
  checkText(file);
  const missing = missingValues(options);
  let names: readonly string[] | undefined;
  let columns: ColumnBuilder[] = [];
  const onRecord = (record: string[], { lines }: { readonly lines: number }): null => {
    if (names === undefined) {
      names = record;
      checkNames(names, file.path);
      columns = names.map(() => new ColumnBuilder(missing));
    } else if (record.length === names.length) {
      for (const [i, field] of record.entries()) columns[i]?.push(field);
    } else if (record.length !== 1 || record[0] !== '') {
      throw ragged(record.length, names.length, lines, file.path);
    }
    return null;
  };
  parseRecords(file, options.delimiter ?? ',', onRecord);
  if (names === undefined) throw new AssayError('data', { where: file.path, what: 'the file has no header' });
  return { names, values: columns.map(({ values }) => values) };
}

function parseRecords(
  file: SourceFile,
  delimiter: string,
  onRecord: (record: string[], context: { readonly lines: number }) => null,
): void {
  if (/["\r\n]/.test(delimiter)) {
    throw new AssayError('config', { where: file.path, what: 'the delimiter cannot be a quote or a line break' });
  }
  try {
    parse(file.bytes, {
      delimiter,
      bom: true,
      relax_column_count: true,
      max_record_size: MAX_RECORD_BYTES,
      on_record: onRecord,
    });
  } catch (cause) {
    throw cause instanceof CsvError ? malformed(cause, file.path) : cause;
  }
}

/** @throws AssayError `data` for a file that is not text in UTF-8 */
export function checkText(file: SourceFile): void {
  const { bytes, path } = file;
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16) throw new AssayError('data', { where: path, what: 'the file is UTF-16', mend: 'Save it as UTF-8.' });
  if (!isUtf8(bytes)) {
    throw new AssayError('data', {
      where: `${path}, line ${firstInvalidLine(bytes)}`,
      what: 'the text is not UTF-8',
      mend: 'Save the file as UTF-8.',
    });
  }
  if (bytes.includes(0))
    throw new AssayError('data', { where: path, what: 'this is not a text file: it holds zero bytes' });
}

function firstInvalidLine(bytes: Uint8Array): number {
  let start = 0;
  for (let line = 1; ; line++) {
    const end = bytes.indexOf(0x0a, start);
    if (end === -1 || !isUtf8(bytes.subarray(start, end))) return line;
    start = end + 1;
  }
}

/** A whole header in one column is one that was split at the wrong character. */
function delimiterHint(names: readonly string[], options: CsvOptions): string | null {
  const [only = '', second] = names;
  const likely = [',', ';', '\t', '|'].find((delimiter) => only.includes(delimiter));
  if (second !== undefined || likely === undefined || likely === options.delimiter) return null;
  return `The header is one column at present: set \`delimiter\` to ${JSON.stringify(likely)}.`;
}

function ragged(fields: number, columns: number, line: number, path: string): AssayError {
  return new AssayError('data', {
    where: `${path}, line ${line}`,
    what: `the record has ${fields} ${fields === 1 ? 'field' : 'fields'} and the header names ${columns}`,
    mend: 'Quote fields that hold the delimiter.',
  });
}

function malformed(cause: CsvError, path: string): AssayError {
  const line: unknown = cause['lines'];
  return new AssayError('data', {
    where: typeof line === 'number' ? `${path}, line ${line}` : path,
    what: malformation(cause),
    mend: 'Fields with quotes are quoted, and quotes in them doubled.',
    cause,
  });
}

function malformation(cause: CsvError): string {
  switch (cause.code as string) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote that was opened is not closed before the file ends';
    case 'CSV_MAX_RECORD_SIZE':
      return `a record is longer than ${MAX_RECORD_BYTES} bytes, as when a quote is not closed`;
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'a closing quote is followed by something else than a delimiter';
    case 'INVALID_OPENING_QUOTE':
      return 'a quote stands in the middle of a field that is not quoted';
    default:
      return `the record cannot be parsed (${cause.message})`;
  }
}
