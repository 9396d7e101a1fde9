import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ProbeResult } from './probe.js';

const TIMEOUT_MS = 60_000;

/** Loads the native library, runs a bundled model and its gradient in another process, and says what came of it. */
export function askProbe(): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const child = fork(fileURLToPath(new URL('./probe.js', import.meta.url)), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-2000)));
    child.once('message', (message) => resolve(message as ProbeResult));
    child.once('error', (error) => resolve({ kind: 'fails', sentence: error.message }));
    child.once('close', (code, signal) => {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      const lastLine = errors.trim().split('\n').at(-1) ?? '';
      resolve({ kind: 'fails', sentence: `the process ended with ${how}${lastLine === '' ? '' : ` (${lastLine})`}` });
    });
  });
}
