import { AssayError } from '#base/errors';
import { readCsv } from './csv.js';
import type { SourceFile } from './file.js';
import type { Table } from './table.js';
import { tableOf, type TableOptions } from './tables/columns.js';
import { readJsonLines } from './tables/json-lines.js';
import { isParquet, readParquet } from './tables/parquet.js';

/** Formats that tables come in and that are not read, by their first bytes. */
const FOREIGN: readonly (readonly [start: string, what: string])[] = [
  ['PK\x03\x04', 'this is an Excel workbook or another ZIP archive'],
  ['\xd0\xcf\x11\xe0', 'this is an old Excel workbook'],
  ['\x1f\x8b', 'the file is compressed by gzip'],
  ['ARROW1', 'this is an Arrow or Feather file'],
  ['FEA1', 'this is a Feather file'],
  ['Obj\x01', 'this is an Avro file'],
  ['ORC', 'this is an ORC file'],
  ['SQLite format 3', 'this is an SQLite database'],
  ['\x80\x04', 'this is a Python pickle, which is code and is never run'],
  ['\x80\x05', 'this is a Python pickle, which is code and is never run'],
  ['\x93NUMPY', 'this is an array without names of columns'],
];

/**
 * Reads a table of any format that is known (CSV, Parquet, JSON Lines), told by its content and never by its name. The
 * same content in another format is the same table, but for the name.
 *
 * @throws AssayError `data` where the file cannot be read as the options say
 */
export async function readTable(file: SourceFile, options: TableOptions): Promise<Table> {
  if (isParquet(file.bytes)) return tableOf(await readParquet(file, options), file, options);
  const start = Buffer.from(file.bytes.subarray(0, 64)).toString('latin1');
  const foreign = FOREIGN.find(([magic]) => start.startsWith(magic));
  if (foreign !== undefined) throw unknownFormat(file.path, foreign[1]);
  const text = start.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^\{\s*["}]/.test(text)) return tableOf(readJsonLines(file, options), file, options);
  if (/^\[\s*[{\]]/.test(text)) throw unknownFormat(file.path, 'this is one JSON list');
  return readCsv(file, options);
}

function unknownFormat(where: string, what: string): AssayError {
  return new AssayError('data', {
    where,
    what,
    mend: 'Store the table as CSV, Parquet or JSON Lines (one object a line).',
  });
}
