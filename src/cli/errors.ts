import { CommanderError } from 'commander';
import { AssayError, messageOf } from '#base/errors';
import { EXIT, exitCodeOf, type ExitCode } from '#pipeline/exit-codes';
import { printLine, type Io } from './io.js';
import { oneLine } from './print/text.js';

/** Says in one sentence why a command ended, and gives the exit code. */
export function reportError(thrown: unknown, io: Io): ExitCode {
  // Commander has printed its own sentence, through `usageSentence`; its exit codes do not leave this file.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.passed : EXIT.badInput;
  printLine(io.stderr, `assay: ${oneLine(sentenceOf(thrown))}`);
  if ((io.env['ASSAY_DEBUG'] ?? '') !== '' && thrown instanceof Error) printLine(io.stderr, stackOf(thrown));
  return exitCodeOf(thrown);
}

/** Commander's `error: unknown option '--onyl'\n(Did you mean --only?)` as a sentence of ours. */
export function usageSentence(message: string): string {
  const [what = '', hint] = message
    .trim()
    .replace(/^error: /, '')
    .split('\n');
  return `assay: ${what.replace(/\.$/, '')}.${hint === undefined ? '' : ` ${hint.replace(/[()]/g, '')}`}`;
}

function sentenceOf(thrown: unknown): string {
  if (thrown instanceof AssayError) return messageOf(thrown);
  const message = messageOf(thrown).replace(/\.$/, '');
  return `${message}: this is a bug in Assay. Run it again with ASSAY_DEBUG=1 and report what it prints.`;
}

function stackOf(error: Error): string {
  const stack = error.stack ?? String(error);
  return error.cause instanceof Error ? `${stack}\ncaused by: ${stackOf(error.cause)}` : stack;
}
