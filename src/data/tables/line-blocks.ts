const LINE_BREAK = 0x0a;

/** Blocks of whole lines, out of parts that end anywhere; each holds a megabyte or so, and the last what is left. */
export class LineBlocks {
  private rest: Uint8Array[] = [];

  /**
   * The lines that end in this part, with the beginnings that earlier parts left.
   *
   * @param longest bytes that a line may have
   * @param refuse throws where a line has more
   */
  constructor(
    private readonly longest: number,
    private readonly refuse: () => never,
  ) {}

  *add(part: Uint8Array): Generator<Uint8Array> {
    for (let start = 0; start < part.length;) {
      const stop = Math.min(start + BLOCK_BYTES, part.length);
      const end = part.lastIndexOf(LINE_BREAK, stop - 1) + 1;
      if (end > start) {
        yield this.taken(part.subarray(start, end));
        start = end;
      } else {
        this.keep(part.subarray(start, stop));
        start = stop;
      }
    }
  }

  /** The last line, where no break ends it. */
  *end(): Generator<Uint8Array> {
    if (this.rest.length > 0) yield this.taken(new Uint8Array());
  }

  private taken(last: Uint8Array): Uint8Array {
    if (this.rest.length === 0) return last;
    const whole = Buffer.concat([...this.rest, last]);
    this.rest = [];
    return whole;
  }

  private keep(beginning: Uint8Array): void {
    this.rest.push(beginning);
    if (this.rest.reduce((bytes, { length }) => bytes + length, 0) > this.longest) this.refuse();
  }
}

const BLOCK_BYTES = 1 << 20;
