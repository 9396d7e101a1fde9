/** How fast a cell went of late: moments and what was done by then, the first of them the oldest that still counts. */
export type Pace = readonly Moment[];

interface Moment {
  /** Milliseconds. */
  readonly at: number;
  readonly done: number;
}

export const beginning: Pace = [];

/** What was before says little: checkpoints that are read again come fast, and work of another kind has another pace. */
const WINDOW_MS = 120_000;
/** Events may come by the thousand. */
const APART_MS = 500;
/** Less is too little to tell from. */
const SEEN_MS = 2000;

/** A pace with one more event. What was done when the first came (a resumed cell begins far on) does not count. */
export function further(pace: Pace, done: number, now: number): Pace {
  if (pace.length === 0) return [{ at: now, done }];
  const before = pace.at(-2);
  // The last moment moves on as long as it is close to the one before.
  const kept = before !== undefined && now - before.at < APART_MS ? pace.slice(0, -1) : pace;
  const moments = [...kept, { at: now, done }];
  const oldest = moments.findLastIndex(({ at }, i) => at <= now - WINDOW_MS && i < moments.length - 1);
  return oldest <= 0 ? moments : moments.slice(oldest);
}

/** Seconds until `left` more is done at this pace; null as long as nobody can tell. */
export function secondsLeft(pace: Pace, left: number, now: number): number | null {
  const [first, last] = [pace[0], pace.at(-1)];
  if (first === undefined || last === undefined || left <= 0) return null;
  const milliseconds = last.at - first.at;
  if (milliseconds < SEEN_MS || last.done <= first.done) return null;
  const each = milliseconds / (last.done - first.done);
  return Math.max(0, each * left - (now - last.at)) / 1000;
}
