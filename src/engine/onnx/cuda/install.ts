import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import { digestOfBytes } from '#base/digest';
import {
  cudaFolder,
  installationIn,
  LIBRARIES,
  readManifest,
  writeManifest,
  type CudaInstallation,
  type Manifest,
} from './installation.js';
import { refuseStopped, unpackWheels, type Pip } from './pip.js';
import type { CudaRelease } from './release.js';
import { RUNTIME_LIBRARY, runtimePackageLibrary } from './runtime-package.js';
import { removeFolder, removeLeftovers, removeWhenEmpty, temporaryBeside } from './folders.js';

export interface Installed {
  readonly installation: CudaInstallation;
  /** Why the files were fetched; `null` when all were there already. */
  readonly fetched: 'absent' | 'outdated' | 'damaged' | null;
}

const LICENCES = 'licences';

/**
 * Installs a release in a folder of its own below `root`, or checks the one that is there. The folder appears whole or
 * not at all: it is made under another name, which a later call cleans up when this one was killed.
 *
 * @throws AssayError `usage`, `setup`, `output` or `interrupted`; what was there before stays.
 */
export async function installRelease(release: CudaRelease, root: string, pip: Pip): Promise<Installed> {
  return onCache(root, async () => {
    mkdirSync(root, { recursive: true });
    for (const folder of [root, dirname(root)]) removeLeftovers(folder);
    const folder = cudaFolder(root, release.runtime);
    const fetched = await whyFetch(release, folder);
    if (fetched !== null) await fetchInto(folder, release, pip).finally(() => removeWhenEmpty(root));
    const installation = installationIn(folder);
    if (installation === null) throw new AssayError('setup', { where: folder, what: 'the installation is gone' });
    return { installation, fetched };
  });
}

async function whyFetch(release: CudaRelease, folder: string): Promise<Installed['fetched']> {
  if (!existsSync(folder)) return 'absent';
  const manifest = readManifest(folder);
  if (manifest === null) return 'damaged';
  if (manifest.requirements !== digestOfRequirements(release)) return 'outdated';
  return (await isWhole(folder, manifest)) ? null : 'damaged';
}

async function isWhole(folder: string, manifest: Manifest): Promise<boolean> {
  for (const [name, expected] of Object.entries(manifest.files)) {
    const path = join(folder, LIBRARIES, name);
    if (!existsSync(path) || statSync(path).size !== expected.bytes) return false;
    if ((await digestOfFile(path)) !== expected.sha256) return false;
  }
  return true;
}

async function fetchInto(folder: string, release: CudaRelease, pip: Pip): Promise<void> {
  requireSpace(dirname(folder), release.space);
  const temporary = temporaryBeside(folder);
  try {
    mkdirSync(temporary);
    await fill(temporary, await unpackWheels(release.requirements, temporary, pip), release);
    refuseStopped(pip.signal);
    putInPlace(temporary, folder);
  } finally {
    removeFolder(temporary);
  }
}

/** Takes out of the unpacked wheels what is needed, and leaves nothing else behind. */
async function fill(temporary: string, unpacked: string, release: CudaRelease): Promise<void> {
  const libraries = join(temporary, LIBRARIES);
  mkdirSync(libraries);
  const files = filesBelow(unpacked);
  for (const name of [...release.preloaded, ...release.beside]) {
    const found = files.find((path) => path.endsWith(`/${name}`));
    if (found === undefined) throw new AssayError('setup', { what: `the wheels do not hold ${name}` });
    renameSync(found, join(libraries, name));
  }
  copyFileSync(runtimePackageLibrary(), join(libraries, RUNTIME_LIBRARY));
  keepLicences(files, join(temporary, LICENCES));
  for (const name of ['wheels', 'pip']) removeFolder(join(temporary, name));
  writeManifest(temporary, {
    runtime: release.runtime,
    requirements: digestOfRequirements(release),
    preloaded: [...release.preloaded],
    files: await digestsIn(libraries),
  });
}

/** NVIDIA's and Microsoft's terms stay with their files: `nvidia_cublas-13.1.0.3.dist-info/licenses/License.txt`. */
function keepLicences(files: readonly string[], folder: string): void {
  mkdirSync(folder);
  for (const path of files) {
    const [, owner] = /\/([^/]+)\.dist-info\/(?:licenses\/)?licen[cs]e[^/]*$/i.exec(path) ?? [];
    const own = /\/onnxruntime\/(LICENSE|ThirdPartyNotices\.txt)$/.exec(path)?.[1];
    if (owner !== undefined) renameSync(path, join(folder, `${owner}.txt`));
    else if (own !== undefined) renameSync(path, join(folder, `onnxruntime-${own}`));
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

function digestOfRequirements(release: CudaRelease): string {
  return digestOfBytes(readFileSync(release.requirements));
}

async function digestsIn(folder: string): Promise<Manifest['files']> {
  const files: Manifest['files'] = {};
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    files[name] = { bytes: statSync(path).size, sha256: await digestOfFile(path) };
  }
  return files;
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 2 ** 20 }), hash);
  return hash.digest('hex');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
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
