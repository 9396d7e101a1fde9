import { counted } from '#base/format';
import type { TableConfig } from '#config/schema';
import type { DataCard } from '#report/report';
import { fileCard, readSourceFile } from './file.js';
import { readTable } from './read-table.js';
import type { Table } from './table.js';

export interface LoadedTable {
  readonly table: Table;
  readonly card: DataCard;
}

/**
 * Reads a table whole, with the role of each column.
 *
 * @param config with an absolute path
 * @throws AssayError `data` where the file cannot be read as the config says
 */
export async function loadTable(config: TableConfig): Promise<LoadedTable> {
  const file = await readSourceFile(config.file);
  const table = await readTable(file, config);
  return {
    table,
    card: {
      role: 'table',
      files: [fileCard(file)],
      digest: table.digest,
      available: table.rows,
      used: table.rows,
      drawn: `all ${counted(table.rows, 'record')}`,
      classes: [],
      columns: table.columns.map(({ name, role }) => ({ name, role })),
    },
  };
}
