import { parquetMetadata, type FileMetaData, type RowGroup, type SchemaElement } from 'hyparquet';
import { AssayError, messageOf } from '#base/errors';
import type { SourceFile } from '../file.js';
import { checkCells, checkNames, ColumnBuilder, missingValues, type RawColumns, type TableOptions } from './columns.js';
import { decodeColumns, type DecoderLimits } from './parquet-decoder.js';
import { checkPages, MAGIC_BYTES, placeOf } from './parquet-pages.js';
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
  const { bytes, path } = file;
  return orDamaged(path, async () => {
    const layout = parquetLayout(bytes, bytes.length, path);
    checkCells(layout.rows, layout.names.length, path);
    const missing = missingValues(options);
    const decoded = await decodePart(bytes, layout.metadata, layout, path);
    return {
      names: layout.names,
      values: decoded.map((values) => {
        const column = new ColumnBuilder(missing);
        for (const value of values) column.push(value);
        return column.values;
      }),
    };
  });
}

/** What a Parquet file says of itself. */
export interface ParquetLayout {
  readonly names: readonly string[];
  readonly rows: number;
  readonly metadata: FileMetaData;
  readonly elements: readonly SchemaElement[];
}

/**
 * @param tail the end of the file, at least from its footer on
 * @param size of the file
 * @throws AssayError `data` for encrypted files and nested columns; RangeError for damaged ones
 */
export function parquetLayout(tail: Uint8Array, size: number, path: string): ParquetLayout {
  const metadata = metadataOf(tail, size, path);
  const elements = flatColumns(metadata, path);
  const names = elements.map(({ name }) => name);
  checkNames(names, path);
  checkRows(metadata);
  return { names, rows: Number(metadata.num_rows), metadata, elements };
}

/**
 * Where the footer of a Parquet file begins, by its last eight bytes.
 *
 * @throws AssayError `data` for an encrypted file; RangeError where it has none
 */
export function footerStart(end: Uint8Array, size: number, path: string): number {
  if (startsWith(end.subarray(-MAGIC.length), ENCRYPTED)) {
    throw new AssayError('data', { where: path, what: 'the file is encrypted', mend: 'Write it without a key.' });
  }
  const length = new DataView(end.buffer, end.byteOffset, end.byteLength).getUint32(end.length - 8, true);
  const start = size - 8 - length;
  if (!startsWith(end.subarray(-4), MAGIC) || start < MAGIC.length) throw new RangeError('its end is missing');
  return start;
}

/** A part of a Parquet file: some of its row groups, and where all of their bytes are. */
export interface ParquetPart {
  readonly start: number;
  readonly end: number;
  /** Its places are places in the bytes from `start` to `end`. */
  readonly metadata: FileMetaData;
}

/** A process for each of many small row groups would take longer than their rows. */
const PART_BYTES = 1 << 24;

/**
 * A Parquet file in parts of one row group or more.
 *
 * @param size of the file
 * @param partBytes up to which row groups are taken together
 * @throws RangeError for a damaged file
 */
export function parquetParts({ metadata }: ParquetLayout, size: number, partBytes = PART_BYTES): ParquetPart[] {
  const runs: { groups: RowGroup[]; start: number; end: number }[] = [];
  for (const group of metadata.row_groups) {
    const places = group.columns.map((column) => placeOf(column, size));
    const start = Math.min(...places.map((place) => place.start)) - MAGIC_BYTES;
    const end = Math.max(...places.map((place) => place.end));
    const last = runs.at(-1);
    const joint = last === undefined ? null : { start: Math.min(last.start, start), end: Math.max(last.end, end) };
    if (last !== undefined && joint !== null && joint.end - joint.start <= partBytes) {
      Object.assign(last, joint);
      last.groups.push(group);
    } else {
      runs.push({ groups: [group], start, end });
    }
  }
  return runs.map(({ groups, start, end }) => ({ start, end, metadata: moved(metadata, groups, BigInt(start)) }));
}

function moved(metadata: FileMetaData, groups: readonly RowGroup[], by: bigint): FileMetaData {
  const place = (at: bigint | undefined) => (at === undefined || at <= 0n ? {} : { dictionary_page_offset: at - by });
  return {
    ...metadata,
    num_rows: groups.reduce((rows, group) => rows + group.num_rows, 0n),
    row_groups: groups.map((group) => ({
      ...group,
      columns: group.columns.map(({ meta_data: data, ...column }) => {
        if (data === undefined) return column;
        const { dictionary_page_offset: dictionary, ...rest } = data;
        const offsets = { ...place(dictionary), data_page_offset: data.data_page_offset - by };
        return { ...column, meta_data: { ...rest, ...offsets } };
      }),
    })),
  };
}

/**
 * The values of some row groups, column by column.
 *
 * @param metadata of them, with places in `bytes`
 * @throws AssayError `data` where decoding takes too much; RangeError for damaged ones
 */
export async function decodePart(
  bytes: Uint8Array,
  metadata: FileMetaData,
  { names, elements }: ParquetLayout,
  path: string,
): Promise<readonly (readonly (string | null)[])[]> {
  const inflated = checkPages(bytes, metadata);
  const meanings = elements.map((element) => valuesOf(element, placeIn(path, element.name)));
  const decoded = await decodeColumns(bytes, metadata, names, limitsFor(inflated, metadata, names.length), path);
  return decoded.map(({ name, values }, i) => {
    if (BigInt(values.length) !== metadata.num_rows) {
      throw new RangeError(`the column ${JSON.stringify(name)} has ${values.length} values`);
    }
    return values.map((value) => meanings[i]?.(value) ?? null);
  });
}

/** What is wrong with a file is said in one sentence. */
export async function orDamaged<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof AssayError ? cause : damaged(path, cause);
  }
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
function metadataOf(tail: Uint8Array, size: number, path: string): FileMetaData {
  const start = footerStart(tail, size, path) - (size - tail.length);
  if (start < 0) throw new RangeError('its end is missing');
  endOfThrift(new DataView(tail.buffer, tail.byteOffset + start, tail.length - 8 - start), 0);
  return parquetMetadata(tail, { geoparquet: false, parsers: STATISTICS_AS_STORED });
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

function checkRows({ num_rows: rows, row_groups: groups }: FileMetaData): void {
  const sum = groups.reduce((total, group) => total + group.num_rows, 0n);
  if (rows < 0n || sum !== rows || groups.some((group) => group.num_rows < 0n)) {
    throw new RangeError('its parts have another number of rows than the whole');
  }
}

function placeIn(path: string, column: string): string {
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
