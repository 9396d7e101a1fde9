import type { RankedPart } from './cuts.js';

/** Where the middle of some rows lies. */
export interface Middle {
  /** The lower median of their ranks. */
  readonly rank: number;
  readonly below: number;
  readonly equal: number;
}

/** A range at most this many times as long as the records are many is counted, a longer one is searched. */
const SPARSE = 4;

/** Finds medians with the same memory again and again. */
export class MedianFinder {
  private readonly counts: Int32Array;
  /** Records to select from, side by side: the ranks, and what each weighs. */
  private readonly ranks: Int32Array;
  private readonly weights: Int32Array;

  constructor(longest: number, highest: number) {
    this.counts = new Int32Array(Math.min(SPARSE * longest, highest) + 1);
    // With more records than that, every range is counted.
    const selected = Math.min(longest, Math.ceil(highest / SPARSE));
    this.ranks = new Int32Array(selected);
    this.weights = new Int32Array(selected);
  }

  /** Of the rows whose ranks are at least `low`; there is at least one. */
  middleOf(part: RankedPart, low: number): Middle {
    const isDense = part.high - low <= SPARSE * (part.end - part.start);
    return isDense ? this.byCounting(part, low) : this.bySelection(part, low);
  }

  private byCounting(part: RankedPart, low: number): Middle {
    const { counts } = this;
    clear(counts, part.high - low + 1);
    const half = (this.count(part, low) + 1) >> 1;
    let place = 0;
    let below = 0;
    while (below + (counts[place] ?? 0) < half) below += counts[place++] ?? 0;
    return { rank: low + place, below, equal: counts[place] ?? 0 };
  }

  /** Counts rows by rank; a function of its own as `tally` is. @returns how many there are from `low` on */
  private count({ ranks, weights, start, end }: RankedPart, low: number): number {
    const { counts } = this;
    const { words, shift, mask } = ranks;
    let within = 0;
    for (let i = start; i < end; i++) {
      const place = (((words[i] ?? 0) >>> shift) & mask) - low;
      if (place < 0) continue;
      const weight = weights[i] ?? 0;
      counts[place] = (counts[place] ?? 0) + weight;
      within += weight;
    }
    return within;
  }

  private bySelection({ ranks, weights, start, end }: RankedPart, low: number): Middle {
    const { words, shift, mask } = ranks;
    let count = 0;
    let within = 0;
    for (let i = start; i < end; i++) {
      const rank = ((words[i] ?? 0) >>> shift) & mask;
      if (rank < low) continue;
      const weight = weights[i] ?? 0;
      this.ranks[count] = rank;
      this.weights[count++] = weight;
      within += weight;
    }
    const rank = this.select(count, (within + 1) >> 1);
    let below = 0;
    let equal = 0;
    for (let i = 0; i < count; i++) {
      if ((this.ranks[i] ?? 0) < rank) below += this.weights[i] ?? 0;
      else if (this.ranks[i] === rank) equal += this.weights[i] ?? 0;
    }
    return { rank, below, equal };
  }

  /** Hoare's quickselect with the middle record as pivot, by weight: the lowest rank such that it and those below weigh `half`. */
  private select(count: number, half: number): number {
    const { ranks } = this;
    let left = 0;
    let right = count - 1;
    let below = 0;
    while (left < right) {
      const pivot = ranks[(left + right) >> 1] ?? 0;
      let i = left;
      let j = right;
      while (i <= j) {
        while ((ranks[i] ?? 0) < pivot) i++;
        while ((ranks[j] ?? 0) > pivot) j--;
        if (i <= j) this.swap(i++, j--);
      }
      // Up to j none is above the pivot, from i on none is below it, and what lies between is equal to it.
      const upToJ = below + this.weigh(left, j);
      const beforeI = upToJ + this.weigh(j + 1, i - 1);
      if (half <= upToJ) right = j;
      else if (half <= beforeI) return pivot;
      else {
        left = i;
        below = beforeI;
      }
    }
    return ranks[left] ?? 0;
  }

  private swap(i: number, j: number): void {
    const { ranks, weights } = this;
    const [rank, weight] = [ranks[i] ?? 0, weights[i] ?? 0];
    ranks[i] = ranks[j] ?? 0;
    weights[i] = weights[j] ?? 0;
    ranks[j] = rank;
    weights[j] = weight;
  }

  private weigh(from: number, to: number): number {
    let sum = 0;
    for (let i = from; i <= to; i++) sum += this.weights[i] ?? 0;
    return sum;
  }
}

/** Most ranges are short, for which `fill` takes longer. */
function clear(counts: Int32Array, count: number): void {
  for (let i = 0; i < count; i++) counts[i] = 0;
}
