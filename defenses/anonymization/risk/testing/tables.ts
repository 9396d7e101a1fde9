import type { ColumnRole, ColumnType } from '#data/table';
import type { EncodedColumn, EncodedTable, Release, ReleasedColumn } from '../../contract.js';
import { encodeTable } from '../../encoding/encode.js';
import { groupRows } from '../../group-rows.js';
import { rowsInOrder } from '../../row-order.js';
import { toldApart, type ToldApart } from '../distinction.js';

/** Tables and releases for tests, from their columns. */
export function tableFrom(
  columns: Readonly<Record<string, readonly (string | null)[]>>,
  roles: Readonly<Record<string, ColumnRole>> = {},
  types: Readonly<Record<string, ColumnType>> = {},
): EncodedTable {
  return encodeTable({
    name: 'test',
    rows: Object.values(columns)[0]?.length ?? 0,
    columns: Object.entries(columns).map(([name, values]) => ({
      ...{ name, values },
      role: roles[name] ?? 'quasi-identifier',
      type: types[name] ?? 'text',
    })),
  });
}

/** What is written in each row, and its share of the domain by what is written; null rows are suppressed. */
export function releaseFrom(
  columns: Readonly<Record<string, readonly (string | null)[]>>,
  shares: Readonly<Record<string, number>>,
  suppressedRows: readonly number[] = [],
): Release {
  const { rows, columns: encoded } = tableFrom(columns);
  const released = encoded.map(({ name, codes, dictionary }): ReleasedColumn => ({
    ...{ name, codes, labels: dictionary },
    shares: Float64Array.from(dictionary, (label) => (label === null ? 0 : (shares[label] ?? 0))),
  }));
  const suppressed = new Uint8Array(rows);
  for (const row of suppressedRows) suppressed[row] = 1;
  const kept = Int32Array.from({ length: rows }, (_, row) => row).filter((row) => suppressed[row] === 0);
  const grouping = groupRows(
    released.map(({ codes, labels }) => ({ codes, size: labels.length })),
    kept,
  );
  const classOf = new Int32Array(rows).fill(-1);
  kept.forEach((row, position) => (classOf[row] = grouping.group[position] ?? -1));
  return {
    ...{ columns: released, suppressed, classOf, classes: grouping.count },
    method: { name: 'by hand', optimal: false, facts: {} },
  };
}

/** What is told of the records of a table that is held. */
export function apart(table: EncodedTable): ToldApart {
  const kept = table.columns.filter(({ role }) => role === 'insensitive').map(candidateOf);
  return toldApart({ records: table.rows, counted: table, rowOf: rowsInOrder(table.rows), kept });
}

export function candidateOf({ name, role, type, codes, dictionary }: EncodedColumn) {
  return { name, role, type, codes, size: dictionary.length };
}
