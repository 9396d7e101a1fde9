import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { installationIn, type Installation } from '../../installation/manifest.js';
import type { Environment } from '../../installation/program.js';
import { BINDING, MODULES, tensorFlowFolder, tensorFlowRoot } from './places.js';
import { keptProof } from './proofs.js';
import { BINDINGS, releaseFor } from './release.js';

/** A package of npm that makes native TensorFlow a back end of TensorFlow.js. */
export interface NativePackage {
  readonly package: string;
  readonly gpu: boolean;
  /** Its folder. */
  readonly place: string;
}

/** One in this user's cache, with TensorFlow. */
export interface TensorFlowInstallation extends NativePackage, Installation {}

/** What keeps something from being used. */
export interface Obstacle {
  /** A clause. */
  readonly because: string;
  /** A sentence with the one command that would help. */
  readonly mend: string;
}

/** Those in the cache, of the version that this Assay knows, in the order in which they are tried. */
export function tensorFlowInstallations(env: Environment): readonly TensorFlowInstallation[] {
  return [true, false].flatMap((gpu) => installationFor(gpu, env) ?? []);
}

export function installationFor(gpu: boolean, env: Environment): TensorFlowInstallation | null {
  const release = releaseFor(gpu);
  if (release === null) return null;
  const { version, platform } = release;
  const found = installationIn(tensorFlowFolder(tensorFlowRoot(env), version, platform, gpu));
  if (found === null) return null;
  const name = bindingName(gpu);
  return { ...found, package: name, gpu, place: join(found.folder, MODULES, name) };
}

/** Those that npm installed beside Assay with all their scripts, so with a TensorFlow of their own. */
export function projectPackages(start = packageRoot()): readonly NativePackage[] {
  return [true, false].flatMap((gpu) => {
    const name = bindingName(gpu);
    const place = placeAbove(start, join('node_modules', name));
    return place !== null && existsSync(join(place, BINDING)) ? { package: name, gpu, place } : [];
  });
}

export function commandFor(gpu: boolean): string {
  return gpu ? 'assay setup tensorflow --gpu' : 'assay setup tensorflow';
}

/** Null where it was proved. */
export function obstacleOf(installation: TensorFlowInstallation): Obstacle | null {
  const proof = keptProof(installation);
  const command = commandFor(installation.gpu);
  if (proof?.works === true) return null;
  if (proof !== null) return { because: proof.because, mend: `Run \`${command}\` again when it is mended.` };
  const because = `TensorFlow ${installation.version} is installed and was not tried on this machine with this Node`;
  return { because, mend: `Run \`${command}\`, which tries it.` };
}

function bindingName(gpu: boolean): string {
  return gpu ? BINDINGS.gpu : BINDINGS.cpu;
}

function placeAbove(start: string, path: string): string | null {
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, path))) return join(folder, path);
    if (dirname(folder) === folder) return null;
  }
}
