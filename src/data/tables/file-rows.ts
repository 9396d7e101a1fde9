import type { ByteSource } from '../streams/byte-source.js';
import type { TableOptions } from './columns.js';
import { formatOf } from './format.js';
import { decodePart, footerStart, orDamaged, parquetLayout, parquetParts } from './parquet.js';
import type { TableReading } from './reading.js';
import type { RowSink } from './rows.js';
import { readingOf, TextRows, TextScan, type TextFormat, type TextLayout } from './text-table.js';

/** What has to be known of a file before its rows are read. Plain values. */
export type FileLayout = TextLayout | { readonly format: 'parquet' };

/** Reads what has to be known. @throws AssayError `data` where it cannot be told */
export async function layoutOf(file: ByteSource, options: TableOptions): Promise<FileLayout> {
  const format = formatOf(file.head, file.path);
  return format === 'parquet' ? { format } : textLayout(file, format, options);
}

export function readingOfFile(layout: FileLayout): TableReading {
  return layout.format === 'parquet' ? layout : readingOf(layout);
}

/**
 * Hands all rows of a file to a sink, and waits after each part of them: of Parquet some row groups, of the others about a megabyte.
 *
 * @returns the names of the columns
 * @throws AssayError `data` naming the place that cannot be read
 */
export function fileRows(file: ByteSource, layout: FileLayout, sink: RowSink): AsyncGenerator<void, readonly string[]> {
  return layout.format === 'parquet' ? parquetRows(file, sink) : textRows(file, layout, sink);
}

async function textLayout(file: ByteSource, format: TextFormat, options: TableOptions): Promise<TextLayout> {
  const scan = new TextScan(format, file.path, options);
  for await (const part of file.parts()) scan.add(part);
  return scan.end();
}

async function* textRows(file: ByteSource, layout: TextLayout, sink: RowSink): AsyncGenerator<void, readonly string[]> {
  const rows = new TextRows(layout, file.path, sink);
  for await (const part of file.parts()) {
    rows.add(part);
    yield;
  }
  rows.end();
  return rows.reader.names;
}

async function* parquetRows(file: ByteSource, sink: RowSink): AsyncGenerator<void, readonly string[]> {
  const { path, size } = file;
  const layout = await orDamaged(path, async () => {
    const start = footerStart(await file.range(Math.max(0, size - 8), size), size, path);
    return parquetLayout(await file.range(start, size), size, path);
  });
  const parts = await orDamaged(path, () => Promise.resolve(parquetParts(layout, size)));
  for (const { start, end, metadata } of parts) {
    const columns = await orDamaged(path, async () => decodePart(await file.range(start, end), metadata, layout, path));
    const rows = Number(metadata.num_rows);
    for (let row = 0; row < rows; row++) sink.row(columns.map((values) => values[row] ?? null));
    yield;
  }
  return layout.names;
}
