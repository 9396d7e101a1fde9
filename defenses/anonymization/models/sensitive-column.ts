import { AssayError } from '#base/errors';
import type { ClassSummary, EncodedColumn, EncodedTable } from '../contract.js';
import { occurrencesOf, recordsOf } from '../encoding/weights.js';
import type { BoundMeasuringModel, MeasuringModel } from './measured-model.js';

/**
 * What a record counts for whose sensitive value is missing. `left-out`: nothing, shares are among the known values of a class
 * and of the table, so that a class of one diagnosis and of missing ones is not taken for two. `own-value`: missing is a
 * value like the others, as in ARX; then that a value is missing is something to hide too.
 */
export type MissingSensitive = 'left-out' | 'own-value';

/** A sensitive column of the table that a model is bound to. */
export interface SensitiveColumn {
  readonly column: EncodedColumn;
  /** The first code that counts: 1 where missing values are left out, else 0. */
  readonly first: number;
  /** How often each code occurs in the whole table, its suppressed records included: their sensitive values are released. */
  readonly counts: Int32Array;
  /** The sum of the counts from `first` on. */
  readonly total: number;
}

/** Of a class: how often each code occurs, and how many records count. */
export type OfCounts<T> = (counts: Int32Array, records: number) => T;

/** What a model of one sensitive column does with a class. */
export interface Rule {
  readonly measure: OfCounts<number>;
  readonly holds: OfCounts<boolean>;
}

type Facts = Pick<MeasuringModel, 'name' | 'monotone' | 'absorbs' | 'measured'> & {
  readonly column: string;
  readonly missing: MissingSensitive;
};

/** A model that looks at the values of one sensitive column; `least` is the size that a class must have besides. */
export function sensitiveModel(
  { column: name, missing, ...facts }: Facts,
  rule: (column: SensitiveColumn) => Rule,
  least = 1,
): MeasuringModel {
  const model: MeasuringModel = {
    ...facts,
    sensitive: [name],
    needsPopulation: false,
    bind: (table) => bound(model, table, name, missing, rule, least),
  };
  return model;
}

function bound(
  model: MeasuringModel,
  table: EncodedTable,
  name: string,
  missing: MissingSensitive,
  rule: (column: SensitiveColumn) => Rule,
  least: number,
): BoundMeasuringModel {
  const position = positionOf(table, name, model);
  const column = sensitiveColumn(table, position, missing);
  const { measure, holds } = rule(column);
  const { first } = column;
  return {
    model,
    sensitive: [position],
    measure({ size, counts }: ClassSummary): number {
      const own = counts[0] ?? NO_COUNTS;
      return measure(own, first === 0 ? size : size - (own[0] ?? 0));
    },
    holds({ size, counts }: ClassSummary): boolean {
      const own = counts[0] ?? NO_COUNTS;
      return size >= least && holds(own, first === 0 ? size : size - (own[0] ?? 0));
    },
  };
}

const NO_COUNTS = new Int32Array(0);

function positionOf(table: EncodedTable, name: string, { name: model }: MeasuringModel): number {
  const position = table.columns.findIndex((column) => column.name === name);
  if (position >= 0) return position;
  throw new AssayError('config', {
    what: `${model} is asked for, and the table has no column \`${name}\``,
    mend: `Its columns are ${table.columns.map((column) => column.name).join(', ')}.`,
  });
}

export function sensitiveColumn(table: EncodedTable, position: number, missing: MissingSensitive): SensitiveColumn {
  const column = table.columns[position];
  if (column === undefined) throw new RangeError(`the table has no column ${position}`);
  const counts = occurrencesOf(column);
  const first = missing === 'left-out' ? 1 : 0;
  return { column, first, counts, total: recordsOf(table) - (first === 1 ? (counts[0] ?? 0) : 0) };
}
