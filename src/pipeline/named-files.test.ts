import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { digestOfNamed, readAllNamed, readerOf } from './named-files.js';

const folder = temporaryFolder();
const config = () => join(folder, 'assay.config.json');

test('files are read beside the config, and what they hold decides a digest', async () => {
  writeFileSync(join(folder, 'a.csv'), 'flu;*\n');
  const files = await readAllNamed(['a.csv', 'a.csv'], config());
  expect(await readerOf(files)('a.csv')).toMatchObject({ name: 'a.csv', text: 'flu;*\n' });
  await expect(readerOf(files)('../secret')).rejects.toThrow('a file that its options do not name');
  writeFileSync(join(folder, 'a.csv'), 'cold;*\n');
  expect(digestOfNamed(await readAllNamed(['a.csv'], config()))).not.toEqual(digestOfNamed(files));
  expect(digestOfNamed({})).toEqual({});
});

test('one that is not there ends in a sentence', async () => {
  await expect(readAllNamed(['none.csv'], config())).rejects.toThrow('there is no such file');
});
