import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AssayError, errnoOf, messageOf } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { runProgram, type Environment } from '../../installation/program.js';
import { npmTrouble } from './npm-trouble.js';
import type { NpmPackage } from './release.js';

/** The user's own npm, from where they are: its registry, proxies and certificates are theirs to choose. */
export interface Npm {
  /** A project may have the packages, and has settings for npm. */
  readonly cwd: string;
  readonly env: Environment;
  readonly onLine: (line: string) => void;
  /** A folder that may have the packages' archives. */
  readonly from?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Folders with the files of npm packages, by name: those of the project or beside Assay where the version is the one
 * asked for, else out of archives whose hash is checked. No script of a package runs.
 *
 * @param folder where archives are kept and unpacked
 * @throws AssayError `usage` where there is no npm, `setup` where it cannot fetch one or fetches another, `interrupted`
 */
export async function gatherPackages(
  packages: readonly NpmPackage[],
  folder: string,
  npm: Npm,
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const each of packages) {
    const present = installedIn(npm.cwd, each) ?? installedIn(packageRoot(), each);
    found.set(each.name, present ?? (await unpack(each, await archiveOf(each, folder, npm), folder, npm)));
  }
  return found;
}

/** As Node finds packages: in the `node_modules` of a folder, or of one above it. */
function installedIn(start: string, { name, version }: NpmPackage): string | null {
  for (let folder = start; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (versionIn(place) === version) return place;
    if (dirname(folder) === folder) return null;
  }
}

function versionIn(place: string): unknown {
  try {
    return (JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as { readonly version?: unknown }).version;
  } catch {
    return null;
  }
}

async function archiveOf(each: NpmPackage, folder: string, npm: Npm): Promise<string> {
  const name = `${each.name.replace('@', '').replace('/', '-')}-${each.version}.tgz`;
  const given = npm.from === undefined ? null : join(folderOf(npm.from), name);
  if (given !== null && existsSync(given)) return given;
  npm.onLine(`Fetching ${each.name} ${each.version}`);
  const destination = join(folder, 'archives');
  mkdirSync(destination, { recursive: true });
  const args = ['pack', `${each.name}@${each.version}`, '--ignore-scripts', '--json', '--loglevel=error'];
  const { code, output } = await run('npm', [...args, `--pack-destination=${destination}`], npm.cwd, npm);
  if (code !== 0) throw npmTrouble(output, each);
  return join(destination, name);
}

/** A wheel that was named may have archives beside it. */
function folderOf(from: string): string {
  return statSync(from).isDirectory() ? from : dirname(from);
}

async function unpack(each: NpmPackage, archive: string, folder: string, npm: Npm): Promise<string> {
  const hash = createHash('sha512').update(readFileSync(archive)).digest('base64');
  if (`sha512-${hash}` !== each.integrity) {
    throw new AssayError('setup', {
      where: archive,
      what: `this archive of ${each.name} ${each.version} is not the published one: its SHA-512 differs`,
      mend: 'Nothing was installed. Check the registry that npm asks (`npm config get registry`).',
    });
  }
  const place = join(folder, each.name);
  mkdirSync(place, { recursive: true });
  const { code, output } = await run('tar', ['-xzf', archive, '--strip-components=1', '-C', place], folder, npm);
  if (code !== 0) throw new AssayError('setup', { where: archive, what: `it cannot be unpacked (${output.trim()})` });
  return place;
}

async function run(command: string, args: readonly string[], cwd: string, { env, signal }: Npm) {
  try {
    return await runProgram({ command, args, cwd, env, signal });
  } catch (cause) {
    if (cause instanceof AssayError) throw cause;
    const why = errnoOf(cause) === 'ENOENT' ? 'it was not found' : messageOf(cause);
    throw new AssayError('usage', {
      what: `\`${command}\` cannot be started (${why})`,
      mend: `The packages of TensorFlow.js are fetched with it: install ${command}, or those packages in your project.`,
      cause,
    });
  }
}
