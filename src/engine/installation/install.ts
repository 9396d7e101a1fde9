import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, renameSync, statfsSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import { removeFolder, removeLeftovers, removeWhenEmpty, temporaryBeside } from './folders.js';
import { installationIn, readManifest, writeManifest, type Installation, type Manifest } from './manifest.js';
import { refuseStopped } from './program.js';

/** What is installed, and how. */
export interface Recipe {
  readonly version: string;
  /** A folder of its own, in one that holds every version. */
  readonly folder: string;
  /** SHA-256 of all that decides what is in it. */
  readonly digest: string;
  readonly preloaded: readonly string[];
  /** Folders within it whose files have to stay as they are. */
  readonly kept: readonly string[];
  /** Free bytes that making it takes. */
  readonly space: number;
  /** Fills an empty folder with what is kept, and with nothing else. */
  readonly fill: (folder: string) => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

export interface Installed {
  readonly installation: Installation;
  /** Why the files were fetched; `null` when all were there already. */
  readonly fetched: 'absent' | 'outdated' | 'damaged' | null;
}

/**
 * Installs by a recipe, or checks what is there. The folder appears whole or not at all: it is made under another name,
 * which a later call cleans up when this one was killed.
 *
 * @throws AssayError `output` where the disk does not allow it, `interrupted`, and what `fill` throws; what was there
 *   before stays
 */
export function install(recipe: Recipe): Promise<Installed> {
  const { folder } = recipe;
  const root = dirname(folder);
  return onCache(root, async () => {
    mkdirSync(root, { recursive: true });
    for (const each of [root, dirname(root)]) removeLeftovers(each);
    const fetched = await whyFetch(recipe);
    if (fetched !== null) await make(recipe).finally(() => removeWhenEmpty(root));
    const installation = installationIn(folder);
    if (installation === null) throw new AssayError('setup', { where: folder, what: 'the installation is gone' });
    return { installation, fetched };
  });
}

/** Removes every version, whole or not, and gives the folder that held them; null when there was none. */
export function removeAll(root: string): string | null {
  try {
    for (const each of [root, dirname(root)]) removeLeftovers(each);
    if (!existsSync(root)) return null;
    // Renamed first: stopped half-way, nothing is left that looks like an installation.
    const aside = temporaryBeside(root);
    renameSync(root, aside);
    removeFolder(aside);
    removeWhenEmpty(root);
    return root;
  } catch (cause) {
    const what = `this folder cannot be removed (${messageOf(cause)})`;
    throw new AssayError('output', { where: root, what, mend: 'Mend its permissions.', cause });
  }
}

/** Every file in a folder and in those below it. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

async function whyFetch({ folder, digest }: Recipe): Promise<Installed['fetched']> {
  if (!existsSync(folder)) return 'absent';
  const manifest = readManifest(folder);
  if (manifest === null) return 'damaged';
  if (manifest.recipe !== digest) return 'outdated';
  return (await isWhole(folder, manifest)) ? null : 'damaged';
}

async function isWhole(folder: string, manifest: Manifest): Promise<boolean> {
  for (const [name, expected] of Object.entries(manifest.files)) {
    const path = join(folder, name);
    if (!existsSync(path) || statSync(path).size !== expected.bytes) return false;
    if ((await digestOfFile(path)) !== expected.sha256) return false;
  }
  return true;
}

async function make({ version, folder, digest, preloaded, kept, space, fill, signal }: Recipe): Promise<void> {
  requireSpace(dirname(folder), space);
  const temporary = temporaryBeside(folder);
  try {
    mkdirSync(temporary);
    await fill(temporary);
    const files = await digestsIn(temporary, kept);
    writeManifest(temporary, { version, recipe: digest, preloaded: [...preloaded], files });
    refuseStopped(signal);
    putInPlace(temporary, folder);
  } finally {
    removeFolder(temporary);
  }
}

/** Puts a whole folder in the place of what is there. Of two installations at once either may win. */
function putInPlace(temporary: string, folder: string): void {
  const aside = temporaryBeside(`${folder}.old`);
  if (existsSync(folder)) renameSync(folder, aside);
  try {
    renameSync(temporary, folder);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw error;
  }
  removeFolder(aside);
}

function requireSpace(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= bytes) return;
  throw new AssayError('output', {
    where: folder,
    what: `installing takes ${gigabytes(bytes)} of disk space, and ${gigabytes(bavail * bsize)} are free`,
    mend: 'Free some space, or set XDG_CACHE_HOME to a folder on a larger disk.',
  });
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

async function digestsIn(folder: string, kept: readonly string[]): Promise<Manifest['files']> {
  const files: Manifest['files'] = {};
  for (const path of kept.flatMap((name) => filesBelow(join(folder, name))).sort()) {
    const name = relative(folder, path).replaceAll('\\', '/');
    files[name] = { bytes: statSync(path).size, sha256: await digestOfFile(path) };
  }
  return files;
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}

/** Runs something that writes into the cache; what the disk refuses becomes one sentence. */
async function onCache<T>(root: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AssayError || errnoOf(cause) === undefined) throw cause;
    throw new AssayError('output', {
      where: root,
      what: `this folder cannot be used (${messageOf(cause)})`,
      mend: 'Free some space, mend its permissions, or set XDG_CACHE_HOME to another folder.',
      cause,
    });
  }
}
