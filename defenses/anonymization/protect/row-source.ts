import { walked } from '#data/stored-table';
import type { BatchOptions, RowBatch, TableColumn, TableSource } from '#data/table';
import { rowsInOrder } from '../row-order.js';

/** A column of rows that are read in words. */
export interface LabelledColumn extends TableColumn {
  /** One a row. */
  readonly codes: Int32Array;
  /** By code; null for missing. */
  readonly labels: readonly (string | null)[];
}

interface WeightedRows {
  readonly name: string;
  readonly columns: readonly LabelledColumn[];
  /** How many records each row stands for; absent where a row is a record. */
  readonly weights?: Int32Array | undefined;
  /** The rows in the order in which they come; default all, as they are. */
  readonly order?: Int32Array;
}

const BATCH_ROWS = 1 << 14;

/** Rows as a table with every record that they stand for, equal ones side by side. */
export function sourceOfRows(given: WeightedRows): TableSource {
  const { name, columns, weights, order } = given;
  const rows = order ?? rowsInOrder(columns[0]?.codes.length ?? 0);
  return {
    name,
    rows: rows.reduce((sum, row) => sum + (weights?.[row] ?? 1), 0),
    columns: columns.map(({ name: column, role, type }) => ({ name: column, role, type })),
    batches: (options) => walked(batchesOf({ ...given, order: rows }, options)),
  };
}

function* batchesOf(
  { columns, weights, order }: WeightedRows & { readonly order: Int32Array },
  { columns: names, rows: size = BATCH_ROWS }: BatchOptions = {},
): Generator<RowBatch> {
  const read = names?.flatMap((asked) => columns.find((column) => column.name === asked) ?? []) ?? columns;
  const records = new Int32Array(size);
  let [first, filled] = [0, 0];
  const batch = (): RowBatch => {
    const taken = records.slice(0, filled);
    return { first, rows: filled, columns: read.map((column) => wordsOf(column, taken)) };
  };
  for (const row of order) {
    for (let left = weights?.[row] ?? 1; left > 0; left--) {
      records[filled++] = row;
      if (filled < size) continue;
      yield batch();
      first += filled;
      filled = 0;
    }
  }
  if (filled > 0) yield batch();
}

function wordsOf({ codes, labels }: LabelledColumn, rows: Int32Array): readonly (string | null)[] {
  return Array.from(rows, (row) => labels[codes[row] ?? 0] ?? null);
}
