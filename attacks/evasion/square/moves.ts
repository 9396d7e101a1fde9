import type { Rng } from '#stats/random';
import type { Extent } from './grid.js';

/** A random search around one sample. Its state is the point itself, which is changed in place. */
export interface RandomSearch {
  /** Writes the point where the search begins. */
  start(point: Float32Array): void;
  /** Turns the point into a neighbour of it. */
  propose(point: Float32Array, extent: Extent): void;
  /** Takes the last proposal back. */
  undo(point: Float32Array): void;
}

/** How the points of a ball are changed, for all samples alike. */
export interface Moves {
  /** The window that covers a share of the input. */
  extentOf(share: number): Extent;
  /** @param center never changed */
  around(center: Float32Array, source: Rng): RandomSearch;
}

/** The values that a proposal wrote over. */
export class Overwritten {
  readonly positions: Int32Array;
  count = 0;
  readonly #values: Float32Array;

  /** @param size values of one input */
  constructor(size: number) {
    this.positions = new Int32Array(size);
    this.#values = new Float32Array(size);
  }

  /** Keeps what stands at the first `count` positions. */
  keep(point: Float32Array, count: number): void {
    this.count = count;
    for (let k = 0; k < count; k++) this.#values[k] = point[this.positions[k] ?? -1] ?? NaN;
  }

  keepAll(point: Float32Array): void {
    for (let i = 0; i < point.length; i++) this.positions[i] = i;
    this.keep(point, point.length);
  }

  restore(point: Float32Array): void {
    for (let k = 0; k < this.count; k++) point[this.positions[k] ?? -1] = this.#values[k] ?? NaN;
  }
}
