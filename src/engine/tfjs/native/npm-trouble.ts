import { AssayError } from '#base/errors';
import type { NpmPackage } from './release.js';

const NETWORK =
  /\b(?:ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ERR_SOCKET_TIMEOUT|EHOSTUNREACH|ENETUNREACH|EPROTO|UNABLE_TO_\w+|SELF_SIGNED_CERT\w*|CERT_\w+|ENOTCACHED)\b/;

/** Why npm gave up, in one sentence, from all that it printed. */
export function npmTrouble(output: string, { name, version }: NpmPackage): AssayError {
  if (/\bENOSPC\b/.test(output)) {
    const mend = 'Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.';
    return new AssayError('output', { what: 'the disk is full', mend });
  }
  const network = NETWORK.exec(output)?.[0];
  if (network !== undefined) {
    return new AssayError('setup', {
      what: `npm could not reach its registry for ${name} (${network})`,
      mend: 'Nothing was installed. Check the network, the proxy and `npm config get registry`.',
    });
  }
  if (/\b(?:E404|ETARGET)\b/.test(output)) {
    return new AssayError('setup', {
      what: `the registry that npm asks has no ${name} ${version}`,
      mend: 'Nothing was installed. Let npm ask the public registry or a mirror of it (`npm config get registry`).',
    });
  }
  return new AssayError('setup', {
    what: `npm could not fetch ${name} ${version} (${firstError(output)})`,
    mend: 'Nothing was installed.',
  });
}

function firstError(output: string): string {
  const lines = output.trim().split('\n');
  const line = lines.find((each) => /^npm (?:ERR!|error) (?!code)/.test(each)) ?? lines.at(-1) ?? '';
  return line.replace(/^npm (?:ERR!|error) /, '').replace(/\.$/, '');
}
