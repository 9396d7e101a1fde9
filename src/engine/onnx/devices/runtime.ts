import { createRequire } from 'node:module';
import type * as OnnxRuntime from 'onnxruntime-node';
import { AssayError } from '#base/errors';
import type { Device } from '../../contract.js';
import { loadCudaProvider } from '../cuda/index.js';
import { inTwo } from './sentences.js';

const require = createRequire(import.meta.url);

// Without this ONNX Runtime keeps an id of the machine and a record of what runs in the user's cache, for its makers.
process.env['ORT_DISABLE_TELEMETRY'] = '1';

let loaded: typeof OnnxRuntime | undefined;

/** ONNX Runtime, loaded when it is asked for first: what a device needs has to be in memory before. */
export function onnxRuntime(): typeof OnnxRuntime {
  loaded ??= require('onnxruntime-node') as typeof OnnxRuntime;
  return loaded;
}

/**
 * Makes a device available to this process, which has to happen before the first session on any device.
 *
 * @throws AssayError `config` with what would enable it
 */
export function enableDevice(device: Device): void {
  if (device !== 'cuda') return;
  const provider = loadCudaProvider();
  if (provider.state === 'loaded') return;
  const { because, mend } = inTwo(provider.sentence);
  throw new AssayError('config', { what: because, ...(mend === null ? {} : { mend }) });
}
