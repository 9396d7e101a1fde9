import type { Table } from '#data/table';
import type { PrivacyModelConfig } from '../models/config.js';
import { safePubParameters, sampleRecords } from '../models/differential-privacy.js';

/**
 * The records that a promise of differential privacy is made of, each sampled by random numbers that nobody can draw again; the table
 * itself where no model makes one.
 */
export function sampledTable(table: Table, models: readonly PrivacyModelConfig[], secret: () => number): Table {
  const promise = models.find((model) => model.model === 'differential-privacy');
  if (promise === undefined) return table;
  const sampled = sampleRecords(table.rows, safePubParameters(promise).beta, secret);
  const rows = [...sampled.keys()].filter((row) => sampled[row] === 1);
  return {
    ...table,
    rows: rows.length,
    columns: table.columns.map((column) => ({ ...column, values: rows.map((row) => column.values[row] ?? null) })),
  };
}
