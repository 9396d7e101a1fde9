import { AssayError } from '#base/errors';
import type { ClassJudge } from './class-judge.js';
import { FrontierLog } from './frontier.js';
import type { Metric } from './metrics.js';
import type { Snapshots } from './snapshots.js';
import { totalOf } from './space.js';

/** A node that was counted. */
export interface Visit {
  readonly levels: Uint8Array;
  readonly score: number;
  readonly suppressed: number;
  /** Whether no more records are suppressed than may be. */
  readonly valid: boolean;
  /** Whether that says that no node below it is valid either. */
  readonly invalidBelow: boolean;
}

export interface Rules {
  /** The most records that may be suppressed. */
  readonly allowed: number;
  /** Whether all models are monotone. */
  readonly monotone: boolean;
  /** Whether any node can say that nothing below it is valid. */
  readonly tagging: boolean;
  readonly metric: Metric;
  /** What the frontier is drawn with. */
  readonly loss: Metric;
}

/** Where a search ends before it is done. The clock decides only where `milliseconds` is given, and makes what is found depend on it. */
export interface Limits {
  /** Nodes that are counted. */
  readonly steps?: number | undefined;
  readonly milliseconds?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

const BREATH_MILLISECONDS = 40;

/** Counts nodes, remembers the best, and lets others have the processor now and then. */
export class Explorer {
  readonly frontier: FrontierLog;
  best: Visit | null = null;
  /** The node with the fewest suppressed records, where none is valid. */
  nearest: Visit | null = null;
  private readonly began = performance.now();
  private breathed = performance.now();

  constructor(
    private readonly snapshots: Snapshots,
    private readonly judge: ClassJudge,
    readonly rules: Rules,
    readonly limits: Limits,
    columns: number,
  ) {
    this.frontier = new FrontierLog(columns);
  }

  get steps(): number {
    return this.frontier.count;
  }

  visit(levels: Uint8Array): Visit {
    const { metric, loss, allowed, monotone } = this.rules;
    const count = this.judge.count(this.snapshots.classesAt(levels), allowed);
    const { suppressed, lost } = count;
    const valid = suppressed <= allowed;
    // Joining makes more classes fail only where one that fails can spoil another: never of models that absorb, and never of monotone
    // ones where nothing fails.
    const invalidBelow = lost > allowed || (monotone && allowed === 0 && !valid);
    const visit = { levels, score: metric.score(levels, count), suppressed, valid, invalidBelow };
    this.frontier.add({
      levels,
      loss: loss.value(loss.score(levels, { ...count, surcharges: count.lossSurcharges })),
      suppressed,
      smallestClass: count.smallest,
      valid,
    });
    if (valid && (this.best === null || isBetter(visit, this.best))) this.best = visit;
    if (this.nearest === null || suppressed < this.nearest.suppressed) this.nearest = visit;
    return visit;
  }

  /**
   * Why the search has to end here; null where it goes on.
   *
   * @throws AssayError `interrupted` where the signal says so
   */
  async breathe(done: number, total: number): Promise<string | null> {
    const { steps = Infinity, milliseconds = Infinity, signal, progress } = this.limits;
    if (this.steps >= steps) return `after ${steps} nodes`;
    const now = performance.now();
    if (now - this.breathed >= BREATH_MILLISECONDS) {
      progress?.(done, total);
      await new Promise((resolve) => setImmediate(resolve));
      this.breathed = performance.now();
    }
    if (signal?.aborted === true)
      throw new AssayError('interrupted', { what: 'the search for a generalization was stopped' });
    return now - this.began >= milliseconds ? `after ${milliseconds} ms` : null;
  }
}

/** By score, then by fewer suppressed records, then by lower levels in total, then by lower levels of the first columns. */
export function isBetter(a: Visit, b: Visit): boolean {
  if (a.score !== b.score) return a.score < b.score;
  if (a.suppressed !== b.suppressed) return a.suppressed < b.suppressed;
  const totals = totalOf(a.levels) - totalOf(b.levels);
  if (totals !== 0) return totals < 0;
  const column = a.levels.findIndex((level, i) => level !== b.levels[i]);
  return column >= 0 && (a.levels[column] ?? 0) < (b.levels[column] ?? 0);
}
