import { counted } from '#base/format';
import type { Column, Table } from '#data/table';
import type { ModelCheck, ReleasedTable } from '#plugin/anonymizing';
import { auditClasses } from '../class-audit.js';
import type { Release } from '../contract.js';
import type { MissingConvention } from '../match-counts.js';
import type { MeasuringModel } from '../models/measured-model.js';

/** How a released table is written and judged. */
export interface Terms {
  readonly models: readonly MeasuringModel[];
  /** Generalized as the release is; null where no model needs one. */
  readonly population: Table | null;
  readonly missing: MissingConvention;
  /** Whether suppressed records are left out, and the others sorted, so that no place tells of a record. */
  readonly drop: boolean;
}

/** The table as it is to be written: quasi-identifiers as the release has them, identifiers left out, all else kept. */
export function releasedTable(table: Table, release: Release, terms: Terms): ReleasedTable {
  const columns = releasedColumns(table, release);
  return {
    columns: terms.drop ? sortedRecords(columns, release.suppressed) : columns,
    check: (written) => checksOf(written, terms),
  };
}

/** The columns of the table as they are to be written, with the roles that they had. */
export function releasedColumns(table: Table, release: Release): readonly Column[] {
  return table.columns
    .filter(({ role }) => role !== 'identifier')
    .map((column) => ({ ...column, values: releasedValues(column, release) }));
}

function releasedValues({ name, values }: Column, { columns, suppressed }: Release): readonly (string | null)[] {
  const released = columns.find((column) => column.name === name);
  if (released === undefined) return values;
  return Array.from(released.codes, (code, row) => (suppressed[row] === 1 ? null : (released.labels[code] ?? null)));
}

function sortedRecords(columns: readonly Column[], suppressed: Uint8Array): readonly Column[] {
  const textOf = (row: number) => JSON.stringify(columns.map(({ values }) => values[row] ?? null));
  const records = [...suppressed.keys()]
    .filter((row) => suppressed[row] === 0)
    .map((row) => ({ row, text: textOf(row) }))
    .sort((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)));
  return columns.map((column) => ({ ...column, values: records.map(({ row }) => column.values[row] ?? null) }));
}

/** By the classes of the text that stands in the file, which the audits count and no algorithm does. */
function checksOf(written: Table, { models, population, missing }: Terms): ModelCheck[] {
  const { models: found, records, suppressed } = auditClasses(written, population, { models, missing }, 0);
  const kept = records - suppressed;
  return found.map(({ name, recordsAtRisk }) => ({
    model: name,
    holds: recordsAtRisk === 0,
    sentence:
      recordsAtRisk === 0
        ? `It holds in every class of the ${counted(kept, 'record')} that are in one${CONVENTION[missing]}.`
        : `${counted(recordsAtRisk, 'record')} of ${counted(kept, 'record')} are in classes where it does not hold${CONVENTION[missing]}.`,
  }));
}

const CONVENTION: Readonly<Record<MissingConvention, string>> = {
  'own-value': '',
  'matches-everything': ', where a missing value agrees with every value',
};
