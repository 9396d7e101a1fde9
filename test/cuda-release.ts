import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { platformName, type CudaRelease } from '../src/engine/onnx/cuda/release.js';
import { runtimePackageVersion } from '../src/engine/onnx/cuda/runtime-package.js';
import { writeWheel } from './wheels.js';

/** A release of a few bytes, with its wheels in a folder that serves as pip's index. */
export interface SmallRelease extends CudaRelease {
  readonly index: string;
  /** What a user's environment says to pip: this folder and nothing else. */
  readonly env: Readonly<Record<string, string>>;
}

export const FIRST = 'libfirst.so.1';
export const BESIDE = 'libbeside.so.1';
const PROVIDERS = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

export function smallRelease(
  folder: string,
  libraries: Readonly<Record<string, string | Uint8Array>> = {},
): SmallRelease {
  const index = join(folder, 'index');
  mkdirSync(index, { recursive: true });
  const runtime = runtimePackageVersion() ?? '';
  const first = { [`nvidia/cu13/lib/${FIRST}`]: libraries[FIRST] ?? 'first' };
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(
    requirements,
    writeWheel(index, {
      name: 'onnxruntime-gpu',
      version: runtime,
      tag: 'cp312-cp312-manylinux_2_28_x86_64',
      files: {
        'onnxruntime/LICENSE': 'MIT',
        'onnxruntime/__init__.py': 'raise SystemExit',
        ...Object.fromEntries(PROVIDERS.map((name) => [`onnxruntime/capi/${name}`, `no library: ${name}`])),
      },
    }) +
      writeWheel(index, {
        ...NVIDIA,
        files: { ...first, 'nvidia/cu13/include/first.h': '', [`nvidia/cudnn/lib/${BESIDE}`]: 'beside' },
      }),
  );
  return {
    runtime,
    platform: platformName(),
    requirements,
    preloaded: [FIRST],
    beside: [BESIDE, ...PROVIDERS],
    space: 1e6,
    index,
    env: {
      PATH: process.env['PATH'] ?? '',
      XDG_CACHE_HOME: join(folder, 'cache'),
      PIP_CONFIG_FILE: '/dev/null',
      PIP_NO_INDEX: '1',
      PIP_FIND_LINKS: index,
    },
  };
}

export const NVIDIA = { name: 'nvidia-first', version: '13.0.1', tag: 'py3-none-manylinux2014_x86_64' };
