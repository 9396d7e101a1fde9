import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { packageRoot } from '#base/package-root';

/** The wheels that hold TensorFlow of one version, and the npm packages that make it a back end of TensorFlow.js. */
export interface TensorFlowRelease {
  readonly version: string;
  /** As Node names it, such as `linux-x64`. */
  readonly platform: string;
  readonly gpu: boolean;
  /** A requirements file of pip, with hashes; its first package is TensorFlow itself. */
  readonly requirements: string;
  /** Packages of npm; the first is the binding. */
  readonly packages: readonly NpmPackage[];
  /** Free bytes that downloading and unpacking take. */
  readonly space: number;
}

export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-512 of its archive, as npm writes it. */
  readonly integrity: string;
}

export const BINDINGS = { cpu: '@tensorflow/tfjs-node', gpu: '@tensorflow/tfjs-node-gpu' } as const;
/** What the binding's JavaScript asks for, and what compiling it takes. */
const BESIDE = ['google-protobuf', 'progress', 'node-api-headers'];

const Pinned = Type.Record(Type.String(), Type.Object({ version: Type.String(), integrity: Type.String() }));

/** The release for this machine; null where TensorFlow has no libraries for it that this version of Assay knows. */
export function releaseFor(gpu: boolean, platform = `${process.platform}-${process.arch}`): TensorFlowRelease | null {
  if (platform !== 'linux-x64') return null;
  const version = '2.21.0';
  return {
    version,
    platform,
    gpu,
    requirements: resource(`${version}-${platform}${gpu ? '-gpu' : ''}.txt`),
    packages: [gpu ? BINDINGS.gpu : BINDINGS.cpu, ...BESIDE].map((name) => ({ name, ...pinned(name) })),
    space: gpu ? 10.5e9 : 2e9,
  };
}

function pinned(name: string): Static<typeof Pinned>[string] {
  const all = Value.Parse(Pinned, JSON.parse(readFileSync(resource('packages.json'), 'utf8')));
  const found = all[name];
  if (found === undefined) throw new Error(`resources/tensorflow/packages.json does not hold ${name}`);
  return found;
}

function resource(name: string): string {
  return join(packageRoot(), 'resources/tensorflow', name);
}
