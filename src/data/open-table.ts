import { basename } from 'node:path';
import type { Digest } from '#base/digest';
import { delimiterHint } from './csv.js';
import type { FileCard } from './file.js';
import { openBytes, type ByteSource } from './streams/byte-source.js';
import type { ColumnRole, ColumnType } from './table.js';
import { BatchSink, TypesSink, type RowBatch, type TypedColumn } from './tables/batches.js';
import { checkNames, checkRoles, digestOfTable, missingValues, roleOf, type TableOptions } from './tables/columns.js';
import { formatOf } from './tables/format.js';
import { decodePart, footerStart, orDamaged, parquetLayout, parquetParts } from './tables/parquet.js';
import type { TableReading } from './tables/reading.js';
import type { RowSink } from './tables/rows.js';
import { readingOf, TextRows, TextScan, type TextFormat } from './tables/text-table.js';

/** A table that is read in batches of rows and never held as a whole. */
export interface OpenedTable {
  readonly name: string;
  readonly reading: TableReading;
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly role: ColumnRole; readonly type: ColumnType }[];
  readonly card: FileCard;
  /**
   * All rows in their order, so many at a time; the last batch may have fewer. Every call reads the file again. Values stand as in a
   * {@link Table}.
   *
   * @throws AssayError `data` where the file was changed since it was opened
   */
  batches(rows?: number): AsyncIterable<RowBatch>;
  /** That of the same table in memory; null before its batches were read to their end. */
  digest(): Digest | null;
}

const BATCH_ROWS = 1 << 14;

/** The rows of a file, which can be walked over more than once. */
interface RowSource {
  readonly reading: TableReading;
  /** Hands all rows to a sink; waits after each part of them. Ends with the names of the columns. */
  rows(sink: RowSink): AsyncGenerator<void, readonly string[]>;
}

/**
 * Opens a table of any format that `readTable` knows, of any size. It is read once for its types, and once more whenever its batches
 * are; of Parquet the row groups, some at a time, are held in memory, of the others about a megabyte.
 *
 * @param path absolute
 * @throws AssayError `data` where the file cannot be read as the options say
 */
export async function openTable(path: string, options: TableOptions): Promise<OpenedTable> {
  const file = await openBytes(path, 0);
  const format = formatOf(file.head, path);
  const source = format === 'parquet' ? await parquetRows(file) : await textRows(file, format, options);
  const missing = missingValues(options);
  const types = new TypesSink(missing);
  const names = await ended(source.rows(types));
  checkNames(names, path);
  checkRoles(names, options.roles, path, format === 'csv' ? delimiterHint(names, options.delimiter) : null);
  const columns = names.map((name, i): TypedColumn => ({ name, role: roleOf(name, options.roles), ...types.form(i) }));
  let digest: Digest | null = null;
  return {
    name: basename(path),
    reading: source.reading,
    rows: types.rows,
    columns: columns.map(({ name, role, type }) => ({ name, role, type })),
    card: await cardOf(file),
    async *batches(rows = BATCH_ROWS) {
      const sink = new BatchSink(columns, missing, rows);
      for await (const _ of source.rows(sink)) yield* sink.taken();
      sink.end();
      yield* sink.taken();
      digest = digestOfTable(sink.digests());
    },
    digest: () => digest,
  };
}

async function textRows(file: ByteSource, format: TextFormat, options: TableOptions): Promise<RowSource> {
  const { path } = file;
  const scan = new TextScan(format, path, options);
  for await (const part of file.parts()) scan.add(part);
  const layout = scan.end();
  return {
    reading: readingOf(layout),
    async *rows(sink) {
      const rows = new TextRows(layout, path, sink);
      for await (const part of file.parts()) {
        rows.add(part);
        yield;
      }
      rows.end();
      return rows.reader.names;
    },
  };
}

async function parquetRows(file: ByteSource): Promise<RowSource> {
  const { path, size } = file;
  const layout = await orDamaged(path, async () => {
    const start = footerStart(await file.range(Math.max(0, size - 8), size), size, path);
    return parquetLayout(await file.range(start, size), size, path);
  });
  const parts = await orDamaged(path, () => Promise.resolve(parquetParts(layout, size)));
  return {
    reading: { format: 'parquet' },
    async *rows(sink) {
      for (const { start, end, metadata } of parts) {
        const columns = await orDamaged(path, async () =>
          decodePart(await file.range(start, end), metadata, layout, path),
        );
        const rows = Number(metadata.num_rows);
        for (let row = 0; row < rows; row++) sink.row(columns.map((values) => values[row] ?? null));
        yield;
      }
      return layout.names;
    },
  };
}

async function ended(rows: ReturnType<RowSource['rows']>): Promise<readonly string[]> {
  for (;;) {
    const { done, value } = await rows.next();
    if (done === true) return value;
  }
}

/** The digest of a file is of all its bytes; of Parquet not all of them were read. */
async function cardOf(file: ByteSource): Promise<FileCard> {
  if (file.card() === null) for await (const _ of file.parts());
  const card = file.card();
  if (card === null) throw new RangeError('a file that was read has a card');
  return card;
}
