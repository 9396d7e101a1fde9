import { closeSync, existsSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onDisk } from './atomic.js';

/** What a run asked an endpoint or module for, on disk before it asks. */
export interface QueryLedger {
  /** Rows of the budget that are left; null where there is no budget. */
  left(): number | null;
  /** Writes rows down as asked for, and says so; false, and nothing is written, where the budget has not so many left. */
  take(rows: number, by: string): boolean;
}

const NAME = 'queries.jsonl';

/**
 * The ledger of a run folder. It only grows: what was asked before a kill stays asked, so that no resuming ever passes the budget.
 */
export function queryLedger(runFolder: string, budget: number | undefined): QueryLedger {
  const path = join(runFolder, NAME);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  let spent = rowsIn(text);
  // A torn line must not swallow the next one.
  let start = text === '' || text.endsWith('\n') ? '' : '\n';
  const left = () => (budget === undefined ? null : budget - spent);
  return {
    left,
    take(rows, by) {
      if (rows > (left() ?? Infinity)) return false;
      append(path, `${start}${JSON.stringify({ by, rows })}\n`);
      start = '';
      spent += rows;
      return true;
    },
  };
}

/** A torn last line stands for rows that nobody was allowed to ask for. */
function rowsIn(text: string): number {
  const lines = text.split('\n').slice(0, -1);
  return lines.reduce((sum, line) => sum + rowsOf(line), 0);
}

function rowsOf(line: string): number {
  try {
    const { rows } = JSON.parse(line) as { readonly rows?: unknown };
    return typeof rows === 'number' && rows > 0 ? rows : 0;
  } catch {
    return 0;
  }
}

function append(path: string, line: string): void {
  onDisk(path, () => {
    const file = openSync(path, 'a');
    try {
      writeSync(file, line);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  });
}
