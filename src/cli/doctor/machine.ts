import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';

/** The oldest Node that Assay runs on. */
export const OLDEST_NODE = [20, 19] as const;

export interface Machine {
  readonly platform: string;
  readonly node: string;
  readonly nodeIsNewEnough: boolean;
  readonly cpu: string;
  readonly cores: number;
  /** Instruction sets that matrix kernels use; null where the system does not say. */
  readonly features: readonly string[] | null;
  readonly memoryMiB: { readonly total: number; readonly free: number };
}

/** As Linux names them in /proc/cpuinfo. */
const MATRIX_FEATURES = ['avx2', 'avx512f', 'avx512_vnni', 'amx_tile', 'asimd', 'asimddp', 'sve'];
const MIB = 2 ** 20;

export function machine(): Machine {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return {
    platform: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    nodeIsNewEnough: major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    features: cpuFeatures(),
    memoryMiB: { total: Math.round(totalmem() / MIB), free: Math.round(freemem() / MIB) },
  };
}

/** The version of ONNX Runtime's package, read without loading its native library; null when it is not installed. */
export function runtimeVersion(): string | null {
  try {
    const manifest = createRequire(import.meta.url)('onnxruntime-node/package.json') as { readonly version: string };
    return manifest.version;
  } catch {
    return null;
  }
}

function cpuFeatures(): readonly string[] | null {
  try {
    const flags = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1]?.split(' ') ?? [];
    return MATRIX_FEATURES.filter((feature) => flags.includes(feature));
  } catch {
    return null;
  }
}
