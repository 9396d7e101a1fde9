import { resolve } from 'node:path';
import { printLine, type Io } from '../io.js';
import { oneLine } from '../print/text.js';

export interface SetupFlags {
  readonly gpu?: true;
  readonly from?: string;
  readonly remove?: true;
  readonly python: string;
  readonly quiet?: true;
  readonly json?: true;
}

export const STOPPING = 'Stopping; press Ctrl-C again to stop at once.';

/** A path is the user's, from where they are; a name is looked up by the system. */
export function pythonOf({ python }: SetupFlags, io: Io): string {
  return /[\\/]/.test(python) ? resolve(io.cwd, python) : python;
}

/** Prints what is under way, one line each. */
export function teller({ quiet }: SetupFlags, io: Io): (line: string) => void {
  return (line) => {
    if (!quiet) printLine(io.stderr, oneLine(line));
  };
}

export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
