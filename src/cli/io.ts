import type { Writable } from 'node:stream';
import pc from 'picocolors';

/** A place to print to: a terminal, a pipe or a test. */
export interface Sink extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a command knows of the world around it. */
export interface Io {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Results. */
  readonly stdout: Sink;
  /** Progress and errors. */
  readonly stderr: Sink;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours for one stream: never with NO_COLOR, always with FORCE_COLOR, otherwise on a terminal. */
export function colorsFor(sink: Sink, env: Io['env']): Colors {
  const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
  const forced = !['', '0', undefined].includes(env['FORCE_COLOR']);
  return pc.createColors(!refused && (forced || sink.isTTY === true));
}

export function printLine(sink: Sink, line = ''): void {
  sink.write(`${line}\n`);
}

/** JSON for machines, on stdout. */
export function printJson(io: Io, value: unknown): void {
  printLine(io.stdout, JSON.stringify(value, null, 2));
}
