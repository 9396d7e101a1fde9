import { delimiterHint } from './csv.js';
import type { SourceFile } from './file.js';
import type { Table } from './table.js';
import { tableOf, type TableOptions } from './tables/columns.js';
import { formatOf } from './tables/format.js';
import { readParquet } from './tables/parquet.js';
import type { TableReading } from './tables/reading.js';
import { readText } from './tables/text-table.js';

export interface ReadTable {
  readonly table: Table;
  readonly reading: TableReading;
}

/**
 * Reads a table of any format that is known (CSV, Parquet, JSON Lines, ARFF), told by its content and never by its name. The
 * same content in another format is the same table, but for the name.
 *
 * @throws AssayError `data` where the file cannot be read as the options say
 */
export async function readTable(file: SourceFile, options: TableOptions): Promise<Table> {
  return (await readTableAs(file, options)).table;
}

/** The same, and as what it was read. */
export async function readTableAs(file: SourceFile, options: TableOptions): Promise<ReadTable> {
  const format = formatOf(file.bytes, file.path);
  if (format === 'parquet') {
    return { table: tableOf(await readParquet(file, options), file, options), reading: { format } };
  }
  const { columns, reading } = readText(file, format, options);
  const hint = format === 'csv' ? delimiterHint(columns.names, options.delimiter) : null;
  return { table: tableOf(columns, file, options, hint), reading };
}
