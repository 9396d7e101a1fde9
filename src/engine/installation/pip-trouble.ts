import { AssayError } from '#base/errors';

const NETWORK =
  /NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ConnectionResetError|ProxyError|SSLError|Max retries|Connection (?:refused|reset|broken|aborted)|IncompleteRead|timed out|HTTP error/;
const FULL_DISK = /\[Errno (?:28|122)\]/;
const OTHER_HASH = /DO NOT MATCH THE HASHES/;

/**
 * Why pip gave up, in one sentence, from all that it printed.
 *
 * @param folder where the wheels were to go
 * @param from where they came from, when it was no index
 */
export function pipTrouble(output: string, folder: string, from?: string): AssayError {
  if (FULL_DISK.test(output)) {
    const mend = 'Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.';
    return new AssayError('output', { where: folder, what: 'the disk is full', mend });
  }
  if (OTHER_HASH.test(output)) {
    return new AssayError('setup', {
      what: `the wheel of ${mismatched(output)} ${from === undefined ? 'that pip received' : `in ${from}`} is not the published one: its SHA-256 differs`,
      mend:
        from === undefined
          ? 'Nothing was installed. Check the package index that pip asks (`pip config list`).'
          : 'Nothing was installed. Fetch it again.',
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
  if (missing !== undefined) return noWheel(missing, from);
  return new AssayError('setup', { what: `pip failed (${lastError(output)})`, mend: 'Nothing was installed.' });
}

function noWheel(name: string, from: string | undefined): AssayError {
  if (from !== undefined) {
    return new AssayError('setup', {
      where: from,
      what: `there is no wheel of ${name} for Linux x64`,
      mend: `Nothing was installed. Fetch it where there is a network: pip download --no-deps --only-binary=:all: --python-version=3.12 --platform=manylinux_2_27_x86_64 ${name}`,
    });
  }
  return new AssayError('setup', {
    what: `the package index that pip asks has no wheel of ${name} for Linux x64`,
    mend: 'Nothing was installed. Let pip ask PyPI or a mirror of it (`pip config list`), and check that it can be reached.',
  });
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
