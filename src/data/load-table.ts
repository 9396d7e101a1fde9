import { counted } from '#base/format';
import type { PopulationConfig, TableConfig } from '#config/schema';
import type { DataCard } from '#report/report';
import { fileCard, readSourceFile, requireReadable, type FileCard } from './file.js';
import { openTable } from './open-table.js';
import { readTableAs, type ReadTable } from './read-table.js';
import type { Table } from './table.js';
import { readingInWords, type TableReading } from './tables/reading.js';

export interface LoadedTable {
  readonly table: Table;
  readonly reading: TableReading;
  readonly card: DataCard;
}

/** Larger files are read part by part, and twice: their bytes are never held as a whole. */
const HELD_BYTES = 2 ** 28;

/**
 * Reads a table whole, with the role of each column.
 *
 * @param config with an absolute path
 * @param heldBytes up to this size a file is held in memory while it is read; changes no result
 * @throws AssayError `data` where the file cannot be read as the config says
 */
export function loadTable(config: TableConfig, heldBytes = HELD_BYTES): Promise<LoadedTable> {
  return load('table', config, heldBytes);
}

/**
 * Reads the population that a table is a sample of. Its columns have no roles: they are those of the table by their names.
 *
 * @param config with an absolute path
 * @throws AssayError `data` where the file cannot be read as the config says
 */
export function loadPopulation(config: PopulationConfig): Promise<LoadedTable> {
  return load('population', { ...config, roles: {} }, HELD_BYTES);
}

async function load(role: 'table' | 'population', config: TableConfig, heldBytes: number): Promise<LoadedTable> {
  const isHeld = (await requireReadable(config.file, Infinity)) <= heldBytes;
  const { table, reading, file } = isHeld ? await readHeld(config) : await readInParts(config);
  return {
    ...{ table, reading },
    card: {
      role,
      files: [file],
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

type Read = ReadTable & { readonly file: FileCard };

async function readHeld(config: TableConfig): Promise<Read> {
  const file = await readSourceFile(config.file);
  return { ...(await readTableAs(file, config)), file: fileCard(file) };
}

/** Equal values that come again and again are one string, so that a column takes little more than its rows. */
async function readInParts(config: TableConfig): Promise<Read> {
  const opened = await openTable(config.file, config);
  const columns = opened.columns.map((column) => ({ ...column, values: [] as (string | null)[] }));
  for await (const batch of opened.batches()) {
    for (const [i, values] of batch.columns.entries()) for (const value of values) columns[i]?.values.push(value);
  }
  const digest = opened.digest();
  if (digest === null) throw new RangeError('a table whose batches came to their end has a digest');
  const table = { name: opened.name, digest, rows: opened.rows, columns };
  return { table, reading: opened.reading, file: opened.card };
}
