import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AssayError } from '#base/errors';
import { makeFolder, onDisk, writeAtomically } from './atomic.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-atomic-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const errno = (code: string) => Object.assign(new Error(`${code}: refused`), { code });

describe('writeAtomically', () => {
  test('replaces the whole content and leaves nothing else behind', () => {
    const path = join(folder, 'a.json');
    writeAtomically(path, 'a long first content');
    writeAtomically(path, 'second');
    expect(readFileSync(path, 'utf8')).toBe('second');
    expect(readdirSync(folder)).toEqual(['a.json']);
  });

  test('keeps the old content and no temporary file when the new one cannot take its place', () => {
    const path = join(folder, 'a');
    // A folder that is not empty cannot be replaced by a file.
    mkdirSync(join(path, 'inside'), { recursive: true });
    expect(() => writeAtomically(path, 'new')).toThrow(AssayError);
    expect(readdirSync(folder)).toEqual(['a']);
    expect(readdirSync(path)).toEqual(['inside']);
  });

  test('says in one sentence that a folder is gone', () => {
    const gone = join(folder, 'gone');
    expect(() => writeAtomically(join(gone, 'a'), 'x')).toThrow(`${gone}: the folder is gone.`);
  });
});

describe('makeFolder', () => {
  test('makes the folders above it and accepts one that is there', () => {
    const deep = join(folder, 'a/b/c');
    makeFolder(deep);
    makeFolder(deep);
    expect(readdirSync(join(folder, 'a/b'))).toEqual(['c']);
  });

  test('refuses a path that leads through a file', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(() => makeFolder(join(folder, 'file/run'))).toThrow('a part of this path is a file');
  });

  // Root may write everywhere.
  (process.getuid?.() === 0 ? test.skip : test)('refuses a folder without permission', () => {
    chmodSync(folder, 0o500);
    expect(() => makeFolder(join(folder, 'run'))).toThrow('there is no permission to write here');
    chmodSync(folder, 0o700);
  });
});

describe('onDisk', () => {
  test.each([
    ['ENOSPC', 'the disk is full'],
    ['EDQUOT', 'the disk quota is used up'],
    ['EFBIG', 'a file would become larger than the system allows'],
    ['EROFS', 'the file system is read-only'],
    ['EACCES', 'there is no permission to write here'],
  ])('names the folder and the mend for %s', (code, what) => {
    const cause = errno(code);
    const thrown = caught(() =>
      onDisk('/runs', () => {
        throw cause;
      }),
    );
    expect(thrown).toBeInstanceOf(AssayError);
    expect(thrown).toMatchObject({ code: 'output', where: '/runs', what, cause });
    expect((thrown as AssayError).mend).toContain('`out`');
  });

  test('leaves everything that is not the disk as it is', () => {
    const defect = new TypeError('x is not a function');
    expect(
      caught(() =>
        onDisk('/runs', () => {
          throw defect;
        }),
      ),
    ).toBe(defect);
  });
});

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}
