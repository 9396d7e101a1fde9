import type { Attribution } from '#plugin/explainer';
import type { AgreementPair } from '#report/explanation';
import { onGround, partitionOf, type Ground } from './ground.js';

/** An attribution and who made it. */
export interface Attributed {
  readonly id: string;
  readonly attribution: Attribution;
}

/** How far attributions agree about what matters, pair by pair; pure. Signs are left out: some methods have none. */
export function agreementOf(attributed: readonly Attributed[], ground: Ground): AgreementPair[] {
  const projected = new Map<Ground, Map<string, Ranked>>();
  const on = ({ id, attribution }: Attributed, common: Ground): Ranked => {
    const known = projected.get(common) ?? new Map<string, Ranked>();
    projected.set(common, known);
    const ranked = known.get(id) ?? rankedOf(onGround(attribution, common));
    known.set(id, ranked);
    return ranked;
  };
  return attributed.flatMap((a, i) =>
    attributed.slice(i + 1).map((b) => {
      const common = coarsest([ground, partitionOf(a.attribution), partitionOf(b.attribution)]);
      const k = topOf(common.names.length);
      const [first, second] = [on(a, common), on(b, common)];
      return {
        ...{ a: a.id, b: b.id, features: common.names.length, k },
        spearman: correlation(first.ranks, second.ranks),
        jaccard: jaccard(largest(first.sizes, k), largest(second.sizes, k)),
      };
    }),
  );
}

/** How many of the features count as the first ones: a tenth, of a few features five, and never more than half. */
export function topOf(features: number): number {
  return Math.max(1, Math.ceil(features / 10), Math.min(5, Math.floor(features / 2)));
}

interface Ranked {
  /** Absolute values. */
  readonly sizes: Float64Array;
  readonly ranks: Float64Array;
}

function rankedOf(values: Float64Array): Ranked {
  const sizes = values.map(Math.abs);
  return { sizes, ranks: averageRanks(sizes) };
}

function coarsest(grounds: readonly (Ground | null)[]): Ground {
  const known = grounds.filter((ground) => ground !== null);
  return known.reduce((best, ground) => (ground.names.length < best.names.length ? ground : best));
}

/** 1 for the smallest; equal values share the mean of their ranks. */
export function averageRanks(values: Float64Array): Float64Array {
  const order = Int32Array.from(values, (_, i) => i).sort((a, b) => (values[a] ?? NaN) - (values[b] ?? NaN));
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    const value = values[order[start] ?? 0];
    let end = start + 1;
    while (end < order.length && values[order[end] ?? 0] === value) end++;
    for (let i = start; i < end; i++) ranks[order[i] ?? 0] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

/** Pearson's, of ranks Spearman's; null where one side is the same everywhere. */
export function correlation(a: Float64Array, b: Float64Array): number | null {
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [(a[i] ?? NaN) - meanA, (b[i] ?? NaN) - meanB];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb))) : null;
}

/** The features with the `k` largest values, and those that equal the last of them; none that are 0. */
export function largest(sizes: Float64Array, k: number): ReadonlySet<number> {
  const sorted = sizes.slice().sort();
  const least = sorted[sorted.length - k] ?? 0;
  const chosen = new Set<number>();
  for (let i = 0; i < sizes.length; i++) {
    const size = sizes[i] ?? 0;
    if (size > 0 && size >= least) chosen.add(i);
  }
  return chosen;
}

/** Those in both by those in either; null where there are none. */
export function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number | null {
  let both = 0;
  for (const item of a) if (b.has(item)) both++;
  const either = a.size + b.size - both;
  return either === 0 ? null : both / either;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
