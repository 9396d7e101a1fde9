/** Something that lies in a ring. */
interface Held<T> {
  readonly thing: T;
  readonly start: number;
}

/**
 * Memory of a fixed length that is written round and round: what is new takes the place of what is oldest. So no more is ever
 * held than there is room for, and nothing is left for the collector.
 */
export class Ring<T> {
  private readonly memory: Int32Array;
  private readonly held: Held<T>[] = [];
  /** Where the latest begins and ends. */
  private start = 0;
  private end = 0;

  /**
   * @param length integers
   * @param most things that are held at once
   */
  constructor(
    length: number,
    private readonly most: number,
  ) {
    this.memory = new Int32Array(length);
  }

  /** From the oldest to the latest. */
  get things(): readonly Held<T>[] {
    return this.held;
  }

  /** Null where there is no room for so much at all. */
  take(integers: number): Int32Array | null {
    if (integers > this.memory.length) return null;
    this.start = this.end;
    if (this.start + integers > this.memory.length) {
      this.dropFrom(this.start, this.memory.length);
      this.start = 0;
    }
    this.end = this.start + integers;
    this.dropFrom(this.start, this.end);
    return this.memory.subarray(this.start, this.end);
  }

  /** Holds what was written into that which was taken last. */
  hold(thing: T): void {
    if (this.held.length === this.most) this.held.shift();
    this.held.push({ thing, start: this.start });
  }

  /** What was written in the round before, oldest first, and begins from `start` to before `end`. What began before was dropped before. */
  private dropFrom(start: number, end: number): void {
    for (
      let [oldest] = this.held;
      oldest !== undefined && oldest.start >= start && oldest.start < end;
      [oldest] = this.held
    ) {
      this.held.shift();
    }
  }
}
