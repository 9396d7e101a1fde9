import type { Digest } from '#base/digest';
import { changed, openBytes, openLent, type ByteSource } from './streams/byte-source.js';
import type { BatchOptions, RowBatch, RowTable, Table, TableColumn, TableSource } from './table.js';
import { BatchSink } from './tables/batches.js';
import { fileRows, type FileLayout } from './tables/file-rows.js';

/** A table as a run keeps it: a small one in memory, a larger one in its file. Can be sent to a worker. */
export type StoredTable = HeldTable | FiledTable;

export interface HeldTable {
  readonly kind: 'memory';
  readonly table: Table;
}

/** It is read from its file whenever it is walked over. */
export interface FiledTable extends Pick<TableSource, 'name' | 'rows' | 'columns'> {
  readonly kind: 'file';
  readonly layout: FileLayout;
  /** Values that mean missing. */
  readonly missing: ReadonlySet<string>;
  /** As it was opened: what it is compared with whenever it is read. */
  readonly file: {
    readonly path: string;
    readonly stamp: string;
    readonly sha256: Digest;
    /** In a worker, which opens no file: there the path is for messages only. */
    readonly descriptor: number | null;
  };
}

/** Walks over a stored table, in any process that has its file. */
export function tableSourceOf(stored: StoredTable): TableSource {
  if (stored.kind === 'memory') return heldSource(stored.table);
  const { name, rows, columns } = stored;
  return { name, rows, columns, batches: (options) => filedBatches(stored, options) };
}

const BATCH_ROWS = 1 << 14;

/** A table in memory as one that is walked over. */
export function heldSource(table: RowTable): TableSource {
  const { name, rows, columns } = table;
  return {
    ...{ name, rows, columns: columns.map(({ name, role, type }) => ({ name, role, type })) },
    batches: (options) => walked(heldBatches(table, options)),
  };
}

function* heldBatches(
  { rows, columns }: RowTable,
  { columns: names, rows: size = BATCH_ROWS }: BatchOptions = {},
): Generator<RowBatch> {
  const read = positionsOf(columns, names).flatMap((position) => columns[position] ?? []);
  for (let first = 0; first < rows; first += size) {
    const end = Math.min(rows, first + size);
    yield { first, rows: end - first, columns: read.map(({ values }) => values.slice(first, end)) };
  }
}

/** What is there at once, as what is read from files is given. */
export function walked(batches: Iterable<RowBatch>): AsyncIterable<RowBatch> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = batches[Symbol.iterator]();
      return { next: () => Promise.resolve(iterator.next()) };
    },
  };
}

async function* filedBatches(
  { layout, missing, file: opened, columns }: FiledTable,
  { columns: names, rows = BATCH_ROWS }: BatchOptions = {},
): AsyncGenerator<RowBatch> {
  const positions = positionsOf(columns, names);
  const { path, stamp, descriptor } = opened;
  const file = descriptor === null ? await openBytes(path, 0) : await openLent({ path, stamp, descriptor });
  if (file.stamp !== stamp) throw changed(path);
  const sink = new BatchSink(
    positions.flatMap((position) => columns[position] ?? []),
    positions,
    missing,
    rows,
  );
  for await (const _ of fileRows(file, layout, sink)) yield* sink.taken();
  sink.end();
  if ((await sha256Of(file)) !== opened.sha256) throw changed(path);
  yield* sink.taken();
}

/** Of all bytes of a file; of Parquet not all of them were read. */
export async function sha256Of(file: ByteSource): Promise<Digest> {
  if (file.card() === null) for await (const _ of file.parts());
  const card = file.card();
  if (card === null) throw new RangeError('a file that was read has a card');
  return card.sha256 as Digest;
}

function positionsOf(columns: readonly TableColumn[], names: readonly string[] | undefined): readonly number[] {
  if (names === undefined) return columns.map((_, i) => i);
  return names.map((name) => {
    const position = columns.findIndex((column) => column.name === name);
    if (position < 0) throw new RangeError(`the table has no column ${name}`);
    return position;
  });
}

/** Holds all rows of a table: eight bytes a value, beside the values. */
export async function wholeTable(source: TableSource): Promise<RowTable> {
  const columns = source.columns.map((column) => ({ ...column, values: [] as (string | null)[] }));
  for await (const batch of source.batches()) {
    for (const [i, values] of batch.columns.entries()) for (const value of values) columns[i]?.values.push(value);
  }
  return { name: source.name, rows: source.rows, columns };
}
