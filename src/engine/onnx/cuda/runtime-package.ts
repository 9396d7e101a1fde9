import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The name by which the binding of `onnxruntime-node` asks for ONNX Runtime. */
export const RUNTIME_LIBRARY = 'libonnxruntime.so.1';

const require = createRequire(import.meta.url);

/** The version of `onnxruntime-node`, read without loading its native library; null when it is not installed. */
export function runtimePackageVersion(): string | null {
  try {
    return (require('onnxruntime-node/package.json') as { readonly version: string }).version;
  } catch {
    return null;
  }
}

/** Where the package keeps ONNX Runtime itself. */
export function runtimePackageLibrary(): string {
  const root = dirname(require.resolve('onnxruntime-node/package.json'));
  return join(root, 'bin/napi-v6', process.platform, process.arch, RUNTIME_LIBRARY);
}
