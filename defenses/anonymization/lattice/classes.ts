import type { Histogram } from '../encoding/histogram.js';
import { joinGroups } from '../encoding/histogram.js';
import { KeyNumbers } from '../encoding/key-numbers.js';
import { MixedRadix } from '../encoding/mixed-radix.js';
import type { Tuples } from '../encoding/tuples.js';
import type { Hierarchy } from '../contract.js';

/** The equivalence classes of a node, numbered by their first tuple. */
export interface Classes {
  readonly levels: Uint8Array;
  readonly count: number;
  /** As {@link MixedRadix} has them. */
  readonly keys: Int32Array;
  /** By class: a tuple that is in it. */
  readonly tuples: Int32Array;
  /** By class: its records; 0 for one that only the population has. */
  readonly sizes: Int32Array;
  readonly population: Int32Array | null;
  readonly histograms: readonly Histogram[];
}

/**
 * Joins classes when levels rise. A class keeps its key as a number, and a rise of a column's level adds to it what the
 * difference of the two digits is worth: by the code of any tuple of the class, whatever the levels of the other columns.
 */
export class RollUp {
  private readonly radix: MixedRadix;
  /** By column and level: the worth of each code's digit. */
  private readonly worths: readonly (readonly Int32Array[])[];
  private readonly numbers = new KeyNumbers();
  private readonly keys: Int32Array;
  private readonly into: Int32Array;

  constructor(
    private readonly tuples: Tuples,
    hierarchies: readonly Hierarchy[],
  ) {
    const digits = tuples.codes.map((codes, i) => digitsByLevel(codes, hierarchies[i]));
    this.radix = new MixedRadix(digits.map(({ radix }) => radix));
    this.worths = digits.map(({ levels }, i) => {
      const stride = this.radix.strideOf[i] ?? 1;
      return levels.map((digitOf) => digitOf.map((digit) => digit * stride));
    });
    this.keys = this.radix.zeros(tuples.count);
    this.into = new Int32Array(tuples.count);
  }

  /** The tuples as they are. */
  base(): Classes {
    const { count, codes, sizes, population, histograms } = this.tuples;
    const keys = this.radix.zeros(count);
    for (let column = 0; column < codes.length; column++) this.addWorths(keys, column, null, this.worths[column]?.[0]);
    const tuples = Int32Array.from({ length: count }, (_, i) => i);
    return { levels: new Uint8Array(codes.length), count, keys, tuples, sizes, population, histograms };
  }

  /** The classes of a node above that of `source`. */
  raise(source: Classes, levels: Uint8Array): Classes {
    const { lanes } = this.radix;
    const keys = this.keys.subarray(0, source.count * lanes);
    keys.set(source.keys);
    for (let column = 0; column < levels.length; column++) {
      const [from, to] = [source.levels[column] ?? 0, levels[column] ?? 0];
      if (from !== to) this.addWorths(keys, column, source.tuples, this.differences(column, from, to));
    }
    const count = this.numbers.number(keys, lanes, source.count, this.into);
    return {
      levels,
      count,
      keys: keys.slice(0, count * lanes),
      tuples: this.firstTuples(source.tuples, count),
      sizes: this.sums(source.sizes, count),
      population: source.population === null ? null : this.sums(source.population, count),
      histograms: source.histograms.map((histogram) => joinGroups(histogram, this.into, count)),
    };
  }

  /** The class of each tuple. */
  classOfTuples(base: Classes, levels: Uint8Array): { readonly classOf: Int32Array; readonly classes: Classes } {
    const classes = this.raise(base, levels);
    return { classOf: this.into.slice(), classes };
  }

  private addWorths(
    keys: Int32Array,
    column: number,
    tuples: Int32Array | null,
    worthOf: Int32Array | undefined,
  ): void {
    const codes = this.tuples.codes[column];
    if (codes === undefined || worthOf === undefined) return;
    const { lanes, laneOf } = this.radix;
    const count = tuples?.length ?? codes.length;
    let at = laneOf[column] ?? 0;
    if (tuples === null) {
      for (let i = 0; i < count; i++, at += lanes) keys[at] = (keys[at] ?? 0) + (worthOf[codes[i] ?? 0] ?? 0);
    } else {
      for (let i = 0; i < count; i++, at += lanes)
        keys[at] = (keys[at] ?? 0) + (worthOf[codes[tuples[i] ?? 0] ?? 0] ?? 0);
    }
  }

  private differences(column: number, from: number, to: number): Int32Array | undefined {
    const lower = this.worths[column]?.[from];
    return this.worths[column]?.[to]?.map((worth, code) => worth - (lower?.[code] ?? 0));
  }

  private firstTuples(tuples: Int32Array, count: number): Int32Array {
    const first = new Int32Array(count);
    for (let i = 0, next = 0; next < count; i++) {
      if (this.into[i] === next) first[next++] = tuples[i] ?? 0;
    }
    return first;
  }

  private sums(values: Int32Array, count: number): Int32Array {
    const sums = new Int32Array(count);
    const { into } = this;
    for (let i = 0; i < values.length; i++) {
      const group = into[i] ?? 0;
      sums[group] = (sums[group] ?? 0) + (values[i] ?? 0);
    }
    return sums;
  }
}

/** The groups of each level that occur, numbered without gaps, by code; and how many there are at most. */
function digitsByLevel(
  codes: Int32Array,
  hierarchy: Hierarchy | undefined,
): { readonly levels: readonly Int32Array[]; readonly radix: number } {
  const present = [...new Set(codes)].sort((a, b) => a - b);
  let radix = 1;
  const levels = (hierarchy?.levels ?? []).map(({ groupOf }) => {
    const digits = new Map<number, number>();
    const digitOf = new Int32Array(groupOf.length);
    for (const code of present) {
      const group = groupOf[code] ?? 0;
      const digit = digits.get(group) ?? digits.size;
      digits.set(group, digit);
      digitOf[code] = digit;
    }
    radix = Math.max(radix, digits.size);
    return digitOf;
  });
  return { levels, radix };
}
