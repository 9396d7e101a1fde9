import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { digestOfJson, shortDigest } from '#base/digest';
import type { Installation } from '../../installation/manifest.js';

/** What came of running a model and its gradient on an installation. */
const Proof = Type.Union([
  Type.Object({
    works: Type.Literal(true),
    tensorflowVersion: Type.String(),
    device: Type.Union([Type.Literal('cpu'), Type.Literal('cuda')]),
    /** For a gradient of the proving model. */
    milliseconds: Type.Number(),
    rssMiB: Type.Number(),
  }),
  Type.Object({
    works: Type.Literal(false),
    /** A clause. */
    because: Type.String(),
  }),
]);
export type TensorFlowProof = Static<typeof Proof>;

const PROOFS = 'proofs';

/** What came of it on a machine like this one; null where it was not tried there. */
export function keptProof(installation: Installation): TensorFlowProof | null {
  try {
    const value: unknown = JSON.parse(readFileSync(filePath(installation), 'utf8'));
    return Value.Check(Proof, value) ? value : null;
  } catch {
    return null;
  }
}

export function keepProof(installation: Installation, proof: TensorFlowProof): void {
  const path = filePath(installation);
  const temporary = `${path}.${process.pid}.tmp`;
  mkdirSync(join(installation.folder, PROOFS), { recursive: true });
  writeFileSync(temporary, `${JSON.stringify(proof)}\n`);
  renameSync(temporary, path);
}

function filePath({ folder }: Installation): string {
  return join(folder, PROOFS, `${shortDigest(machineState())}.json`);
}

/** Of what decides whether it works: a cache may be shared by machines, and Node and drivers change. */
function machineState(): string {
  return digestOfJson([process.versions.node.split('.')[0] ?? '', cpus()[0]?.model ?? '', nvidiaDriver()]);
}

function nvidiaDriver(): string {
  try {
    return readFileSync('/proc/driver/nvidia/version', 'utf8');
  } catch {
    return '';
  }
}
