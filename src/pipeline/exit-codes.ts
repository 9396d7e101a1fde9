import { AssayError, type AssayErrorCode } from '#base/errors';

/** What a process ends with. */
export const EXIT = {
  passed: 0,
  /** At least one verdict is `fail`. */
  failed: 1,
  /** No fail, but something that keeps the gate from passing. */
  undecided: 2,
  nothingAudited: 3,
  /** Bad usage or bad input, before anything ran. */
  badInput: 4,
  /** The run can be resumed. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const STRONGEST_FIRST: readonly ExitCode[] = [
  EXIT.interrupted,
  EXIT.badInput,
  EXIT.nothingAudited,
  EXIT.failed,
  EXIT.undecided,
  EXIT.passed,
];

const CODE_OF_ERROR: Readonly<Record<AssayErrorCode, ExitCode>> = {
  usage: EXIT.badInput,
  config: EXIT.badInput,
  policy: EXIT.badInput,
  model: EXIT.badInput,
  operator: EXIT.badInput,
  data: EXIT.badInput,
  plugin: EXIT.badInput,
  output: EXIT.badInput,
  budget: EXIT.undecided,
  worker: EXIT.undecided,
  run: EXIT.undecided,
  setup: EXIT.undecided,
  'nothing-audited': EXIT.nothingAudited,
  interrupted: EXIT.interrupted,
};

/** The one of several reasons to end that decides the exit code; `passed` when there is none. */
export function strongestOf<Code extends ExitCode>(codes: readonly Code[]): Code | typeof EXIT.passed {
  return codes.toSorted((a, b) => STRONGEST_FIRST.indexOf(a) - STRONGEST_FIRST.indexOf(b))[0] ?? EXIT.passed;
}

/** The exit code of anything that was thrown. What was not thrown on purpose is an error like any other. */
export function exitCodeOf(thrown: unknown): ExitCode {
  return thrown instanceof AssayError ? CODE_OF_ERROR[thrown.code] : EXIT.undecided;
}
