import type { Branches, Dimension } from './dimension.js';
import type { MedianFinder } from './median.js';
import type { MondrianMode } from './options.js';
import type { Stretch } from './records.js';

/** A way to part the records of a partition by one dimension. */
export interface Cut {
  /** The highest rank of every part but the last, ascending. */
  readonly boundaries: readonly number[];
  /** Records in each part, the last included. */
  readonly sizes: readonly number[];
  /** Where records with the boundary's rank are on both sides of it: how many are below them, missing ones included. Else null. */
  readonly below: number | null;
}

/** Records side by side whose ranks in one dimension are between `low` and `high`. */
export interface RankedStretch extends Stretch {
  readonly ranks: Int32Array;
  readonly low: number;
  readonly high: number;
}

/**
 * The cuts of a dimension, the one to be tried first in front: missing values from all others; then along the hierarchy, or at the
 * median, where missing values stay with the lowest others.
 */
export function cutsOf(
  dimension: Dimension,
  stretch: RankedStretch,
  mode: MondrianMode,
  finder: MedianFinder,
): readonly Cut[] {
  if (stretch.low > 0) return presentCuts(dimension, stretch, stretch.low, 0, mode, finder);
  const { missing, lowest } = presenceIn(stretch);
  const size = stretch.end - stretch.start;
  if (missing === size) return [];
  const others = presentCuts(dimension, stretch, lowest, missing, mode, finder);
  return missing === 0 ? others : [{ boundaries: [0], sizes: [missing, size - missing], below: null }, ...others];
}

/** @param lowest the lowest rank but 0, or one below it */
function presentCuts(
  dimension: Dimension,
  stretch: RankedStretch,
  lowest: number,
  missing: number,
  mode: MondrianMode,
  finder: MedianFinder,
): readonly Cut[] {
  if (lowest === stretch.high) return [];
  const branches = dimension.branches(lowest, stretch.high);
  if (branches !== null) return branchCut(stretch, lowest, missing, branches);
  return medianCuts(stretch, lowest, missing, mode, finder);
}

function presenceIn({ ranks, start, end, high }: RankedStretch): { readonly missing: number; readonly lowest: number } {
  let missing = 0;
  let lowest = high;
  for (let i = start; i < end; i++) {
    const rank = ranks[i] ?? 0;
    if (rank === 0) missing++;
    else if (rank < lowest) lowest = rank;
  }
  return { missing, lowest };
}

/** One part for each branch that has records. */
function branchCut(
  { ranks, start, end, high }: RankedStretch,
  lowest: number,
  missing: number,
  { branchOf, lastOf }: Branches,
): readonly Cut[] {
  const first = branchOf[lowest] ?? 0;
  const last = branchOf[high] ?? 0;
  const counts = new Int32Array(lastOf.length);
  for (let i = start; i < end; i++) {
    const branch = branchOf[ranks[i] ?? 0] ?? 0;
    counts[branch] = (counts[branch] ?? 0) + 1;
  }
  // Rank 0 was counted in the first branch of all, and stays with the first that is here.
  counts[0] = (counts[0] ?? 0) - missing;
  counts[first] = (counts[first] ?? 0) + missing;
  const boundaries: number[] = [];
  const sizes: number[] = [];
  for (let branch = first; branch <= last; branch++) {
    const size = counts[branch] ?? 0;
    if (size === 0) continue;
    boundaries.push(lastOf[branch] ?? 0);
    sizes.push(size);
  }
  boundaries.pop();
  return sizes.length < 2 ? [] : [{ boundaries, sizes, below: null }];
}

/**
 * Strict: the median stays whole, so the cut is above or below it, first where the parts are more alike. Relaxed: between the two records
 * in the middle (LeFevre et al. 2006, sections 3.2 and 3.3).
 */
function medianCuts(
  { ranks, start, end, high }: RankedStretch,
  lowest: number,
  missing: number,
  mode: MondrianMode,
  finder: MedianFinder,
): readonly Cut[] {
  const size = end - start;
  const { rank, below, equal } = finder.middleOf(ranks, start, end, lowest, high);
  if (mode === 'relaxed') {
    const left = (size - missing) >> 1;
    return [{ boundaries: [rank], sizes: [missing + left, size - missing - left], below: missing + below }];
  }
  const under = missing + below;
  const upTo = under + equal;
  const above: Cut = { boundaries: [rank], sizes: [upTo, size - upTo], below: null };
  // No rank lies between the one below and this one, so the part may end just below it.
  const beneath: Cut = { boundaries: [rank - 1], sizes: [under, size - under], below: null };
  const isAboveFirst = Math.abs(2 * upTo - size) <= Math.abs(2 * under - size);
  // Where nothing is above, or below, there is no such cut; missing values alone were the first.
  if (upTo === size) return below > 0 ? [beneath] : [];
  if (below === 0) return [above];
  return isAboveFirst ? [above, beneath] : [beneath, above];
}
