import { isAscii, isUtf8 } from 'node:buffer';
import { AssayError } from '#base/errors';

/** What a file of text may be declared as; `auto` where the file itself tells. */
export type EncodingOption = 'auto' | TextEncoding;

/** `latin-1` is what browsers read under that name: windows-1252, which has characters from 0x80 to 0x9f too. */
export type TextEncoding = 'utf-8' | 'latin-1';

const LINE_BREAK = 0x0a;
const BYTE_ORDER_MARK = Uint8Array.of(0xef, 0xbb, 0xbf);

/** The characters of 0x80 to 0x9f; bytes without one stand for themselves (https://encoding.spec.whatwg.org/#windows-1252). */
const UPPER_CONTROLS =
  '\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f' +
  '\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178';
const UNASSIGNED: ReadonlySet<number> = new Set([0x81, 0x8d, 0x8f, 0x90, 0x9d]);
/** Western words have one or two letters beyond ASCII in a row; words of other alphabets have little else. */
const LONGEST_RUN = 4;
/** Two characters of Latin-1 may by chance be one of UTF-8, as in `CAFÉ’S`: up to one in so many is taken for that. */
const CHANCE = 20;

/** Text of whole characters in an encoding that was found sound. */
export function decodeText(bytes: Uint8Array, encoding: TextEncoding): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  // Of ASCII both are the same, and this way is the faster one.
  if (isAscii(bytes)) return buffer.toString('latin1');
  if (encoding === 'utf-8') return buffer.toString('utf8');
  return buffer
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (control) => UPPER_CONTROLS.charAt(control.charCodeAt(0) - 0x80));
}

/** The bytes without a byte order mark of UTF-8 in front. */
export function withoutMark(bytes: Uint8Array): Uint8Array {
  return hasMark(bytes) ? bytes.subarray(BYTE_ORDER_MARK.length) : bytes;
}

/**
 * Tells in which encoding a text is, from all of its bytes. UTF-8 where everything is UTF-8. Latin-1 where what is beyond
 * ASCII is not UTF-8, is assigned, and stands in short runs. What is both in part is neither: read as Latin-1 it would
 * give wrong characters, and nobody would see it.
 */
export class EncodingScan {
  private lines = 0;
  private isFirst = true;
  private marked = false;
  private readonly facts = { wellFormed: 0, strays: 0 };
  private firstStray: { line: number; byte: number } | null = null;
  private firstOdd: { line: number; what: string } | null = null;

  constructor(
    private readonly path: string,
    private readonly option: EncodingOption,
  ) {}

  /** @param bytes whole lines, or the rest of the text. @throws AssayError `data` for UTF-16 and for what is no text */
  add(bytes: Uint8Array): void {
    if (this.isFirst) this.checkStart(bytes);
    this.isFirst = false;
    if (bytes.includes(0)) {
      throw new AssayError('data', { where: this.path, what: 'this is not a text file: it holds zero bytes' });
    }
    if (isUtf8(bytes)) {
      if (!isAscii(bytes)) this.facts.wellFormed += bytes.reduce((count, byte) => count + (byte >= 0xc0 ? 1 : 0), 0);
      this.lines += countOf(bytes, LINE_BREAK);
    } else {
      for (const line of linesOf(bytes)) this.addLine(line);
    }
  }

  get linesRead(): number {
    return this.lines;
  }

  /** @throws AssayError `data` with the first line that is not in the declared encoding, or in none that is known */
  encoding(): TextEncoding {
    const { option, path, firstStray: stray, firstOdd: odd } = this;
    if (option === 'latin-1') {
      if (!this.marked) return 'latin-1';
      throw new AssayError('config', {
        where: path,
        what: 'the file begins with the byte order mark of UTF-8, and `encoding` is "latin-1"',
        mend: 'Leave `encoding` out.',
      });
    }
    if (stray === null) return 'utf-8';
    const where = `${path}, line ${stray.line}`;
    if (option === 'utf-8') {
      throw new AssayError('data', { where, what: 'the text is not UTF-8', mend: 'Save the file as UTF-8.' });
    }
    if (this.marked || this.facts.wellFormed * CHANCE > this.facts.strays) {
      throw new AssayError('data', {
        where,
        what: `the byte 0x${stray.byte.toString(16)} is not UTF-8, which the rest of the file is`,
        mend: 'Save the file as UTF-8; or set `encoding` to "latin-1", if all of it is.',
      });
    }
    if (odd === null) return 'latin-1';
    throw new AssayError('data', {
      where: `${path}, line ${odd.line}`,
      what: `the text is not UTF-8, and ${odd.what}`,
      mend: 'Save the file as UTF-8; or set `encoding` to "latin-1", if it is that.',
    });
  }

  private checkStart(bytes: Uint8Array): void {
    this.marked = hasMark(bytes);
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    if (utf16) {
      throw new AssayError('data', { where: this.path, what: 'the file is UTF-16', mend: 'Save it as UTF-8.' });
    }
  }

  private addLine(line: Uint8Array): void {
    this.lines += 1;
    let run = 0;
    for (let at = 0; at < line.length;) {
      const byte = line[at] ?? 0;
      const length = byte < 0x80 ? 1 : characterLength(line, at);
      run = byte < 0x80 ? 0 : run + Math.max(length, 1);
      if (length > 1) this.facts.wellFormed += 1;
      if (length === 0) this.addStray(byte);
      if (run > LONGEST_RUN) this.addOdd('has more such characters in a row than words of Latin-1 have');
      at += Math.max(length, 1);
    }
  }

  private addStray(byte: number): void {
    this.facts.strays += 1;
    this.firstStray ??= { line: this.lines, byte };
    if (UNASSIGNED.has(byte)) this.addOdd(`Latin-1 has no character 0x${byte.toString(16)}`);
  }

  private addOdd(what: string): void {
    this.firstOdd ??= { line: this.lines, what };
  }
}

function hasMark(bytes: Uint8Array): boolean {
  return BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte);
}

/** Bytes of the character of UTF-8 that begins here; 0 where none does. */
function characterLength(bytes: Uint8Array, at: number): 0 | 2 | 3 | 4 {
  for (const length of [2, 3, 4] as const) {
    if (at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}

function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(LINE_BREAK, start);
    const end = found === -1 ? bytes.length : found + 1;
    yield bytes.subarray(start, end);
    start = end;
  }
}

function countOf(bytes: Uint8Array, wanted: number): number {
  let count = 0;
  for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + 1)) count += 1;
  return count;
}
