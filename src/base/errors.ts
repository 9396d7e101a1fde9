/** What went wrong, as a stable code that programs can match on. */
export type AssayErrorCode =
  | 'usage'
  | 'config'
  | 'policy'
  | 'model'
  | 'operator'
  | 'data'
  | 'plugin'
  | 'output'
  | 'budget'
  | 'worker'
  | 'run'
  | 'setup'
  | 'nothing-audited'
  | 'interrupted';

export interface AssayErrorParts {
  /** One clause: what is wrong, with the value that is wrong. */
  readonly what: string;
  /** The file, and the place in it. */
  readonly where?: string;
  /** One sentence: what the reader can do about it. */
  readonly mend?: string;
  readonly cause?: unknown;
}

/** The one kind of error that Assay throws on purpose: what happened, where, and what to do, in one sentence. */
export class AssayError extends Error {
  override readonly name = 'AssayError';
  readonly code: AssayErrorCode;
  readonly what: string;
  readonly where: string | undefined;
  readonly mend: string | undefined;

  constructor(code: AssayErrorCode, parts: AssayErrorParts) {
    const place = parts.where === undefined ? '' : `${parts.where}: `;
    const mend = parts.mend === undefined ? '' : ` ${parts.mend}`;
    super(`${place}${parts.what}.${mend}`, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.what = parts.what;
    this.where = parts.where;
    this.mend = parts.mend;
  }
}

/** The message of anything that was thrown, on one line. */
export function messageOf(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.replace(/\s*\n\s*/g, ' ').trim();
}

/** Narrows an errno error of Node (`ENOENT`, `ENOSPC`, ...) to its code. */
export function errnoOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'string' ? thrown.code : undefined;
}
