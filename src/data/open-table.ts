import { basename } from 'node:path';
import { delimiterHint } from './csv.js';
import type { FileCard } from './file.js';
import { sha256Of, type FiledTable } from './stored-table.js';
import { openBytes } from './streams/byte-source.js';
import { TypesSink } from './tables/batches.js';
import { checkNames, checkRoles, missingValues, roleOf, type TableOptions } from './tables/columns.js';
import { fileRows, layoutOf, readingOfFile } from './tables/file-rows.js';
import type { TableReading } from './tables/reading.js';

/** A table that is read in batches of rows and never held as a whole. */
export interface OpenedTable {
  readonly table: FiledTable;
  readonly reading: TableReading;
  readonly card: FileCard;
}

/**
 * Opens a table of any format that `readTable` knows, of any size. It is read for its layout and for its types, and once more
 * whenever it is walked over; of Parquet the row groups, some at a time, are held in memory, of the others about a megabyte.
 *
 * @param path absolute
 * @throws AssayError `data` where the file cannot be read as the options say
 */
export async function openTable(path: string, options: TableOptions): Promise<OpenedTable> {
  const file = await openBytes(path, 0);
  const layout = await layoutOf(file, options);
  const missing = missingValues(options);
  const types = new TypesSink(missing);
  const names = await ended(fileRows(file, layout, types));
  checkNames(names, path);
  checkRoles(names, options.roles, path, layout.format === 'csv' ? delimiterHint(names, options.delimiter) : null);
  const sha256 = await sha256Of(file);
  const name = basename(path);
  return {
    reading: readingOfFile(layout),
    card: { name, sha256, bytes: file.size },
    table: {
      ...{ kind: 'file', name, layout, missing, rows: types.rows },
      columns: names.map((column, i) => ({
        name: column,
        role: roleOf(column, options.roles),
        type: types.type(i),
      })),
      file: { path, stamp: stampOf(file.stamp), sha256, descriptor: null },
    },
  };
}

async function ended(rows: ReturnType<typeof fileRows>): Promise<readonly string[]> {
  for (;;) {
    const { done, value } = await rows.next();
    if (done === true) return value;
  }
}

function stampOf(stamp: string | null): string {
  if (stamp === null) throw new RangeError('a file that is read part by part has a stamp');
  return stamp;
}
