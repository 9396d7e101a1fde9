import { AssayError } from '#base/errors';
import { positionKey, type Path, type Position, type Positions } from '../place.js';
import { show } from '../wording/show.js';
import type { NamedFile } from './text.js';

/** What a file says, and where in it each entry begins. */
export interface Document {
  readonly value: unknown;
  readonly positions: Positions;
}

/** A text that can tell offsets as lines and columns. */
export class Source {
  private readonly lineStarts: readonly number[];

  constructor(
    readonly file: NamedFile,
    readonly text: string,
  ) {
    this.lineStarts = [0, ...Array.from(text.matchAll(/\r\n|\r|\n/g), (end) => end.index + end[0].length)];
  }

  position(offset: number): Position {
    let low = 0;
    let high = this.lineStarts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (this.lineStarts[low] ?? 0) + 1 };
  }

  /** Refuses the text for what stands at an offset, or as a whole. */
  fail(what: string, offset?: number): never {
    const place = offset === undefined ? undefined : this.position(offset);
    const where = place === undefined ? this.file.name : `${this.file.name}:${place.line}:${place.column}`;
    throw new AssayError(this.file.code, { where, what });
  }
}

/** Collects where the entries of a document begin. */
export class PositionMap {
  readonly positions = new Map<string, Position>();

  constructor(private readonly source: Source) {}

  /** Enters an entry; an entry that was there before is a duplicate key, which no reader can be sure of. */
  add(path: Path, offset: number): void {
    const key = positionKey(path);
    const position = this.source.position(offset);
    const before = this.positions.get(key);
    if (before !== undefined) {
      this.source.fail(`the key ${show(path.at(-1))} stands in line ${before.line} already`, offset);
    }
    this.positions.set(key, position);
  }
}
