/** Where the middle of some ranks lies. */
export interface Middle {
  /** The lower median. */
  readonly rank: number;
  readonly below: number;
  readonly equal: number;
}

/** A range at most this many times as long as the ranks are many is counted, a longer one is searched. */
const SPARSE = 4;

/** Finds medians with the same memory again and again. */
export class MedianFinder {
  private readonly counts: Int32Array;
  private readonly scratch: Int32Array;

  constructor(longest: number, highest: number) {
    this.counts = new Int32Array(Math.min(SPARSE * longest, highest) + 1);
    this.scratch = new Int32Array(longest);
  }

  /** Of the ranks from `start` to before `end` that are at least `low`; at least one is, and none is above `high`. */
  middleOf(ranks: Int32Array, start: number, end: number, low: number, high: number): Middle {
    const isDense = high - low <= SPARSE * (end - start);
    return isDense ? this.byCounting(ranks, start, end, low, high) : this.bySelection(ranks, start, end, low);
  }

  private byCounting(ranks: Int32Array, start: number, end: number, low: number, high: number): Middle {
    const counts = this.counts.fill(0, 0, high - low + 1);
    let within = 0;
    for (let i = start; i < end; i++) {
      const place = (ranks[i] ?? 0) - low;
      if (place < 0) continue;
      counts[place] = (counts[place] ?? 0) + 1;
      within++;
    }
    const half = (within + 1) >> 1;
    let place = 0;
    let below = 0;
    while (below + (counts[place] ?? 0) < half) below += counts[place++] ?? 0;
    return { rank: low + place, below, equal: counts[place] ?? 0 };
  }

  private bySelection(ranks: Int32Array, start: number, end: number, low: number): Middle {
    let within = 0;
    for (let i = start; i < end; i++) {
      const rank = ranks[i] ?? 0;
      if (rank >= low) this.scratch[within++] = rank;
    }
    const values = this.scratch.subarray(0, within);
    const rank = select(values, (within - 1) >> 1);
    let below = 0;
    let equal = 0;
    for (const value of values) {
      if (value < rank) below++;
      else if (value === rank) equal++;
    }
    return { rank, below, equal };
  }
}

/** Hoare's quickselect with the middle as pivot: the value that would stand at `position` in ascending order. */
function select(values: Int32Array, position: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[(left + right) >> 1] ?? 0;
    let i = left;
    let j = right;
    while (i <= j) {
      while ((values[i] ?? 0) < pivot) i++;
      while ((values[j] ?? 0) > pivot) j--;
      if (i > j) break;
      const value = values[i] ?? 0;
      values[i++] = values[j] ?? 0;
      values[j--] = value;
    }
    if (position <= j) right = j;
    else if (position >= i) left = i;
    else break;
  }
  return values[position] ?? 0;
}
