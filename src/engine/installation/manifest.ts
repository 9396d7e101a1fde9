import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';

const Manifest = Type.Object({
  version: Type.String(),
  /** SHA-256 of all that decided what is installed. */
  recipe: Type.String(),
  /** Libraries that are loaded ahead of those that ask for them by name, in this order. */
  preloaded: Type.Array(Type.String()),
  /** By their paths from the folder, with forward slashes. */
  files: Type.Record(Type.String(), Type.Object({ bytes: Type.Integer(), sha256: Type.String() })),
});
export type Manifest = Static<typeof Manifest>;

const MANIFEST = 'installation.json';

/** Something of a version in this user's cache. */
export interface Installation {
  readonly version: string;
  readonly folder: string;
  readonly bytes: number;
}

/** Null when nothing is installed in this folder. */
export function installationIn(folder: string): Installation | null {
  const manifest = readManifest(folder);
  if (manifest === null) return null;
  const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
  return { version: manifest.version, folder, bytes };
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
