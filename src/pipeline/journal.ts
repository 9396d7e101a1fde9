import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digestOfBytes } from '#base/digest';
import { AssayError } from '#base/errors';
import { canonicalJson } from '#base/json';
import { onDisk, syncFolder } from './atomic.js';
import { checker, JournalEntry } from './records.js';

/**
 * What happened in a run, in order: `journal.jsonl`, one line an entry, only ever appended to.
 *
 * Each line carries a check over the line before it and its own entry, so that a changed, lost or swapped line is
 * noticed. The one exception is the last line: a process that was killed while writing leaves it torn, which loses
 * nothing, for what it would have said is done again.
 */
export class Journal {
  private broken = false;

  private constructor(
    private readonly path: string,
    private readonly file: number,
    private state: ReadJournal,
  ) {}

  /** Opens the journal of a run folder to append to it; a torn last line is cut off first. */
  static open(runFolder: string): Journal {
    const path = join(runFolder, NAME);
    const state = readState(path);
    const file = onDisk(runFolder, () => {
      const opened = openSync(path, existsSync(path) ? 'r+' : 'wx+');
      ftruncateSync(opened, state.wholeBytes);
      fsyncSync(opened);
      syncFolder(dirname(path));
      return opened;
    });
    return new Journal(path, file, state);
  }

  get entries(): readonly JournalEntry[] {
    return this.state.entries;
  }

  /** The entry is on the disk when this returns. */
  append(entry: JournalEntry): void {
    if (this.broken) throw new AssayError('run', { where: this.path, what: 'the journal could not be written before' });
    const { entries, wholeBytes, check } = this.state;
    const next = checkOf(check, entry);
    const line = Buffer.from(`${JSON.stringify({ check: next, entry })}\n`);
    onDisk(dirname(this.path), () => {
      try {
        writeWhole(this.file, line, wholeBytes);
        fsyncSync(this.file);
      } catch (error) {
        // A line half written must stay the last one.
        this.broken = true;
        cutOff(this.file, wholeBytes);
        throw error;
      }
    });
    this.state = { entries: [...entries, entry], wholeBytes: wholeBytes + line.length, check: next };
  }

  close(): void {
    closeSync(this.file);
  }
}

/** @throws AssayError `run` when a line other than the last is damaged */
export function readJournal(runFolder: string): readonly JournalEntry[] {
  return readState(join(runFolder, NAME)).entries;
}

const NAME = 'journal.jsonl';
const NEWLINE = 0x0a;
const checkEntry = checker(JournalEntry);

interface ReadJournal {
  readonly entries: readonly JournalEntry[];
  /** Up to the end of the last whole line. */
  readonly wholeBytes: number;
  /** Of the last whole line. */
  readonly check: string;
}

function readState(path: string): ReadJournal {
  const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
  const entries: JournalEntry[] = [];
  let wholeBytes = 0;
  let check = '';
  while (wholeBytes < bytes.length) {
    const end = bytes.indexOf(NEWLINE, wholeBytes);
    const line = end < 0 ? null : parseLine(bytes.toString('utf8', wholeBytes, end), check);
    if (line === null) {
      const isLast = end < 0 || end === bytes.length - 1;
      if (isLast) break;
      throw damaged(path, entries.length + 1);
    }
    entries.push(line.entry);
    check = line.check;
    wholeBytes = end + 1;
  }
  return { entries, wholeBytes, check };
}

function parseLine(text: string, before: string): { entry: JournalEntry; check: string } | null {
  let line: unknown;
  try {
    line = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof line !== 'object' || line === null || !('check' in line) || !('entry' in line)) return null;
  const checked = checkEntry(line.entry);
  if (!('value' in checked)) return null;
  const check = checkOf(before, checked.value);
  return line.check === check ? { entry: checked.value, check } : null;
}

function checkOf(before: string, entry: JournalEntry): string {
  return digestOfBytes(before, canonicalJson(entry)).slice(0, 16);
}

function writeWhole(file: number, bytes: Buffer, position: number): void {
  let written = 0;
  while (written < bytes.length) written += writeSync(file, bytes, written, bytes.length - written, position + written);
}

function cutOff(file: number, length: number): void {
  try {
    ftruncateSync(file, length);
  } catch {
    // The torn line is cut off when the run is resumed.
  }
}

function damaged(path: string, line: number): AssayError {
  return new AssayError('run', {
    where: path,
    what: `line ${line} of the journal is damaged, so what this run did is not certain`,
    mend: 'Run the audit again in a new folder, without `--resume`.',
  });
}
