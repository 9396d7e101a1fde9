import type { Digest } from '#base/digest';
import { counted } from '#base/format';
import type { PopulationConfig, TableConfig } from '#config/schema';
import type { DataCard } from '#report/report';
import { fileCard, readSourceFile, requireReadable, type FileCard } from './file.js';
import { openTable } from './open-table.js';
import { readTableAs } from './read-table.js';
import { tableSourceOf, type StoredTable } from './stored-table.js';
import { digestOfTable, ValuesDigest } from './tables/columns.js';
import { readingInWords, type TableReading } from './tables/reading.js';

export interface LoadedTable {
  readonly stored: StoredTable;
  readonly reading: TableReading;
  readonly card: DataCard;
}

/** Larger files are read part by part, whenever somebody walks over the table: neither bytes nor rows are held. */
const HELD_BYTES = 2 ** 28;

/**
 * Reads a table with the role of each column: whole, or where it is large what there is to know of it.
 *
 * @param config with an absolute path
 * @param heldBytes up to this size a file is held in memory; changes no result
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
export function loadPopulation(config: PopulationConfig, heldBytes = HELD_BYTES): Promise<LoadedTable> {
  return load('population', { ...config, roles: {} }, heldBytes);
}

async function load(role: 'table' | 'population', config: TableConfig, heldBytes: number): Promise<LoadedTable> {
  const { stored, reading, file } = await storeTable(config, heldBytes);
  const { rows, columns } = tableSourceOf(stored);
  return {
    ...{ stored, reading },
    card: {
      role,
      files: [file],
      digest: await digestOf(stored),
      available: rows,
      used: rows,
      reading: readingInWords(reading),
      drawn: `all ${counted(rows, 'record')}`,
      classes: [],
      columns: columns.map(({ name, role }) => ({ name, role })),
    },
  };
}

/**
 * A table without its digest, which takes one more walk over a large one.
 *
 * @throws AssayError `data` where the file cannot be read as the config says
 */
export async function storeTable(
  config: TableConfig,
  heldBytes = HELD_BYTES,
): Promise<{ readonly stored: StoredTable; readonly reading: TableReading; readonly file: FileCard }> {
  if ((await requireReadable(config.file, Infinity)) > heldBytes) {
    const { table, reading, card } = await openTable(config.file, config);
    return { stored: table, reading, file: card };
  }
  const file = await readSourceFile(config.file);
  const { table, reading } = await readTableAs(file, config);
  return { stored: { kind: 'memory', table }, reading, file: fileCard(file) };
}

async function digestOf(stored: StoredTable): Promise<Digest> {
  if (stored.kind === 'memory') return stored.table.digest;
  const { columns, batches } = tableSourceOf(stored);
  const digests = columns.map(() => new ValuesDigest());
  for await (const batch of batches()) for (const [i, values] of batch.columns.entries()) digests[i]?.add(values);
  return digestOfTable(
    columns.map(({ name, role }, i) => ({ name, role, values: (digests[i] ?? new ValuesDigest()).end() })),
  );
}
