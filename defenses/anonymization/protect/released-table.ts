import { counted } from '#base/format';
import type { Column, Table } from '#data/table';
import type { ReleasedTable } from '#plugin/anonymizing';
import type { ModelCheck } from '#plugin/anonymizing';
import { auditClasses } from '../class-audit.js';
import type { Release } from '../contract.js';
import type { MeasuringModel } from '../models/measured-model.js';

/**
 * The table as it is to be written: quasi-identifiers as the release has them, identifiers left out, all else kept.
 *
 * @param population generalized as the release is; null where no model needs one
 */
export function releasedTable(
  table: Table,
  release: Release,
  models: readonly MeasuringModel[],
  population: Table | null,
): ReleasedTable {
  return {
    columns: releasedColumns(table, release),
    check: (written) => checksOf(written, models, population),
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

/** By the classes of the text that stands in the file, which the audits count and no algorithm does. */
function checksOf(written: Table, models: readonly MeasuringModel[], population: Table | null): ModelCheck[] {
  const audit = { models, missing: 'own-value' } as const;
  const { models: found, records, suppressed } = auditClasses(written, population, audit, 0);
  const kept = records - suppressed;
  return found.map(({ name, recordsAtRisk }) => ({
    model: name,
    holds: recordsAtRisk === 0,
    sentence:
      recordsAtRisk === 0
        ? `It holds in every class of the ${counted(kept, 'record')} that are in one.`
        : `${counted(recordsAtRisk, 'record')} of ${counted(kept, 'record')} are in classes where it does not hold.`,
  }));
}
