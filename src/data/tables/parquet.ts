import { parquetMetadata, type FileMetaData, type SchemaElement } from 'hyparquet';
import { AssayError, messageOf } from '#base/errors';
import type { SourceFile } from '../file.js';
import { checkCells, checkNames, ColumnBuilder, missingValues, type RawColumns, type TableOptions } from './columns.js';
import { decodeColumns, type DecoderLimits } from './parquet-decoder.js';
import { checkPages } from './parquet-pages.js';
import { valuesOf } from './parquet-values.js';
import { endOfThrift } from './thrift.js';

const MAGIC = Buffer.from('PAR1', 'latin1');
const ENCRYPTED = Buffer.from('PARE', 'latin1');
const LEAST_MEGABYTES = 256;
const MOST_MEGABYTES = 8192;

/** Of the least and largest values in a file's statistics, which are not looked at. */
const STATISTICS_AS_STORED = {
  timestampFromMilliseconds: (value: bigint) => value,
  timestampFromMicroseconds: (value: bigint) => value,
  timestampFromNanoseconds: (value: bigint) => value,
  dateFromDays: (value: number) => value,
  stringFromBytes: (value: Uint8Array) => value,
  jsonFromBytes: (value: Uint8Array) => value,
};

export function isParquet(bytes: Uint8Array): boolean {
  return startsWith(bytes, MAGIC) || startsWith(bytes, ENCRYPTED);
}

/**
 * Reads a Parquet file of plain columns in any encoding and compression. Sizes that the file declares about itself are
 * checked before anything is made by them.
 *
 * @throws AssayError `data` for nested, encrypted, oversized and damaged files
 */
export async function readParquet(file: SourceFile, options: TableOptions): Promise<RawColumns> {
  if (startsWith(file.bytes, ENCRYPTED)) {
    throw new AssayError('data', { where: file.path, what: 'the file is encrypted', mend: 'Write it without a key.' });
  }
  try {
    return await readColumns(file, options);
  } catch (cause) {
    throw cause instanceof AssayError ? cause : damaged(file.path, cause);
  }
}

async function readColumns(file: SourceFile, options: TableOptions): Promise<RawColumns> {
  const metadata = metadataOf(file.bytes);
  const elements = flatColumns(metadata, file.path);
  const names = elements.map(({ name }) => name);
  checkNames(names, file.path);
  checkSize(metadata, elements.length, file.path);
  const inflated = checkPages(file.bytes, metadata);
  const meanings = elements.map((element) => valuesOf(element, placeOf(file.path, element.name)));
  const decoded = await decodeColumns(file.bytes, names, limitsFor(inflated, metadata, elements.length), file.path);
  const missing = missingValues(options);
  return {
    names,
    values: decoded.map(({ name, values }, i) => {
      if (BigInt(values.length) !== metadata.num_rows) {
        throw new RangeError(`the column ${JSON.stringify(name)} has ${values.length} values`);
      }
      const column = new ColumnBuilder(missing);
      for (const value of values) column.push(meanings[i]?.(value) ?? null);
      return column.values;
    }),
  };
}

/** Several times what a file of this size takes. */
function limitsFor(inflated: number, { num_rows: rows }: FileMetaData, columns: number): DecoderLimits {
  const mebibytes = inflated / 2 ** 20;
  const values = (Number(rows) * columns) / 2 ** 20;
  return {
    megabytes: Math.min(MOST_MEGABYTES, Math.ceil(LEAST_MEGABYTES + 8 * mebibytes + 100 * values)),
    milliseconds: 30_000 + 500 * mebibytes + 10_000 * values,
  };
}

/** The types of its numbers are the library's promise, which a file may break: then comparing them throws. */
function metadataOf(bytes: Uint8Array): FileMetaData {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(bytes.length - 8, true);
  const start = bytes.length - 8 - length;
  if (!startsWith(bytes.subarray(-4), MAGIC) || start < MAGIC.length) throw new RangeError('its end is missing');
  endOfThrift(new DataView(bytes.buffer, bytes.byteOffset + start, length), 0);
  return parquetMetadata(bytes, { geoparquet: false, parsers: STATISTICS_AS_STORED });
}

/** The columns of a table, which are all below the root. */
function flatColumns({ schema }: FileMetaData, path: string): readonly SchemaElement[] {
  const [root, ...elements] = schema;
  const nested = elements.find(
    ({ num_children, repetition_type }) => (num_children ?? 0) > 0 || repetition_type === 'REPEATED',
  );
  if (nested !== undefined) {
    throw new AssayError('data', {
      where: path,
      what: `the column ${JSON.stringify(nested.name)} is nested`,
      mend: 'Give each of its values a column of its own.',
    });
  }
  if (root?.num_children !== elements.length || elements.some(({ type }) => type === undefined)) {
    throw new RangeError('the schema is no list of columns');
  }
  return elements;
}

function checkSize({ num_rows: rows, row_groups: groups }: FileMetaData, columns: number, path: string): void {
  const sum = groups.reduce((total, group) => total + group.num_rows, 0n);
  if (rows < 0n || sum !== rows || groups.some((group) => group.num_rows < 0n)) {
    throw new RangeError('its parts have another number of rows than the whole');
  }
  checkCells(Number(rows), columns, path);
}

function placeOf(path: string, column: string): string {
  return `${path}, column ${JSON.stringify(column)}`;
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return start.every((byte, i) => bytes[i] === byte);
}

function damaged(path: string, cause: unknown): AssayError {
  return new AssayError('data', {
    where: path,
    what: `the Parquet file cannot be read (${messageOf(cause)})`,
    mend: 'It is truncated or damaged; write it again.',
    cause,
  });
}
