import { stringify } from 'csv-stringify/sync';
import type { ReleasedTable } from '#plugin/anonymizing';

/** Rows that are written at once: a text can hold no more than half a gigabyte. */
const ROWS = 50_000;

export interface CsvForm {
  /** One character. */
  readonly delimiter: string;
  /** What is written where a value is missing or suppressed. */
  readonly missing: string;
}

/** A table as CSV (RFC 4180) in UTF-8, with a header. */
export function csvOf({ columns }: ReleasedTable, { delimiter, missing }: CsvForm): Uint8Array {
  const rows = columns[0]?.values.length ?? 0;
  const write = (records: readonly (readonly string[])[]) => Buffer.from(stringify([...records], { delimiter }));
  const parts = [write([columns.map(({ name }) => name)])];
  for (let from = 0; from < rows; from += ROWS) {
    const records = Array.from({ length: Math.min(ROWS, rows - from) }, (_, i) =>
      columns.map(({ values }) => values[from + i] ?? missing),
    );
    parts.push(write(records));
  }
  return Buffer.concat(parts);
}
