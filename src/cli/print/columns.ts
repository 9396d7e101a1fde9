import { extname, resolve } from 'node:path';
import { counted } from '#base/format';
import { readSourceFile } from '#data/file';
import { readTable } from '#data/read-table';
import { inferRoles } from '#data/roles/infer-roles';
import { printJson, printLine, type Io } from '../io.js';
import { table } from './table.js';
import { oneLine } from './text.js';

const TABLES: ReadonlySet<string> = new Set(['.csv', '.tsv', '.parquet', '.jsonl', '.ndjson', '.arff']);

/** Whether a path names a table and no config. */
export function isTableFile(path: string): boolean {
  return TABLES.has(extname(path).toLowerCase());
}

/** What the columns of a table seem to be, why, and how a config says so. Nothing is taken for granted by it. */
export async function printSuggestions(path: string, asJson: boolean, io: Io): Promise<void> {
  const read = await readTable(await readSourceFile(resolve(io.cwd, path)), { roles: {} });
  const columns = inferRoles(read);
  const roles = Object.fromEntries(
    columns.filter(({ suggested }) => suggested !== 'insensitive').map(({ name, suggested }) => [name, suggested]),
  );
  const config = {
    data: { table: { file: path, roles } },
    anonymize: { models: [{ model: 'k-anonymity', k: 5 }], suppression: 0.04 },
    audits: { 'anonymization/k-anonymity': {} },
  };
  if (asJson) {
    printJson(io, {
      rows: read.rows,
      columns: columns.map(({ name, type, typeEvidence, suggested, evidence }) => ({
        ...{ name, type, typeEvidence, suggested, evidence },
      })),
      config,
    });
    return;
  }
  printLine(io.stdout, `${oneLine(read.name)}: ${counted(read.rows, 'record')}, ${counted(columns.length, 'column')}.`);
  printLine(io.stdout);
  const labels = ['column', 'type', 'looks like', 'why'].map((label) => ({ label }));
  const rows = columns.map(({ name, type, suggested, evidence }) => [name, type, suggested, evidence].map(oneLine));
  printLine(io.stdout, table(labels, rows));
  printLine(io.stdout);
  printLine(
    io.stdout,
    'A suggestion decides nothing. A config that takes them as they are, to be corrected by one who knows:',
  );
  printLine(io.stdout, JSON.stringify(config, null, 2));
}
