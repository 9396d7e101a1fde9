import type { RowTable } from '#data/table';
import type { EncodedTable } from '../contract.js';
import { Dictionary } from './dictionary.js';

/** The columns of a table as small integers, a row for each record, in time proportional to its values. */
export function encodeTable(table: RowTable): EncodedTable {
  return {
    rows: table.rows,
    columns: table.columns.map(({ name, role, type, values }) => {
      const dictionary = new Dictionary(name);
      return { name, role, type, codes: dictionary.codesOf(values), dictionary: dictionary.values };
    }),
  };
}
