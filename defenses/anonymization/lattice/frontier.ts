/** What is told of a node for the picture of risk against utility. */
interface Point {
  readonly levels: Uint8Array;
  readonly loss: number;
  readonly suppressed: number;
  readonly smallestClass: number;
  readonly valid: boolean;
}

/** The nodes that a search counted, in its order: what each costs, and what it leaves at risk. */
export interface Frontier {
  readonly count: number;
  /** Node i has the levels from `i * columns` to before `(i + 1) * columns`. */
  readonly columns: number;
  readonly levels: Uint8Array;
  /** In [0, 1]; of a valid node with the classes that fail suppressed, of another what generalizing alone costs. */
  readonly loss: Float64Array;
  /** Records in classes that fail. */
  readonly suppressed: Int32Array;
  /** The smallest class that does not fail; 0 where all do. The highest prosecutor risk is 1 / it. */
  readonly smallestClass: Int32Array;
  /** 1 where no more records are suppressed than may be. */
  readonly valid: Uint8Array;
}

/** Writes points side by side, into arrays that double. */
export class FrontierLog {
  count = 0;
  private levels: Uint8Array;
  private loss = new Float64Array(FIRST);
  private suppressed = new Int32Array(FIRST);
  private smallestClass = new Int32Array(FIRST);
  private valid = new Uint8Array(FIRST);

  constructor(private readonly columns: number) {
    this.levels = new Uint8Array(FIRST * columns);
  }

  add(point: Point): void {
    if (this.count === this.loss.length) this.grow();
    this.levels.set(point.levels, this.count * this.columns);
    this.loss[this.count] = point.loss;
    this.suppressed[this.count] = point.suppressed;
    this.smallestClass[this.count] = point.smallestClass;
    this.valid[this.count] = Number(point.valid);
    this.count += 1;
  }

  result(): Frontier {
    const { count, columns } = this;
    return {
      count,
      columns,
      levels: this.levels.slice(0, count * columns),
      loss: this.loss.slice(0, count),
      suppressed: this.suppressed.slice(0, count),
      smallestClass: this.smallestClass.slice(0, count),
      valid: this.valid.slice(0, count),
    };
  }

  private grow(): void {
    const size = 2 * this.count;
    const { levels, loss, suppressed, smallestClass, valid } = this;
    this.levels = new Uint8Array(size * this.columns);
    this.levels.set(levels);
    this.loss = new Float64Array(size);
    this.loss.set(loss);
    this.suppressed = new Int32Array(size);
    this.suppressed.set(suppressed);
    this.smallestClass = new Int32Array(size);
    this.smallestClass.set(smallestClass);
    this.valid = new Uint8Array(size);
    this.valid.set(valid);
  }
}

const FIRST = 256;
