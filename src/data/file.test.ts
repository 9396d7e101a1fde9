import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileCard, readSourceFile } from './file.js';

describe('readSourceFile', () => {
  const folder = mkdtempSync(join(tmpdir(), 'assay-file-'));
  const path = (name: string) => join(folder, name);
  afterAll(() => rmSync(folder, { recursive: true }));

  test('reads the bytes once, with their digest', async () => {
    writeFileSync(path('a.bin'), 'abc');
    const file = await readSourceFile(path('a.bin'));
    expect(Buffer.from(file.bytes).toString()).toBe('abc');
    expect(file.digest).toBe(createHash('sha256').update('abc').digest('hex'));
    expect(fileCard(file)).toEqual({ name: 'a.bin', sha256: file.digest, bytes: 3 });
  });

  test('says in one sentence what is wrong', async () => {
    const sentenceOf = (name: string, limit?: number) =>
      readSourceFile(path(name), limit).then(
        () => 'nothing',
        (thrown: unknown) => (thrown as Error).message.replace(`${folder}/`, ''),
      );
    writeFileSync(path('empty'), '');
    writeFileSync(path('large'), '12345');
    symlinkSync(path('loop'), path('loop'));
    expect(await sentenceOf('missing')).toBe(
      'missing: there is no such file. Paths are relative to the configuration file.',
    );
    expect(await sentenceOf('large/x')).toMatch('large/x: there is no such file.');
    expect(await sentenceOf('.')).toMatch('this is a folder, not a file.');
    expect(await sentenceOf('empty')).toBe('empty: the file is empty.');
    expect(await sentenceOf('large', 4)).toBe(
      'large: the file has 5 bytes, more than the 4 that are read. Split it, or store fewer samples.',
    );
    expect(await sentenceOf('large', 5)).toBe('nothing');
    expect(await sentenceOf('loop')).toBe('loop: the file cannot be read (ELOOP).');
    await expect(readSourceFile(path('missing'))).rejects.toMatchObject({ code: 'data', where: path('missing') });
  });

  test('does not wait for a pipe', async () => {
    execFileSync('mkfifo', [path('pipe')]);
    await expect(readSourceFile(path('pipe'))).rejects.toThrow('this is a pipe or device, not a file');
    await expect(readSourceFile('/dev/zero')).rejects.toThrow('this is a pipe or device, not a file');
  });

  test('says that a file may not be read', async () => {
    writeFileSync(path('secret'), 'x');
    chmodSync(path('secret'), 0);
    // Root may read every file, so root is somebody else for a moment.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) process.seteuid?.(65534);
    try {
      await expect(readSourceFile(path('secret'))).rejects.toThrow(
        'the file may not be read. Give this user permission',
      );
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});
