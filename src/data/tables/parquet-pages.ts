import type { ColumnChunk, FileMetaData } from 'hyparquet';
import { parquetHeader } from 'hyparquet/src/column.js';
import { endOfThrift } from './thrift.js';

/** Of all pages of a file, inflated. */
const MAX_INFLATED_BYTES = 2 ** 31 - 1;

/** Before the first column. */
export const MAGIC_BYTES = 4;

interface Page {
  readonly values: number;
  /** Null for pages of a dictionary, which are no rows. */
  readonly isData: boolean;
  readonly stored: number;
  readonly inflated: number;
}

/**
 * Walks the headers of all pages: each holds no more values than its part has rows and no more bytes than are there, so
 * that a few bytes cannot ask for gigabytes, nor for a step back that never ends.
 *
 * @returns bytes of all pages, inflated
 * @throws RangeError where they do
 */
export function checkPages(bytes: Uint8Array, { row_groups: groups }: FileMetaData): number {
  let inflated = 0;
  for (const { columns, num_rows: rows } of groups) {
    for (const column of columns) {
      inflated += inflatedSize(bytes, column, Number(rows));
      if (inflated > MAX_INFLATED_BYTES)
        throw new RangeError(`its pages declare more than ${MAX_INFLATED_BYTES} bytes`);
    }
  }
  return inflated;
}

function inflatedSize(bytes: Uint8Array, column: ColumnChunk, rows: number): number {
  const { start, end } = placeOf(column, bytes.length);
  let total = 0;
  let values = 0;
  for (let at = start; at < end - 1 && values < rows;) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, end - at);
    const headerBytes = endOfThrift(view, 0);
    const page = pageOf(view);
    at += headerBytes + page.stored;
    if (at > end) throw new RangeError('a page ends behind its column');
    if (page.isData) values += page.values;
    if (values > rows) throw new RangeError('a column has more values than rows');
    // A dictionary stores each of its values in a byte at least, but for booleans, which have none.
    if (!page.isData && page.values > page.inflated) throw new RangeError('a dictionary has more values than bytes');
    total += page.inflated;
  }
  if (values < rows) throw new RangeError('a column has fewer values than rows');
  return total;
}

/** @param size of the file. @throws RangeError where the column lies elsewhere */
export function placeOf(
  { file_path: other, meta_data: data }: ColumnChunk,
  size: number,
): { readonly start: number; readonly end: number } {
  if (other !== undefined) throw new RangeError('a column lies in another file');
  if (data === undefined) throw new RangeError('a column has no place, or is encrypted');
  const { dictionary_page_offset: dictionary, data_page_offset: pages, total_compressed_size: length } = data;
  // Some writers leave a zero where there is no dictionary.
  const start = Number(dictionary !== undefined && dictionary > 0n && dictionary < pages ? dictionary : pages);
  const end = start + Number(length);
  if (!(start >= MAGIC_BYTES && end >= start && end <= size)) throw new RangeError('a column lies outside of the file');
  return { start, end };
}

function pageOf(view: DataView): Page {
  const header = parquetHeader({ view, offset: 0 });
  const data = header.data_page_header ?? header.data_page_header_v2;
  const values = data?.num_values ?? header.dictionary_page_header?.num_values;
  const page = {
    values: values ?? NaN,
    isData: data !== undefined,
    stored: header.compressed_page_size,
    inflated: header.uncompressed_page_size,
  };
  const levels = header.data_page_header_v2;
  const sizes = [page.values, page.stored, page.inflated];
  if (levels !== undefined) {
    sizes.push(levels.num_nulls, levels.definition_levels_byte_length, levels.repetition_levels_byte_length);
  }
  if (sizes.every((size) => Number.isSafeInteger(size) && size >= 0)) return page;
  throw new RangeError('the header of a page declares no sound sizes');
}
