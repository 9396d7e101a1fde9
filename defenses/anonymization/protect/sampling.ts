import type { RowBatch, TableSource } from '#data/table';
import type { PrivacyModelConfig } from '../models/config.js';
import { safePubParameters, sampleRecords } from '../models/differential-privacy.js';

/**
 * The records that a promise of differential privacy is made of, each sampled by random numbers that nobody can draw again; the table
 * itself where no model makes one. Holds a byte a record.
 */
export function sampledTable(
  table: TableSource,
  models: readonly PrivacyModelConfig[],
  secret: () => number,
): TableSource {
  const promise = models.find((model) => model.model === 'differential-privacy');
  if (promise === undefined) return table;
  const sampled = sampleRecords(table.rows, safePubParameters(promise).beta, secret);
  return {
    ...table,
    rows: sampled.reduce((sum, flag) => sum + flag, 0),
    async *batches(options): AsyncGenerator<RowBatch> {
      let first = 0;
      for await (const batch of table.batches(options)) {
        const isSampled = (_: string | null, row: number) => sampled[batch.first + row] === 1;
        const rows = sampled.subarray(batch.first, batch.first + batch.rows).reduce((sum, flag) => sum + flag, 0);
        yield { first, rows, columns: batch.columns.map((values) => values.filter(isSampled)) };
        first += rows;
      }
    },
  };
}
