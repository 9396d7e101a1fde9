import { counted } from '#base/format';
import { heldSource } from '#data/stored-table';
import type { RowBatch, RowTable, TableColumn, TableSource } from '#data/table';
import type { ModelCheck, ReleasedTable } from '#plugin/anonymizing';
import { auditClasses } from '../class-audit.js';
import type { EncodedTable, Release, ReleasedColumn } from '../contract.js';
import type { MissingConvention } from '../match-counts.js';
import type { MeasuringModel } from '../models/measured-model.js';
import { rowsInOrder } from '../row-order.js';
import { sourceOfRows, type LabelledColumn } from './row-source.js';
import type { Survey } from './survey.js';

/** How a released table is judged. */
export interface Terms {
  readonly models: readonly MeasuringModel[];
  /** Generalized as the release is; null where no model needs one. */
  readonly population: TableSource | null;
  readonly missing: MissingConvention;
}

/** The table as it is to be written: quasi-identifiers as the release has them, identifiers left out, all else kept. */
export function releasedTable(table: TableSource, terms: Terms): ReleasedTable {
  return { table, check: (written) => checksOf(written, terms) };
}

/** Of records that are held, each with a row of its own in the release. */
export function releasedRecords({ name, rows, columns }: RowTable, release: Release): TableSource {
  const kept = columns.filter(isReleased).map((column) => {
    const released = releasedColumn(release, column.name);
    return released === undefined ? column : { ...column, values: Array.from(cellsOf(released, release)) };
  });
  return heldSource({ name, rows, columns: kept });
}

/** Of a table that was counted: it is walked over once more, and each record looked up. */
export function releasedAgain({ source, counted: { columns: rows }, find }: Survey, release: Release): TableSource {
  const columns = source.columns.filter(isReleased);
  const lookedUp = rows.map(({ name }) => name);
  return {
    ...{ name: source.name, rows: source.rows, columns },
    async *batches({ columns: names = columns.map(({ name }) => name), rows: size } = {}): AsyncGenerator<RowBatch> {
      const read = [...new Set([...lookedUp, ...names])];
      const at = ({ columns: values }: RowBatch, name: string) => values[read.indexOf(name)] ?? [];
      for await (const batch of source.batches({ columns: read, ...(size === undefined ? {} : { rows: size }) })) {
        const found = find({ ...batch, columns: lookedUp.map((name) => at(batch, name)) });
        yield {
          ...batch,
          columns: names.map((name) => {
            const released = releasedColumn(release, name);
            return released === undefined
              ? at(batch, name)
              : Array.from(found, (row) => cellOf(released, release, row));
          }),
        };
      }
    },
  };
}

/** The quasi-identifiers alone, of every record, in the order of their classes. */
export function releasedClasses(name: string, table: EncodedTable, release: Release): TableSource {
  return sourceOfRows({ name, columns: labelled(table.columns, release), weights: table.weights });
}

/** Records that are not suppressed, sorted, so that no place tells of one; of a table of quasi-identifiers alone. */
export function sortedRelease(name: string, table: EncodedTable, release: Release): TableSource {
  const columns = labelled(table.columns, release);
  const textOf = (row: number) => JSON.stringify(columns.map(({ codes, labels }) => labels[codes[row] ?? 0] ?? null));
  const rows = Array.from(rowsInOrder(table.rows).filter((row) => release.suppressed[row] === 0))
    .map((row) => ({ row, text: textOf(row) }))
    .sort((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)));
  return sourceOfRows({ name, columns, weights: table.weights, order: Int32Array.from(rows, ({ row }) => row) });
}

function isReleased({ role }: TableColumn): boolean {
  return role !== 'identifier';
}

function releasedColumn({ columns }: Release, name: string): ReleasedColumn | undefined {
  return columns.find((column) => column.name === name);
}

function cellOf({ codes, labels }: ReleasedColumn, { suppressed }: Release, row: number): string | null {
  return suppressed[row] === 1 ? null : (labels[codes[row] ?? 0] ?? null);
}

function* cellsOf(column: ReleasedColumn, release: Release): Generator<string | null> {
  for (let row = 0; row < column.codes.length; row++) yield cellOf(column, release, row);
}

/** With one label more, of what is suppressed. */
function labelled(columns: readonly TableColumn[], { columns: released, suppressed }: Release): LabelledColumn[] {
  return released.flatMap(({ name, codes, labels }) => {
    const column = columns.find((each) => each.name === name);
    if (column === undefined) return [];
    const { role, type } = column;
    const written = Int32Array.from(codes, (code, row) => (suppressed[row] === 1 ? labels.length : code));
    return [{ name, role, type, codes: written, labels: [...labels, null] }];
  });
}

/** By the classes of the text that stands in the file, which the audits count and no algorithm does. */
async function checksOf(written: TableSource, { models, population, missing }: Terms): Promise<readonly ModelCheck[]> {
  const { models: found, records, suppressed } = await auditClasses(written, population, { models, missing }, 0);
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
