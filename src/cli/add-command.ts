import type { Command } from 'commander';
import type { ExitCode } from '#pipeline/exit-codes';
import type { Io } from './io.js';

/** Adds one command; `finish` takes the code that the process ends with. */
export type AddCommand = (program: Command, io: Io, finish: (code: ExitCode) => void) => void;
