import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOfBytes } from '#base/digest';
import { AssayError } from '#base/errors';
import { Journal, readJournal } from './journal.js';
import type { JournalEntry } from './records.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-journal-'));
  path = join(folder, 'journal.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const started = (name: string): JournalEntry => ({
  kind: 'cell-started',
  at: '2026-11-25T04:00:00.000Z',
  cell: digestOfBytes(name),
});
const ENTRIES = ['a', 'b', 'c'].map(started);

function written(entries: readonly JournalEntry[]): Buffer {
  const journal = Journal.open(folder);
  entries.forEach((entry) => journal.append(entry));
  journal.close();
  return readFileSync(path);
}

test('gives back what was appended, in order, over several processes', () => {
  written(ENTRIES.slice(0, 2));
  written(ENTRIES.slice(2));
  expect(readJournal(folder)).toEqual(ENTRIES);
});

test('a run without a journal has no entries', () => {
  expect(readJournal(folder)).toEqual([]);
});

test('torn after any byte, it keeps the whole lines and can be gone on with', () => {
  const whole = written(ENTRIES);
  const ends = [...whole.entries()].filter(([, byte]) => byte === 0x0a).map(([i]) => i + 1);
  for (let length = 0; length <= whole.length; length++) {
    writeFileSync(path, whole.subarray(0, length));
    const kept = ends.filter((end) => end <= length).length;
    expect(readJournal(folder)).toEqual(ENTRIES.slice(0, kept));
    if (length % 7 !== 0) continue;
    written([started('resumed')]);
    expect(readJournal(folder)).toEqual([...ENTRIES.slice(0, kept), started('resumed')]);
  }
});

test('what comes after a torn line takes its place, however long that was', () => {
  written(ENTRIES);
  appendFileSync(path, '{"check":"0000","entry":'.padEnd(1000, 'x'));
  written([started('resumed')]);
  expect(readJournal(folder)).toEqual([...ENTRIES, started('resumed')]);
  expect(readFileSync(path, 'utf8')).not.toContain('xx');
});

test('a last line of noise, with or without its end, is torn too', () => {
  for (const noise of ['\0\0\0\0', '{"check":"0"}\n', 'null\n', '\n']) {
    rmSync(path, { force: true });
    written(ENTRIES);
    appendFileSync(path, noise);
    expect(readJournal(folder)).toEqual(ENTRIES);
  }
});

test.each([
  ['a changed byte', (lines: string[]) => [lines[0]?.replace('04:00', '05:00'), lines[1], lines[2]]],
  ['a lost line', (lines: string[]) => [lines[1], lines[2]]],
  ['two swapped lines', (lines: string[]) => [lines[1], lines[0], lines[2]]],
  ['a line twice', (lines: string[]) => [lines[0], lines[0], lines[1], lines[2]]],
  ['an empty line', (lines: string[]) => [lines[0], '', lines[1]]],
  ['noise', (lines: string[]) => ['{"check"', ...lines]],
])('%s before the last line is an error that names the line', (_name, spoil) => {
  const lines = written(ENTRIES).toString().trimEnd().split('\n');
  writeFileSync(path, `${spoil(lines).join('\n')}\n`);
  expect(() => readJournal(folder)).toThrow(/journal\.jsonl: line [123] of the journal is damaged/);
  expect(() => Journal.open(folder)).toThrow(AssayError);
});

test('an entry of no known kind is not believed, even with a right check', () => {
  const entry = { kind: 'all-passed', at: 'now' };
  const line = JSON.stringify({ check: digestOfBytes('', '{"at":"now","kind":"all-passed"}').slice(0, 16), entry });
  writeFileSync(path, `${line}\n${line}\n`);
  expect(() => readJournal(folder)).toThrow('line 1 of the journal is damaged');
});

test('once a line could not be written, no other is', () => {
  const journal = Journal.open(folder);
  journal.append(started('a'));
  // The descriptor is gone, as a disk that fails would have it.
  journal.close();
  expect(() => journal.append(started('b'))).toThrow();
  expect(() => journal.append(started('c'))).toThrow('could not be written before');
  expect(readJournal(folder)).toEqual([started('a')]);
});
