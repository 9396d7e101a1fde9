import { digestOfJson } from '#base/digest';
import type { Column, ColumnRole, ColumnType, Table } from '#data/table';
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

export function tableOf(columns: readonly ColumnOfTest[]): Table {
  const complete = columns.map(({ name, values, role = 'quasi-identifier', type = 'text' }): Column => ({
    ...{ name, values, role, type },
  }));
  return { name: 'table', digest: digestOfJson([]), rows: columns[0]?.values.length ?? 0, columns: complete };
}

/** What a config says of `anonymize`, done to a table. */
export function protect(
  table: Table,
  options: object,
  rest: { readonly population?: Table; readonly predict?: PredictLabels; readonly secret?: () => number } = {},
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

/** The released table as somebody reads it, with the roles that the columns had. */
export function writtenOf(table: Table, { released }: Protection): Table {
  const columns = (released?.columns ?? []).map(({ name, values }): Column => {
    const role = table.columns.find((column) => column.name === name)?.role ?? 'insensitive';
    return { name, values, role, type: 'text' };
  });
  return { name: 'written', digest: digestOfJson([]), rows: columns[0]?.values.length ?? 0, columns };
}
