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

/** Where what is known of classes is written. */
export interface Memory {
  /** So many integers, of any value, side by side. What was taken before may be written over then. */
  take(integers: number): Int32Array;
}

const OWN_MEMORY: Memory = { take: (integers) => new Int32Array(integers) };

/**
 * Joins classes when levels rise. A class keeps its key as a number, and a rise of a column's level adds to it what the
 * difference of the two digits is worth: by the code of any tuple of the class, whatever the levels of the other columns.
 */
export class RollUp {
  private readonly radix: MixedRadix;
  /** By column and level: the worth of each code's digit. */
  private readonly worths: readonly (readonly Int32Array[])[];
  private readonly numbers = new KeyNumbers();
  /** Of the node in hand, with room for all tuples: the keys, and of each class of the source the class that it becomes part of. */
  private readonly keys: Int32Array;
  private readonly into: Int32Array;
  /** By class: the first of the source's. */
  private readonly first: Int32Array;
  private readonly sizes: Int32Array;
  private readonly population: Int32Array;

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
    this.first = new Int32Array(tuples.count);
    this.sizes = new Int32Array(tuples.count);
    this.population = new Int32Array(tuples.population === null ? 0 : tuples.count);
  }

  /** The tuples as they are. */
  base(): Classes {
    const { count, codes, sizes, population, histograms } = this.tuples;
    const keys = this.radix.zeros(count);
    for (let column = 0; column < codes.length; column++) this.addWorths(keys, column, null, this.worths[column]?.[0]);
    const tuples = Int32Array.from({ length: count }, (_, i) => i);
    return { levels: new Uint8Array(codes.length), count, keys, tuples, sizes, population, histograms };
  }

  /**
   * The classes of a node above that of `source`.
   *
   * @param memory for the result; it may write over `source`
   */
  raise(source: Classes, levels: Uint8Array, memory: Memory = OWN_MEMORY): Classes {
    const { lanes } = this.radix;
    const keys = this.keys.subarray(0, source.count * lanes);
    keys.set(source.keys);
    for (let column = 0; column < levels.length; column++) {
      const [from, to] = [source.levels[column] ?? 0, levels[column] ?? 0];
      if (from !== to) this.addWorths(keys, column, source.tuples, this.differences(column, from, to));
    }
    const count = this.numbers.number(keys, lanes, source.count, this.into, this.first);
    return { levels, count, ...this.written(source, count, memory) };
  }

  /** Everything is read before memory is taken. */
  private written(source: Classes, count: number, memory: Memory): Omit<Classes, 'levels' | 'count'> {
    const histograms = source.histograms.map((histogram) => joinGroups(histogram, this.into, count));
    this.readTuples(source.tuples, count);
    const keys = this.keys.subarray(0, count * this.radix.lanes);
    const tuples = this.first.subarray(0, count);
    const sizes = this.sums(source.sizes, this.sizes, count);
    const population = source.population === null ? null : this.sums(source.population, this.population, count);
    const lengths = histograms.map(({ starts, codes }) => starts.length + 2 * codes.length);
    const own = keys.length + tuples.length + sizes.length + (population?.length ?? 0);
    const block = new Block(memory.take(lengths.reduce((sum, length) => sum + length, own)));
    return {
      keys: block.copy(keys),
      tuples: block.copy(tuples),
      sizes: block.copy(sizes),
      population: population === null ? null : block.copy(population),
      histograms: histograms.map(({ values, starts, codes, counts }) => ({
        values,
        starts: block.copy(starts),
        codes: block.copy(codes),
        counts: block.copy(counts),
      })),
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

  /** In place of the first classes of the source, their tuples. */
  private readTuples(tuples: Int32Array, count: number): void {
    const { first } = this;
    for (let i = 0; i < count; i++) first[i] = tuples[first[i] ?? 0] ?? 0;
  }

  private sums(values: Int32Array, sums: Int32Array, count: number): Int32Array {
    const { into } = this;
    sums.fill(0, 0, count);
    for (let i = 0; i < values.length; i++) {
      const group = into[i] ?? 0;
      sums[group] = (sums[group] ?? 0) + (values[i] ?? 0);
    }
    return sums.subarray(0, count);
  }
}

/** Memory that is filled from the front. */
class Block {
  private used = 0;

  constructor(private readonly memory: Int32Array) {}

  copy(part: Int32Array): Int32Array {
    const copy = this.memory.subarray(this.used, this.used + part.length);
    copy.set(part);
    this.used += part.length;
    return copy;
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
