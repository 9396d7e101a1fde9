import type { LossTrace } from './result.js';

/** A trace that still grows. */
export interface GrowingTrace extends LossTrace {
  readonly path: number[];
}

/** The trace with one more iterate; begun anew where there is none. */
export function observed(trace: GrowingTrace | null, now: number): GrowingTrace {
  if (trace === null) return { start: now, end: now, best: now, path: [now] };
  trace.path.push(now);
  return { start: trace.start, end: now, best: Math.max(trace.best, now), path: trace.path };
}
