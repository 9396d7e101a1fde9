// The command line of Assay, and the processes that compute on a device.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { DeviceProcess } from './compiled.mjs';

export { OPERATOR_FAMILIES } from './compiled.mjs';

const cli = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const worker = fileURLToPath(new URL('device-worker.mjs', import.meta.url));

/** Runs a command that prints JSON. */
export function assay(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (part) => (output += part));
    child.stderr.on('data', (part) => (errors += part));
    child.once('error', reject);
    child.once('close', (code) => {
      try {
        resolve(JSON.parse(output));
      } catch {
        reject(new Error(`assay ${args.join(' ')} ended with ${code}: ${errors.trim().split('\n').at(-1)}`));
      }
    });
  });
}

export function startDevice(device) {
  return DeviceProcess.start(worker, device);
}
