import { join } from 'node:path';
import { userCacheFolder } from '#base/user-cache';
import type { Environment } from '../../installation/program.js';

/** The folder of every version. */
export function tensorFlowRoot(env: Environment): string {
  return join(userCacheFolder(env), 'tensorflow');
}

/** The folder of one version for one kind of device. */
export function tensorFlowFolder(root: string, version: string, platform: string, gpu: boolean): string {
  return join(root, `${version}-${platform}${gpu ? '-gpu' : ''}`);
}

export const MODULES = 'node_modules';
/** Where the package of the binding looks for it (`binary.module_path` in its `package.json`). */
export const BINDING = 'lib/napi-v8/tfjs_binding.node';
/** Where the binding looks for TensorFlow. */
export const LIBRARIES = 'deps/lib';
