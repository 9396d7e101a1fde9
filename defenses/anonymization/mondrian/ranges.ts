const LOW = 0;
const HIGH = 1;
const HOPELESS = 2;
const WIDTH = 3;

/** What is known of a partition in each dimension: between which ranks its records are, and whether it can ever be cut there. */
export class Ranges {
  /** Side by side, to be kept and to be put back. */
  readonly numbers: Int32Array;

  constructor(readonly dimensions: number) {
    this.numbers = new Int32Array(WIDTH * dimensions);
  }

  low(dimension: number): number {
    return this.numbers[WIDTH * dimension + LOW] ?? 0;
  }

  high(dimension: number): number {
    return this.numbers[WIDTH * dimension + HIGH] ?? 0;
  }

  set(dimension: number, low: number, high: number): void {
    this.numbers[WIDTH * dimension + LOW] = low;
    this.numbers[WIDTH * dimension + HIGH] = high;
  }

  isOpen(dimension: number): boolean {
    return this.low(dimension) < this.high(dimension);
  }

  isHopeless(dimension: number): boolean {
    return this.numbers[WIDTH * dimension + HOPELESS] === 1;
  }

  giveUp(dimension: number): void {
    this.numbers[WIDTH * dimension + HOPELESS] = 1;
  }
}
