import { counted } from '#base/format';
import type { PopulationConfig, TableConfig } from '#config/schema';
import type { DataCard } from '#report/report';
import { fileCard, readSourceFile } from './file.js';
import { readTableAs } from './read-table.js';
import type { Table } from './table.js';
import { readingInWords, type TableReading } from './tables/reading.js';

export interface LoadedTable {
  readonly table: Table;
  readonly reading: TableReading;
  readonly card: DataCard;
}

/**
 * Reads a table whole, with the role of each column.
 *
 * @param config with an absolute path
 * @throws AssayError `data` where the file cannot be read as the config says
 */
export function loadTable(config: TableConfig): Promise<LoadedTable> {
  return load('table', config);
}

/**
 * Reads the population that a table is a sample of. Its columns have no roles: they are those of the table by their names.
 *
 * @param config with an absolute path
 * @throws AssayError `data` where the file cannot be read as the config says
 */
export function loadPopulation(config: PopulationConfig): Promise<LoadedTable> {
  return load('population', { ...config, roles: {} });
}

async function load(role: 'table' | 'population', config: TableConfig): Promise<LoadedTable> {
  const file = await readSourceFile(config.file);
  const { table, reading } = await readTableAs(file, config);
  return {
    ...{ table, reading },
    card: {
      role,
      files: [fileCard(file)],
      digest: table.digest,
      available: table.rows,
      used: table.rows,
      reading: readingInWords(reading),
      drawn: `all ${counted(table.rows, 'record')}`,
      classes: [],
      columns: table.columns.map(({ name, role }) => ({ name, role })),
    },
  };
}
