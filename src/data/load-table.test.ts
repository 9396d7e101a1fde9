import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { loadTable } from './load-table.js';
import { tableSourceOf, wholeTable } from './stored-table.js';

const folder = temporaryFolder();
const { same } = JSON.parse(gunzipSync(readFileSync('fixtures/readers/tables.json.gz')).toString()) as {
  readonly same: { readonly csv: string; readonly lines: string; readonly parquet: Readonly<Record<string, string>> };
};

test.each<[string, string | Uint8Array, object]>([
  ['CSV', same.csv, {}],
  ['CSV in Latin-1', Buffer.from(`name;age\n${'M\xfcller;1,5\n?;2\n'.repeat(40)}`, 'latin1'), { missing: ['?'] }],
  ['JSON Lines', same.lines, {}],
  ['Parquet', Buffer.from(Object.values(same.parquet)[0] ?? '', 'base64'), {}],
])('%s that is read in parts is the table that is read whole', async (_, content, options) => {
  const file = join(folder, 'people');
  writeFileSync(file, content);
  const config = { file, roles: {}, ...options };
  const [whole, parts] = [await loadTable(config), await loadTable(config, 0)];
  const held = await wholeTable(tableSourceOf(whole.stored));
  expect(held.rows).toBeGreaterThan(0);
  expect(parts.stored.kind).toBe('file');
  expect(await wholeTable(tableSourceOf(parts.stored))).toEqual(held);
  expect({ ...parts, stored: null }).toEqual({ ...whole, stored: null });
});

test.each([
  ['no file', null, 'there is no such file'],
  ['a role of no column', 'a\n1\n', '"b"'],
])('%s is one sentence, however it is read', async (_, content, sentence) => {
  const file = join(folder, content === null ? 'none.csv' : 'some.csv');
  if (content !== null) writeFileSync(file, content);
  const config = { file, roles: { b: 'sensitive' as const } };
  await expect(loadTable(config)).rejects.toThrow(sentence);
  await expect(loadTable(config, 0)).rejects.toThrow(sentence);
});
