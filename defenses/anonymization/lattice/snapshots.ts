import type { Classes, RollUp } from './classes.js';

/** From so many classes on, columns are raised one after the other, and what comes out between is kept for the nodes that follow. */
const STEPWISE_FROM = 512;
/** More would take longer to look through than they save. */
const MOST_KEPT = 1024;

/** Classes of nodes that were passed, within a limit of bytes: the node to count next is raised from the smallest of them below it. */
export class Snapshots {
  private readonly kept: { readonly classes: Classes; usedAt: number }[] = [];
  private readonly order: readonly number[];
  private bytes = 0;
  private clock = 0;

  /**
   * @param base is kept always, and not counted
   * @param limit of the bytes of all others
   */
  constructor(
    private readonly rollUp: RollUp,
    readonly base: Classes,
    private readonly limit: number,
    spreadOf: readonly number[],
  ) {
    // Columns of the widest spread first: raising them joins the most.
    this.order = spreadOf.map((_, i) => i).sort((a, b) => (spreadOf[b] ?? 0) - (spreadOf[a] ?? 0) || a - b);
  }

  classesAt(levels: Uint8Array): Classes {
    let source = this.smallestBelow(levels);
    for (const column of this.order) {
      if (source.count < STEPWISE_FROM) break;
      if (source.levels[column] === levels[column]) continue;
      const next = source.levels.slice();
      next[column] = levels[column] ?? 0;
      source = this.rollUp.raise(source, next);
      this.keep(source);
    }
    return sameLevels(source.levels, levels) ? source : this.rollUp.raise(source, levels);
  }

  private smallestBelow(levels: Uint8Array): Classes {
    this.clock += 1;
    let found: (typeof this.kept)[number] | undefined;
    let least = this.base.count;
    for (const entry of this.kept) {
      if (entry.classes.count < least && isBelow(entry.classes.levels, levels)) {
        found = entry;
        least = entry.classes.count;
      }
    }
    if (found === undefined) return this.base;
    found.usedAt = this.clock;
    return found.classes;
  }

  private keep(classes: Classes): void {
    const bytes = bytesOf(classes);
    if (bytes > this.limit) return;
    this.bytes += bytes;
    this.kept.push({ classes, usedAt: this.clock });
    while (this.bytes > this.limit || this.kept.length > MOST_KEPT) this.drop();
  }

  private drop(): void {
    let oldest = 0;
    for (let i = 1; i < this.kept.length; i++) {
      if ((this.kept[i]?.usedAt ?? 0) < (this.kept[oldest]?.usedAt ?? 0)) oldest = i;
    }
    const [dropped] = this.kept.splice(oldest, 1);
    if (dropped !== undefined) this.bytes -= bytesOf(dropped.classes);
  }
}

function isBelow(lower: Uint8Array, upper: Uint8Array): boolean {
  for (let i = 0; i < lower.length; i++) if ((lower[i] ?? 0) > (upper[i] ?? 0)) return false;
  return true;
}

function sameLevels(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function bytesOf({ keys, tuples, sizes, population, histograms }: Classes): number {
  const entries = histograms.reduce(
    (sum, { codes, counts, starts }) => sum + codes.length + counts.length + starts.length,
    0,
  );
  return 4 * (keys.length + tuples.length + sizes.length + (population?.length ?? 0) + entries);
}
