/**
 * The engine's front door in a process of its own, as the product has it: whatever a model does to the native library,
 * it does not do to the test.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { EngineSpec } from '#engine/index';
import { bundleWorker } from './worker-bundle.js';

export interface OpeningRequest {
  readonly file: Uint8Array;
  readonly spec: EngineSpec;
  /** `openOnnxModel`, or `describeOnnxModel`, which executes nothing. */
  readonly through: 'execution' | 'description';
}

export interface OpeningResult {
  /** Null: opened. `code` is null for what is no AssayError. */
  readonly error: { readonly code: string | null; readonly message: string } | null;
  readonly cpuSeconds: number;
  /** Of the process since it was started. */
  readonly peakMiB: number;
}

/** What became of the process instead of a result. */
export interface Death {
  readonly death: string;
}

/** Address space, most of which a process of Node reserves and never touches. */
const MOST_ADDRESS_KIB = 24 * 2 ** 20;
const LONGEST_MS = 20_000;

export class EngineProcess {
  #child: ChildProcess | null = null;

  private constructor(private readonly worker: string) {}

  static async create(): Promise<EngineProcess> {
    return new EngineProcess(await bundleWorker('engine-worker', ['node_modules']));
  }

  /** Opens one model; in a new process where the last one died. */
  open(request: OpeningRequest): Promise<OpeningResult | Death> {
    const child = (this.#child ??= this.#start());
    return new Promise((resolve) => {
      const settle = (result: OpeningResult | Death): void => {
        clearTimeout(timer);
        child.removeAllListeners();
        if ('death' in result) this.#child = null;
        resolve(result);
      };
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        settle({ death: `no answer within ${LONGEST_MS / 1000} s` });
      }, LONGEST_MS);
      child.once('message', (result: OpeningResult) => settle(result));
      child.once('exit', (code, signal) => settle({ death: signal ?? `exit code ${code ?? 'unknown'}` }));
      child.send(request, () => undefined);
    });
  }

  dispose(): void {
    this.#child?.removeAllListeners();
    this.#child?.kill('SIGKILL');
  }

  #start(): ChildProcess {
    const program = [process.execPath, this.worker];
    return spawn('sh', ['-c', `ulimit -v ${MOST_ADDRESS_KIB}; exec "$0" "$@"`, ...program], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
  }
}
