import { createHash } from 'node:crypto';
import { canonicalJson } from './json.js';

/** A SHA-256 in lower-case hexadecimal. */
export type Digest = string & { readonly __brand: 'Digest' };

export function digestOfBytes(...parts: readonly (Uint8Array | string)[]): Digest {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex') as Digest;
}

/** The digest of bytes that come one part after another. */
export interface RunningDigest {
  add(part: Uint8Array): void;
  end(): Digest;
}

export function runningDigest(): RunningDigest {
  const hash = createHash('sha256');
  return {
    add: (part) => void hash.update(part),
    end: () => hash.digest('hex') as Digest,
  };
}

/** The digest of a JSON value, independent of key order. */
export function digestOfJson(value: unknown): Digest {
  return digestOfBytes(canonicalJson(value));
}

/** The first twelve digits: enough to tell files apart on a page, never used to decide. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}
