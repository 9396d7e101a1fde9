import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { digestOfBytes } from '#base/digest';
import { rng } from '#stats/random';
import { openTable } from './open-table.js';
import { readSourceFile } from './file.js';
import { readTable } from './read-table.js';
import { tableSourceOf, wholeTable, type FiledTable } from './stored-table.js';
import type { TableOptions } from './tables/columns.js';

interface Stored {
  readonly same: { readonly csv: string; readonly lines: string; readonly parquet: Readonly<Record<string, string>> };
}

const stored = JSON.parse(gunzipSync(readFileSync('fixtures/readers/tables.json.gz')).toString()) as Stored;
const folder = mkdtempSync(join(tmpdir(), 'assay-open-table-'));
afterAll(() => rmSync(folder, { recursive: true }));

function written(content: string | Uint8Array): string {
  const path = join(folder, 'people');
  writeFileSync(path, content);
  return path;
}

/** The table in memory, and what its batches come to. */
async function both(content: string | Uint8Array, options: Partial<TableOptions> = {}, rows = 7) {
  const path = written(content);
  const whole = await readTable(await readSourceFile(path), { roles: {}, ...options });
  const { table, reading } = await openTable(path, { roles: {}, ...options });
  const opened = { ...tableSourceOf(table), reading };
  const columns: (string | null)[][] = opened.columns.map(() => []);
  const sizes: number[] = [];
  for await (const batch of opened.batches({ rows })) {
    expect(batch.first).toBe(sizes.reduce((sum, size) => sum + size, 0));
    sizes.push(batch.rows);
    for (const [i, values] of batch.columns.entries()) columns[i]?.push(...values);
  }
  return { whole, opened, columns, sizes };
}

const arff = `@relation r\n@attribute a numeric\n@attribute b {x,y}\n@data\n${'1.50,x\n?,y\n{}\n'.repeat(20)}`;
const ragged = Array.from({ length: 50 }, (_, i) =>
  JSON.stringify(i < 30 ? { a: i } : { b: `0${i}`, a: i + 0.5 }),
).join('\n');

test.each<[string, string | Uint8Array]>([
  ['CSV', stored.same.csv],
  ['CSV in Latin-1', Buffer.from(`name;age\n${'M\xfcller;1,5\n'.repeat(40)}`, 'latin1')],
  ['CSV of quoted lines', `a,b\n${'"1\n2","x ""y"""\n'.repeat(40)}`],
  ['CSV without rows', 'a,b\n'],
  ['JSON Lines', stored.same.lines],
  ['JSON Lines whose names come late', ragged],
  ['ARFF', arff],
  ['Parquet', Buffer.from(Object.values(stored.same.parquet)[0] ?? '', 'base64')],
])('batches are the table in memory: %s', async (_, content) => {
  const { whole, opened, columns, sizes } = await both(content);
  expect(columns).toEqual(whole.columns.map(({ values }) => values));
  expect(opened.columns).toEqual(whole.columns.map(({ name, role, type }) => ({ name, role, type })));
  expect(opened.rows).toBe(whole.rows);
  expect(sizes.slice(0, -1).every((size) => size === 7)).toBe(true);
});

test('of parts that end anywhere, with lines that are longer than a block', async () => {
  const random = rng('long lines');
  const lines = Array.from({ length: 12 }, (_, i) => `${i},"é${'ü"" '.repeat(Math.floor(random.uniform() * 60_000))}"`);
  const { whole, columns } = await both(`a,b\n${lines.join('\n')}`);
  expect(columns).toEqual(whole.columns.map(({ values }) => values));
});

test('options are those of the table in memory', async () => {
  const { opened, columns } = await both('a#b\n1#?\n?#2\n', {
    delimiter: '#',
    missing: ['?'],
    roles: { a: 'sensitive' },
  });
  expect(columns).toEqual([
    ['1', null],
    [null, '2'],
  ]);
  expect(opened.columns[0]?.role).toBe('sensitive');
  expect(opened.reading).toEqual({ format: 'csv', delimiter: '#', encoding: 'utf-8' });
});

test('a file that was changed behind it is refused', async () => {
  const path = written('a,b\n1,2\n');
  const { table } = await openTable(path, { roles: {} });
  const same = openSync(path, 'r');
  writeFileSync(path, 'a,b\n1,2\n3,4\n');
  const walk = (stored: FiledTable) => wholeTable(tableSourceOf(stored));
  await expect(walk(table)).rejects.toThrow('the file was changed while it was read');
  const lent = { ...table, file: { ...table.file, descriptor: same } };
  await expect(walk(lent)).rejects.toThrow('the file was changed while it was read');
  closeSync(same);
});

test('a file with other bytes and all that tells files apart is refused at its end', async () => {
  const { table } = await openTable(written('a,b\n1,2\n'), { roles: {} });
  const other = { ...table, file: { ...table.file, sha256: digestOfBytes('a,b\n1,3\n') } };
  await expect(wholeTable(tableSourceOf(other))).rejects.toThrow('the file was changed while it was read');
});

test('columns are read by name, and a process that was lent the file needs no path', async () => {
  const path = written('a,b,c\n1,x,2.50\n3,y,4\n');
  const { table } = await openTable(path, { roles: {} });
  const descriptor = openSync(path, 'r');
  const lent = { ...table, file: { ...table.file, path: 'people', descriptor } };
  // As a message to another process has it.
  const source = tableSourceOf(structuredClone(lent));
  for (let walk = 0; walk < 2; walk++) {
    const batches = [];
    for await (const batch of source.batches({ columns: ['c', 'a'], rows: 1 })) batches.push(batch);
    expect(batches).toEqual([
      { first: 0, rows: 1, columns: [['2.5'], ['1']] },
      { first: 1, rows: 1, columns: [['4'], ['3']] },
    ]);
  }
  closeSync(descriptor);
});

test.each([
  ['records that are short', 'a,b\n1\n', 'line 2: the record has 1 field and the header names 2.'],
  ['roles of no column', 'a,b\n1,2\n', 'there is no column "c", which `roles` names.'],
  [
    'a quote that swallows the file',
    `a,b\n1,"${'x\n'.repeat(1 << 20)}`,
    'line 2: a record is longer than 1048576 bytes',
  ],
  ['a line without end', `a,b\n1,${'x'.repeat(5 << 20)}`, 'line 2: a record is longer than 1048576 bytes'],
  ['encrypted Parquet', 'PARE....PARE', 'the file is encrypted.'],
  ['Parquet that is cut off', 'PAR1....', 'the Parquet file cannot be read (its end is missing).'],
  ['nothing', '', 'the file is empty.'],
])('refuses %s', async (_, content, sentence) => {
  await expect(openTable(written(content), { roles: { c: 'sensitive' } })).rejects.toThrow(sentence);
});
