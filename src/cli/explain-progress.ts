import type { ExplainEvent } from '#pipeline/explaining/decision';
import { formatDuration } from '#reports/format';
import { printLine, type Io } from './io.js';
import { beginning, further } from './pace.js';
import { oneLine } from './print/text.js';
import { howFar, LINE_MS, type ProgressOptions } from './progress.js';

/** Listens to an explanation and says on stderr what it does, and of what takes long how far it is. */
export interface ExplainProgress {
  readonly on: (event: ExplainEvent) => void;
  /** Leaves the terminal as it was found: call it however the explanation ended. */
  readonly end: () => void;
}

/** On a terminal under a last line that is written anew, elsewhere in one more line a minute; nothing when quiet. */
export function explainProgressOn(io: Io, { quiet, lines }: ProgressOptions): ExplainProgress {
  if (quiet) return { on: () => undefined, end: () => undefined };
  const clear = () => lines?.clear();
  const say = (line: string) => {
    clear();
    printLine(io.stderr, line);
  };
  let pace = beginning;
  let saidAt = Date.now();
  const on = (event: ExplainEvent) => {
    const now = Date.now();
    switch (event.kind) {
      case 'explainer-started':
        [pace, saidAt] = [beginning, now];
        say(`[${event.position}/${event.total}] ${event.id}`);
        break;
      case 'progress': {
        pace = further(pace, event.done, now);
        const line = `      ${event.id}: ${howFar(event, pace, now)}`;
        if (lines !== null) lines(line);
        else if (now - saidAt >= LINE_MS) {
          saidAt = now;
          say(line);
        }
        break;
      }
      case 'explainer-finished': {
        const how = event.error === null ? 'done' : `error: ${oneLine(event.error)}`;
        say(`      ${event.id}: ${how} after ${formatDuration(event.seconds)}`);
        break;
      }
      case 'written':
        break;
    }
  };
  return { on, end: clear };
}
