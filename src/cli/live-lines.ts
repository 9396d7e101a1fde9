import type { createLogUpdate } from 'log-update';
import type { Io } from './io.js';

/** The last lines of a terminal, written anew with each call. */
export type LiveLines = ReturnType<typeof createLogUpdate>;

/** Those of stderr; null where it is no terminal. Its library is a dozen packages, which every command would load. */
export async function liveLinesOn({ stderr, env }: Io): Promise<LiveLines | null> {
  if (stderr.isTTY !== true || env['TERM'] === 'dumb') return null;
  const library = await import('log-update');
  return library.createLogUpdate(stderr as NodeJS.WritableStream);
}
