import { messageOf } from '#base/errors';
import type { Reals } from './vector-jacobian.js';

/** Of the largest value: what devices promise (`Device`). */
const TOLERANCE = 1e-4;

export interface ComparisonResult {
  /** How many things were compared. */
  readonly compared: number;
  /** The largest difference, relative to the largest value. */
  readonly largest: number;
  /** What differs by more than is allowed, or failed: a sentence each. */
  readonly problems: readonly string[];
}

/** A name, what was found and what it has to be. */
export type Pair = readonly [string, Reals | undefined, Reals | undefined];

/** Gathers what differs, and goes on after what fails. */
export class Comparison {
  #compared = 0;
  #largest = 0;
  readonly #problems: string[] = [];

  /** @param begin is told what is compared next */
  constructor(private readonly begin: (what: string) => void) {}

  async of(what: string, pairs: () => Promise<readonly Pair[]>): Promise<void> {
    this.begin(what);
    try {
      for (const [name, found, wanted] of await pairs()) this.#compare(`${what}, ${name}`, found, wanted);
    } catch (thrown) {
      this.#problems.push(`${what}: ${messageOf(thrown)}`);
    }
  }

  result(): ComparisonResult {
    return { compared: this.#compared, largest: this.#largest, problems: this.#problems };
  }

  #compare(what: string, found: Reals | undefined, wanted: Reals | undefined): void {
    this.#compared++;
    const difference = largestDifference(found ?? new Float32Array(), wanted ?? new Float32Array());
    this.#largest = Math.max(this.#largest, difference);
    if (difference > TOLERANCE) this.#problems.push(`${what} differs by ${difference.toPrecision(2)}`);
  }
}

/** Relative to the largest value of the second; infinite where sizes differ or one alone is no number. */
function largestDifference(found: Reals, wanted: Reals): number {
  if (found.length !== wanted.length) return Infinity;
  let scale = 1e-3;
  for (const value of wanted) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  let most = 0;
  for (const [i, value] of wanted.entries()) {
    if (Object.is(value, found[i]) || value === found[i]) continue;
    const difference = Math.abs(value - (found[i] ?? NaN));
    most = Number.isNaN(difference) ? Infinity : Math.max(most, difference / scale);
  }
  return most;
}
