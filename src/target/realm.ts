import { deserialize, serialize } from 'node:v8';
import { AssayError } from '#base/errors';

/**
 * Refuses to run a live target where typed arrays are not those of Node itself, as in jest's default environment: the
 * native library takes no others.
 *
 * @throws AssayError `usage`
 */
export function requireNativeArrays(): void {
  if (hasNativeArrays()) return;
  throw new AssayError('usage', {
    what: 'in this test environment typed arrays are not those of Node, and onnxruntime-node rejects them',
    mend: "Set testEnvironment: 'assay/jest-environment' in the jest config, or give the model as a file: target({ file, ... }).",
  });
}

/** Node's own modules make the arrays of the outer realm. */
export function hasNativeArrays(): boolean {
  return deserialize(serialize(new Float32Array(1))) instanceof Float32Array;
}
