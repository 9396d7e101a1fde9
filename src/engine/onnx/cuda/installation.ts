import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { userCacheFolder } from '#base/user-cache';
import { platformName } from './release.js';
import { runtimePackageVersion } from './runtime-package.js';

/** ONNX Runtime's CUDA provider of the version of `onnxruntime-node`, in this user's cache. */
export interface CudaInstallation {
  readonly version: string;
  readonly folder: string;
  readonly bytes: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const Manifest = Type.Object({
  runtime: Type.String(),
  /** SHA-256 of the requirements file that was installed. */
  requirements: Type.String(),
  preloaded: Type.Array(Type.String()),
  files: Type.Record(Type.String(), Type.Object({ bytes: Type.Integer(), sha256: Type.String() })),
});
export type Manifest = Static<typeof Manifest>;

const MANIFEST = 'installation.json';
/** Libraries lie in one folder: those of NVIDIA look for each other there, and ONNX Runtime for its providers. */
export const LIBRARIES = 'lib';

/** The folder of every version. */
export function cudaRoot(env: Environment): string {
  return join(userCacheFolder(env), 'onnxruntime-cuda');
}

/** The folder of one version. */
export function cudaFolder(root: string, runtime: string): string {
  return join(root, `${runtime}-${platformName()}`);
}

/** What is installed for the version of `onnxruntime-node` beside this Assay; null when nothing is. */
export function cudaInstallation(env: Environment = process.env): CudaInstallation | null {
  const runtime = runtimePackageVersion();
  return runtime === null ? null : installationIn(cudaFolder(cudaRoot(env), runtime));
}

export function installationIn(folder: string): CudaInstallation | null {
  const manifest = readManifest(folder);
  if (manifest === null) return null;
  return {
    version: manifest.runtime,
    folder,
    bytes: Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Null when there is none, or none that this version of Assay can read. */
export function readManifest(folder: string): Manifest | null {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'));
    return Value.Check(Manifest, parsed) ? parsed : null;
  } catch {
    return null;
  }
}

export function writeManifest(folder: string, manifest: Manifest): void {
  const temporary = join(folder, `${MANIFEST}.${process.pid}.tmp`);
  writeFileSync(temporary, `${JSON.stringify(manifest, null, 2)}\n`);
  renameSync(temporary, join(folder, MANIFEST));
}
