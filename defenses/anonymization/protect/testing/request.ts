import { heldSource, wholeTable } from '#data/stored-table';
import type { Column, ColumnRole, ColumnType, RowTable, TableSource } from '#data/table';
import type { PredictLabels, Protection, ProtectionRequest } from '#plugin/anonymizing';
import { randomStreams, rng } from '#stats/random';
import type { CompleteOptions } from '../options.js';
import { anonymizing } from '../protect.js';

export type Cell = string | null;

export interface ColumnOfTest {
  readonly name: string;
  readonly values: readonly Cell[];
  readonly role?: ColumnRole;
  readonly type?: ColumnType;
}

export function tableOf(columns: readonly ColumnOfTest[]): RowTable {
  const complete = columns.map(({ name, values, role = 'quasi-identifier', type = 'text' }): Column => ({
    ...{ name, values, role, type },
  }));
  return { name: 'table', rows: columns[0]?.values.length ?? 0, columns: complete };
}

/** What a config says of `anonymize`, done to a table. */
export function protect(
  table: RowTable,
  options: object,
  rest: { readonly population?: RowTable; readonly predict?: PredictLabels; readonly secret?: () => number } = {},
): Promise<Protection> {
  const { population, ...others } = rest;
  const people = population === undefined ? {} : { population: heldSource(population) };
  return protectSource(heldSource(table), options, { ...others, ...people });
}

/** The same of a table that is walked over. */
export function protectSource(
  table: TableSource,
  options: object,
  rest: { readonly population?: TableSource; readonly predict?: PredictLabels; readonly secret?: () => number } = {},
): Promise<Protection> {
  const request: ProtectionRequest<CompleteOptions> = {
    table,
    population: rest.population ?? null,
    options: completeOptions(options),
    readFile: () => Promise.reject(new Error('no file is named')),
    random: randomStreams(0, 'anonymize'),
    secret: rest.secret ?? secretOf('secret'),
    predict: rest.predict ?? null,
    signal: new AbortController().signal,
    progress: () => undefined,
  };
  return anonymizing.protect(request);
}

export function completeOptions(options: object): CompleteOptions {
  return anonymizing.complete(options, { code: 'config', file: 'a config', path: ['anonymize'] });
}

export function secretOf(key: string): () => number {
  const source = rng(key);
  return () => source.uniform();
}

/** The released table as somebody reads it, with the roles that the columns had; without columns where there is none. */
export async function writtenOf({ released }: Protection): Promise<RowTable> {
  if (released === null) return { name: 'written', rows: 0, columns: [] };
  const { columns, ...rest } = await wholeTable(released.table);
  return { ...rest, columns: columns.map((column) => ({ ...column, type: 'text' })) };
}
