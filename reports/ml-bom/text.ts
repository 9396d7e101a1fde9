import { createHash } from 'node:crypto';
import { clip, visible } from '../format.js';
import type { Hash } from './cyclonedx.js';

/** How values of a report stand in a bill of materials. */

const NAME_LENGTH = 300;
const SENTENCE_LENGTH = 2000;
/** Of `version` in the schema. */
const VERSION_LENGTH = 900;

export function named(text: string): string {
  return visible(clip(text, NAME_LENGTH));
}

export function sentence(text: string): string {
  return visible(clip(text, SENTENCE_LENGTH));
}

export function versioned(text: string): string {
  return visible(clip(text, VERSION_LENGTH));
}

/** Undefined, which is not written, for what the schema does not take as a hash. */
export function hashes(sha256: string): Hash[] | undefined {
  return /^[0-9a-f]{64}$/i.test(sha256) ? [{ alg: 'SHA-256', content: sha256.toLowerCase() }] : undefined;
}

export function unlessEmpty<T>(items: readonly T[]): readonly T[] | undefined {
  return items.length === 0 ? undefined : items;
}

/** ISO 8601 in UTC; undefined for what is not a time. */
export function timestamp(time: string): string | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

export const URL_NAMESPACE = '6ba7b811-9dad-11d1-80b4-00c04fd430c8';

/**
 * A UUID of version 5 (RFC 4122, section 4.3): the same name in the same name space gives the same one.
 *
 * @param namespace a UUID with its hyphens
 */
export function uuidOfName(namespace: string, name: string): string {
  const bytes = createHash('sha1')
    .update(Buffer.from(namespace.replaceAll('-', ''), 'hex'))
    .update(name)
    .digest()
    .subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
