import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release } from 'node:os';
import { join } from 'node:path';
import { Type, type Static } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { digestOfJson } from '#base/digest';
import { packageVersion } from '#base/package-root';
import { userCacheFolder } from '#base/user-cache';
import { cudaInstallation } from '../cuda/index.js';
import { runtimePackageVersion } from '../cuda/runtime-package.js';
import { graphics } from './graphics.js';
import type { DeviceProof } from './prove.js';

const Proof = Type.Union([
  Type.Object({
    device: Type.Union([Type.Literal('cpu'), Type.Literal('webgpu'), Type.Literal('cuda')]),
    works: Type.Literal(true),
    milliseconds: Type.Number(),
    cpuMilliseconds: Type.Number(),
    rssMiB: Type.Number(),
    software: Type.Union([Type.Boolean(), Type.Null()]),
    adapter: Type.Union([Type.String(), Type.Null()]),
  }),
  Type.Object({
    device: Type.Union([Type.Literal('cpu'), Type.Literal('webgpu'), Type.Literal('cuda')]),
    works: Type.Literal(false),
    because: Type.String(),
    mend: Type.Union([Type.String(), Type.Null()]),
  }),
]);
const KeptProofs = Type.Object({ machine: Type.String(), at: Type.Number(), proofs: Type.Array(Proof) });

const LONGEST_MS = 7 * 24 * 60 * 60 * 1000;

/** What was proved on this machine as it is now; nothing where it changed since, or nothing could be kept. */
export function keptProofs(now = Date.now()): readonly DeviceProof[] {
  const kept = read();
  if (kept === null || kept.machine !== machineState() || Math.abs(now - kept.at) > LONGEST_MS) return [];
  return kept.proofs;
}

/** Where nothing can be kept, the devices are proved again by the next run. */
export function keepProofs(proofs: readonly DeviceProof[], now = Date.now()): void {
  const others = keptProofs(now).filter((kept) => proofs.every(({ device }) => device !== kept.device));
  const content: Static<typeof KeptProofs> = { machine: machineState(), at: now, proofs: [...others, ...proofs] };
  const path = filePath();
  const temporary = `${path}.${process.pid}`;
  try {
    mkdirSync(userCacheFolder(process.env), { recursive: true });
    writeFileSync(temporary, JSON.stringify(content));
    renameSync(temporary, path);
  } catch {
    return;
  }
}

function read(): Static<typeof KeptProofs> | null {
  try {
    const value: unknown = JSON.parse(readFileSync(filePath(), 'utf8'));
    return Value.Check(KeptProofs, value) ? value : null;
  } catch {
    return null;
  }
}

function filePath(): string {
  return join(userCacheFolder(process.env), 'devices.json');
}

/** Of everything that may decide whether a device works, and how fast it is. */
function machineState(): string {
  return digestOfJson({
    versions: [packageVersion(), runtimePackageVersion(), process.versions.node, release()],
    processor: [cpus()[0]?.model ?? '', availableParallelism()],
    graphics: [...graphics().state],
    cuda: cudaInstallation()?.version ?? null,
  });
}
