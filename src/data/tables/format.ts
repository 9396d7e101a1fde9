import { AssayError } from '#base/errors';
import { isParquet } from './parquet.js';

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

/** What is looked at of a file. */
export const FORMAT_BYTES = 1 << 16;

/**
 * The format of a table, told by its content and never by its name.
 *
 * @param head its first {@link FORMAT_BYTES}, or all of it
 * @throws AssayError `data` for formats that are known and not read
 */
export function formatOf(head: Uint8Array, path: string): 'csv' | 'arff' | 'json-lines' | 'parquet' {
  if (isParquet(head)) return 'parquet';
  const start = Buffer.from(head.subarray(0, FORMAT_BYTES)).toString('latin1');
  const foreign = FOREIGN.find(([magic]) => start.startsWith(magic));
  if (foreign !== undefined) throw unknownFormat(path, foreign[1]);
  const text = start.replace(/^\xef\xbb\xbf/, '').trimStart();
  if (/^\{\s*["}]/.test(text)) return 'json-lines';
  if (/^\[\s*[{\]]/.test(text)) throw unknownFormat(path, 'this is one JSON list');
  return isArff(text) ? 'arff' : 'csv';
}

/** Comments may come before the keywords of a header. */
function isArff(text: string): boolean {
  const first = text.split('\n').find((line) => !/^\s*(%|$)/.test(line));
  return first !== undefined && /^\s*@(relation\s|attribute\s|data\s*$)/i.test(first);
}

function unknownFormat(where: string, what: string): AssayError {
  return new AssayError('data', {
    where,
    what,
    mend: 'Store the table as CSV, Parquet, JSON Lines (one object a line) or ARFF.',
  });
}
