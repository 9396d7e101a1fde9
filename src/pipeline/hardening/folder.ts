import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { digestOfJson, type Digest } from '#base/digest';
import { AssayError, errnoOf } from '#base/errors';
import type { JsonObject } from '#base/json';
import { packageVersion } from '#base/package-root';
import { makeFolder, writeAtomically } from '../atomic.js';
import { checker, parseRecord } from '../records.js';

/** Says what a folder hardens; written before its first run. */
const IDENTITY = 'hardening.json';
/** Written last: a folder that has it came to its end. */
export const RECORD = 'record.json';
const NAME = /^harden-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ-[0-9a-f]{8}(-\d+)?$/;

const IdentityFile = Type.Object({
  version: Type.Literal(1),
  /** Of Assay. */
  tool: Type.String(),
  /** Of all that decides the result beside the files of model and data, which each run knows by their digests. */
  digest: Type.String(),
  started: Type.String(),
});
type IdentityFile = Static<typeof IdentityFile>;
const checkIdentity = checker(IdentityFile);

/** What two hardenings have in common when the one can go on where the other stopped. */
export interface Identity {
  readonly config: Digest;
  /** Complete. */
  readonly recipe: JsonObject;
  readonly audits: object;
  readonly seed: number | string;
  readonly sample: number | null;
  readonly device: string;
}

export function identityDigest(identity: Identity): Digest {
  return digestOfJson({ ...identity, tool: packageVersion() });
}

/**
 * The folder to go on in, or the name of a new one below `out`. Without an unfinished hardening `latest` begins a new one: a
 * process may have been killed before it left anything. Writes nothing.
 *
 * @param resume `false`, `latest`, or a folder
 * @throws AssayError `usage` for a folder that holds no hardening, or one of another config, recipe, seed or version
 */
export function chooseFolder(out: string, digest: Digest, resume: false | 'latest' | string, now: Date): string {
  if (resume !== false && resume !== 'latest') return requireSame(resolve(resume), digest);
  const unfinished = resume === 'latest' ? newestUnfinished(out, digest) : null;
  if (unfinished !== null) return unfinished;
  const time = now.toISOString().slice(0, 19).replaceAll(':', '-');
  return firstFree(join(out, `harden-${time}Z-${digest.slice(0, 8)}`));
}

/** Makes the folder, and says in it what it is for. @throws AssayError `output` when the disk refuses */
export function beginFolder(folder: string, digest: Digest, now: Date): void {
  const path = join(folder, IDENTITY);
  if (existsSync(path)) return;
  makeFolder(folder);
  const identity: IdentityFile = { version: 1, tool: packageVersion(), digest, started: now.toISOString() };
  writeAtomically(path, `${JSON.stringify(identity, null, 2)}\n`);
}

function newestUnfinished(out: string, digest: Digest): string | null {
  const newestFirst = namesIn(out)
    .filter((name) => NAME.test(name) && name.includes(`Z-${digest.slice(0, 8)}`))
    .sort()
    .reverse();
  const folders = newestFirst.map((name) => join(out, name));
  return folders.find((folder) => isOf(folder, digest) && !existsSync(join(folder, RECORD))) ?? null;
}

/** What is damaged is none to go on with. */
function isOf(folder: string, digest: Digest): boolean {
  try {
    return readIdentity(folder)?.digest === digest;
  } catch (thrown) {
    if (thrown instanceof AssayError) return false;
    throw thrown;
  }
}

function requireSame(folder: string, digest: Digest): string {
  const identity = readIdentity(folder);
  if (identity === null) {
    throw new AssayError('usage', {
      where: folder,
      what: `this is no folder of a hardening: it has no ${IDENTITY}`,
      mend: 'Name a folder that `assay harden` made.',
    });
  }
  if (identity.digest === digest) return folder;
  throw new AssayError('usage', {
    where: folder,
    what: 'this hardening was begun with another config, recipe, seed, sample, device or version of Assay',
    mend: 'Resume it with what it was started with, or leave out `--resume`.',
  });
}

/** Null where there is none. @throws AssayError `run` for a damaged one */
function readIdentity(folder: string): IdentityFile | null {
  const path = join(folder, IDENTITY);
  try {
    return parseRecord(checkIdentity, readFileSync(path, 'utf8'), path);
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === 'ENOENT' || errno === 'ENOTDIR') return null;
    throw thrown;
  }
}

function firstFree(folder: string): string {
  for (let attempt = 1; ; attempt++) {
    const name = attempt === 1 ? folder : `${folder}-${attempt}`;
    if (!existsSync(name)) return name;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw new AssayError('output', { where: folder, what: 'the folder cannot be read', cause: error });
  }
}
