import { join } from 'node:path';
import { packageRoot } from '#base/package-root';

/** The wheels that hold ONNX Runtime's CUDA provider of one version, and what is taken out of them. */
export interface CudaRelease {
  /** Of `onnxruntime-node` and of the wheel: provider and runtime share C++ structures, so they have to be equal. */
  readonly runtime: string;
  readonly platform: string;
  /** A requirements file of pip, with hashes. */
  readonly requirements: string;
  /** Found by name only, so they are loaded ahead, each after those that it needs itself. */
  readonly preloaded: readonly string[];
  /** Found by those that need them, because they lie beside. */
  readonly beside: readonly string[];
  /** Free bytes that downloading and unpacking take. */
  readonly space: number;
}

/** Found when they are asked for: what only executes models has no folder of resources. */
const releases = (): readonly CudaRelease[] => [
  {
    runtime: '1.30.0',
    platform: 'linux-x64',
    requirements: join(packageRoot(), 'resources/onnxruntime-cuda/1.30.0-linux-x64.txt'),
    preloaded: [
      'libcudart.so.13',
      'libcublasLt.so.13',
      'libcublas.so.13',
      'libcurand.so.10',
      'libcufft.so.12',
      'libnvrtc-builtins.so.13.0',
      'libnvrtc.so.13',
      'libcudnn.so.9',
    ],
    beside: [
      'libcudnn_adv.so.9',
      'libcudnn_cnn.so.9',
      'libcudnn_engines_precompiled.so.9',
      'libcudnn_engines_runtime_compiled.so.9',
      'libcudnn_engines_tensor_ir.so.9',
      'libcudnn_ext.so.9',
      'libcudnn_graph.so.9',
      'libcudnn_heuristic.so.9',
      'libcudnn_ops.so.9',
      'libonnxruntime_providers_shared.so',
      'libonnxruntime_providers_cuda.so',
    ],
    space: 4.5e9,
  },
];

/** The release for a version of `onnxruntime-node`; null when this version of Assay knows none. */
export function releaseFor(runtime: string, platform: string): CudaRelease | null {
  return releases().find((release) => release.runtime === runtime && release.platform === platform) ?? null;
}

/** As releases name it, such as `linux-x64`. */
export function platformName(): string {
  return `${process.platform}-${process.arch}`;
}

/** Versions of `onnxruntime-node` that have a release for a platform. */
export function runtimesFor(platform: string): readonly string[] {
  return releases()
    .filter((release) => release.platform === platform)
    .map(({ runtime }) => runtime);
}
