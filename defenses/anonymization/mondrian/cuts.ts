import type { Branches, Dimension } from './dimension.js';
import { MedianFinder } from './median.js';
import type { MondrianMode } from './options.js';
import type { Field, RankedStretch, Stretch } from './records.js';

/** A way to part the records of a partition by one dimension. */
export interface Cut {
  /** The highest rank of every part but the last, ascending. */
  readonly boundaries: readonly number[];
  /** Rows in each part, the last included. */
  readonly sizes: readonly number[];
  /** Whether rows with the boundary's rank are on both sides of it. */
  readonly isShared: boolean;
}

/** A partition. */
export interface Part extends Stretch {
  /** Rows of the table. */
  readonly size: number;
}

/** A partition as it is in one dimension. */
export interface RankedPart extends Part, RankedStretch {
  /** By place: how many rows of the table are there. */
  readonly weights: Int32Array;
}

const NONE: readonly Cut[] = [];

/** Finds cuts with the same memory again and again. */
export class CutFinder {
  private readonly medians: MedianFinder;
  private readonly counts: Int32Array;

  /**
   * @param leastSize cuts with a smaller part are left out
   * @param longest how many records there are at most
   * @param highest no rank is above it
   */
  constructor(
    private readonly mode: MondrianMode,
    private readonly leastSize: number,
    longest: number,
    highest: number,
  ) {
    this.medians = new MedianFinder(longest, highest);
    this.counts = new Int32Array(highest + 1);
  }

  /**
   * The cuts of a dimension, the one to be tried first in front: missing values from all others; then along the hierarchy, or at the
   * median, where missing values stay with the lowest others.
   */
  cutsOf(dimension: Dimension, part: RankedPart): readonly Cut[] {
    if (part.low > 0) return this.presentCuts(dimension, part, part.low, 0);
    const { missing, lowest } = presenceIn(part);
    if (missing === part.size) return NONE;
    const others = this.presentCuts(dimension, part, lowest, missing);
    return missing === 0 ? others : [...this.cutAt(0, missing, part.size), ...others];
  }

  /**
   * Whether no part of the records can ever be cut in a dimension that has no cut for them: sizes have ruled out both boundaries of
   * the median, every other leaves a part that is smaller still, and fewer records make no part larger. A branch that is too small
   * may be empty later, and what is missing may no longer be there: then it may come to a cut after all.
   */
  isHopeless(dimension: Dimension, { low }: RankedPart): boolean {
    return this.mode === 'strict' && dimension.isCutAtMedian && low > 0;
  }

  /** @param lowest the lowest rank but 0, or one below it */
  private presentCuts(dimension: Dimension, part: RankedPart, lowest: number, missing: number): readonly Cut[] {
    if (lowest === part.high) return NONE;
    if (dimension.isCutAtMedian) return this.medianCuts(part, lowest, missing);
    const branches = dimension.branches(lowest, part.high);
    return branches === null ? NONE : this.branchCut(part, lowest, missing, branches);
  }

  /** One part for each branch that has records. */
  private branchCut(
    { ranks, weights, start, end, high }: RankedPart,
    lowest: number,
    missing: number,
    { branchOf, lastOf }: Branches,
  ): readonly Cut[] {
    const first = branchOf[lowest] ?? 0;
    const last = branchOf[high] ?? 0;
    const { counts } = this;
    for (let branch = first; branch <= last; branch++) counts[branch] = 0;
    tally(ranks, weights, start, end, branchOf, counts);
    // Rank 0 is counted in the first branch of all, and stays with the first that is here.
    if (first > 0) counts[first] = (counts[first] ?? 0) + missing;
    const boundaries: number[] = [];
    const sizes: number[] = [];
    for (let branch = first; branch <= last; branch++) {
      const size = counts[branch] ?? 0;
      if (size === 0) continue;
      if (size < this.leastSize) return NONE;
      boundaries.push(lastOf[branch] ?? 0);
      sizes.push(size);
    }
    boundaries.pop();
    return sizes.length < 2 ? NONE : [{ boundaries, sizes, isShared: false }];
  }

  /**
   * Strict: the median stays whole, so the cut is above or below it, first where the parts are more alike. Relaxed: between the two
   * rows in the middle (LeFevre et al. 2006, sections 3.2 and 3.3).
   */
  private medianCuts(part: RankedPart, lowest: number, missing: number): readonly Cut[] {
    const { size } = part;
    const { rank, below, equal } = this.medians.middleOf(part, lowest);
    if (this.mode === 'relaxed') return this.cutAt(rank, missing + ((size - missing) >> 1), size, true);
    const under = missing + below;
    const upTo = under + equal;
    const above = this.cutAt(rank, upTo, size);
    // Where nothing is below but missing values, that cut was the first.
    if (below === 0) return above;
    // No rank lies between the one below and this one, so the part may end just below it.
    const beneath = this.cutAt(rank - 1, under, size);
    if (above.length === 0) return beneath;
    if (beneath.length === 0) return above;
    return Math.abs(2 * upTo - size) <= Math.abs(2 * under - size) ? [...above, ...beneath] : [...beneath, ...above];
  }

  /** Two parts, the first of so many rows, unless one is too small. */
  private cutAt(boundary: number, first: number, size: number, isShared = false): readonly Cut[] {
    const second = size - first;
    if (first < this.leastSize || second < this.leastSize) return NONE;
    return [{ boundaries: [boundary], sizes: [first, second], isShared }];
  }
}

/**
 * Adds up the weights of each branch. It does nothing else, as the runtime compiles it in the midst of its first long loop: it would know
 * nothing then of what follows a loop, and fall back to the interpreter there at each of thousands of calls (measured: a twentieth of all time).
 */
function tally(
  { words, shift, mask }: Field,
  weights: Int32Array,
  start: number,
  end: number,
  branchOf: Int32Array,
  counts: Int32Array,
): void {
  for (let i = start; i < end; i++) {
    const branch = branchOf[((words[i] ?? 0) >>> shift) & mask] ?? 0;
    counts[branch] = (counts[branch] ?? 0) + (weights[i] ?? 0);
  }
}

function presenceIn({ ranks, weights, start, end, high }: RankedPart): {
  readonly missing: number;
  readonly lowest: number;
} {
  const { words, shift, mask } = ranks;
  let missing = 0;
  let lowest = high;
  for (let i = start; i < end; i++) {
    const rank = ((words[i] ?? 0) >>> shift) & mask;
    if (rank === 0) missing += weights[i] ?? 0;
    else if (rank < lowest) lowest = rank;
  }
  return { missing, lowest };
}
