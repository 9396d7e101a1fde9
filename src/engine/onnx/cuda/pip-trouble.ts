import { AssayError } from '#base/errors';

const NETWORK =
  /NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ConnectionResetError|ProxyError|SSLError|Max retries|Connection (?:refused|reset|broken|aborted)|IncompleteRead|timed out|HTTP error/;
const FULL_DISK = /\[Errno (?:28|122)\]/;
const OTHER_HASH = /DO NOT MATCH THE HASHES/;

/** Why pip gave up, in one sentence, from all that it printed. */
export function pipTrouble(output: string, folder: string): AssayError {
  if (FULL_DISK.test(output)) {
    const mend = 'Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.';
    return new AssayError('output', { where: folder, what: 'the disk is full', mend });
  }
  if (OTHER_HASH.test(output)) {
    return new AssayError('setup', {
      what: `the wheel of ${mismatched(output)} that pip received is not the published one: its SHA-256 differs`,
      mend: 'Nothing was installed. Check the package index that pip asks (`pip config list`).',
    });
  }
  // Without its index pip reports every package as missing, so the network comes first.
  if (NETWORK.test(output)) {
    return new AssayError('setup', {
      what: `pip could not reach its package index (${networkReason(output)})`,
      mend: 'Nothing was installed. Check the network, the proxy and the index that pip asks (`pip config list`).',
    });
  }
  const missing = /No matching distribution found for (\S+)/.exec(output)?.[1];
  if (missing !== undefined) {
    return new AssayError('setup', {
      what: `the package index that pip asks has no wheel of ${missing} for Linux x64`,
      mend: 'Nothing was installed. Let pip ask PyPI or a mirror of it (`pip config list`), and check that it can be reached.',
    });
  }
  return new AssayError('setup', { what: `pip failed (${lastError(output)})`, mend: 'Nothing was installed.' });
}

/** The first line under the heading: `    nvidia-cufft==12.0.0.61 from https://...:`. */
function mismatched(output: string): string {
  return /DO NOT MATCH THE HASHES.*\n\s+(\S+)/.exec(output)?.[1] ?? 'a package';
}

/** `[Errno 111] Connection refused`, or the name of the error where the system gave none. */
function networkReason(output: string): string {
  return /\[Errno -?\d+\] [^'")]+/.exec(output)?.[0] ?? NETWORK.exec(output)?.[0] ?? 'no answer';
}

function lastError(output: string): string {
  const lines = output.trim().split('\n');
  const line = lines.findLast((each) => each.startsWith('ERROR:')) ?? lines.at(-1) ?? '';
  return line.replace(/^ERROR: /, '').replace(/\.$/, '');
}
