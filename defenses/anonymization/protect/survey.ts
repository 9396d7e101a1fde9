import type { TableSource } from '#data/table';
import { stepOf, type ColumnSummary } from '#data/roles/facts';
import { inferRolesOf, type InferredRole } from '#data/roles/infer-roles';
import type { EncodedColumn, EncodedTable } from '../contract.js';
import { countPopulation, observe, type Observed } from '../encoding/observe.js';
import { askedToTellApart, toldApart, type ToldApart } from '../risk/distinction.js';
import type { CompleteOptions } from './options.js';

/** What one walk over a table has to say before anything is done to it. Identifiers are not read: they are left out of what is written. */
export interface Survey {
  readonly source: TableSource;
  /** The different rows of the quasi-identifiers and of the columns that the models look at. */
  readonly counted: EncodedTable;
  /** With the dictionaries of `counted`; null without one. */
  readonly population: EncodedTable | null;
  /** The different values of each column. */
  readonly values: readonly EncodedColumn[];
  /** By name: what a column looks like. */
  readonly inferred: ReadonlyMap<string, InferredRole>;
  readonly toldApart: ToldApart;
  readonly find: Observed['find'];
}

/** @throws AssayError `data` where the population lacks a quasi-identifier */
export async function surveyTable(
  source: TableSource,
  population: TableSource | null,
  options: CompleteOptions,
): Promise<Survey> {
  const step = stepOf(source.rows);
  const observed = await observe(source, { ...questionOf(source, options), ...askedToTellApart(source), step });
  const people = population === null ? null : await countPopulation(population, observed.counted);
  const summaries = observed.values.map((column, i) => summaryOf(column, source.rows, observed.sampled[i]));
  return {
    ...{ source, counted: observed.counted, population: people, values: observed.values },
    inferred: new Map(inferRolesOf(summaries).map((inferred) => [inferred.name, inferred])),
    toldApart: toldApart(observed),
    find: observed.find,
  };
}

function questionOf({ columns }: TableSource, { models, hierarchies }: CompleteOptions) {
  const looked = new Set(models.flatMap((model) => ('column' in model ? [model.column] : [])));
  const named = (isNamed: (column: TableSource['columns'][number]) => boolean) =>
    columns.filter(isNamed).map(({ name }) => name);
  return {
    counted: named(({ name, role }) => role === 'quasi-identifier' || looked.has(name)),
    listed: named(({ name, role }) => role !== 'identifier' || Object.hasOwn(hierarchies, name)),
  };
}

function summaryOf(
  { name, type, dictionary, weights }: EncodedColumn,
  rows: number,
  sample: Int32Array = new Int32Array(0),
): ColumnSummary {
  const [, ...distinct] = dictionary as readonly [null, ...string[]];
  return { name, type, rows, distinct, counts: weights?.subarray(1) ?? [], sample };
}
