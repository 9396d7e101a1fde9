import { counted } from '#base/format';
import type { EncodedColumn, EncodedTable, Release } from '../contract.js';
import type { Codes } from '../encoding/kept-codes.js';
import { rowsInOrder } from '../row-order.js';
import { classifierUtility, labelColumn } from '../utility/classifier.js';
import { representativeTable } from '../utility/representatives.js';
import type { Work } from './made.js';

/** How accurate a tree is that learns from a table, measured quickly: twenty tables are compared by it. */
export interface PointAccuracy {
  /** In [0, 1]. */
  of(release: Release): number;
  /** In a sentence. */
  readonly how: string;
}

/** A tree learns from so many records, in even steps: it takes half a second. */
const MOST_RECORDS = 3000;

/** By the same records and folds for every release. @returns null where it was not asked for, or fewer than two records have a label */
export function pointAccuracy({ original, table, request }: Work): PointAccuracy | null {
  const { accuracy } = request.options;
  if (accuracy === null) return null;
  const { label, folds } = accuracy;
  const { codes } = labelColumn(original, label);
  const labelled = rowsInOrder(original.rows).filter((row) => codes[row] !== 0);
  if (labelled.length < 2) return null;
  const step = Math.ceil(labelled.length / MOST_RECORDS);
  const rows = labelled.filter((_, i) => i % step === 0);
  const [before, perturbed] = [pickedRows(original, rows), pickedRows(table, rows)];
  return {
    of(release) {
      const released = representativeTable(perturbed, pickedRelease(release, rows));
      const source = request.random.fork('frontier').of(0);
      const { correct, n } = classifierUtility(before, released, { label, folds, source }).released;
      return correct / n;
    },
    how: `Accuracy is that of a tree that learns ${label} from ${counted(rows.length, 'record')} of the table, of those on the frontier.`,
  };
}

function pickedRows({ columns }: EncodedTable, rows: Int32Array): EncodedTable {
  return {
    rows: rows.length,
    columns: columns.map((column): EncodedColumn => ({ ...column, codes: picked(column.codes, rows) })),
  };
}

function pickedRelease({ columns, suppressed, classOf, ...rest }: Release, rows: Int32Array): Release {
  return {
    ...rest,
    columns: columns.map((column) => ({ ...column, codes: picked(column.codes, rows) })),
    suppressed: Uint8Array.from(rows, (row) => suppressed[row] ?? 0),
    classOf: picked(classOf, rows),
  };
}

function picked(values: Codes, rows: Int32Array): Int32Array {
  return rows.map((row) => values[row] ?? 0);
}
