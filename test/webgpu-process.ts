/**
 * ONNX Runtime's WebGPU provider in a process of its own, on SwiftShader: a driver that dies takes no test along, and shaders are
 * compiled once for all that is asked.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { packageRoot } from '#base/package-root';
import { SOFTWARE_VULKAN } from './software-vulkan.js';

export type WebGpuRequest =
  /** Cases of a family of operators: one for each operator and reason why a node stays on the CPU, or every case. */
  | { readonly kind: 'operators'; readonly family: string; readonly cases: 'chosen' | 'all' }
  /** A fixture model: scores, gradients and a Jacobian. */
  | { readonly kind: 'model'; readonly file: string }
  /** Steps of training: gradients by weights, losses, weights and running statistics. */
  | { readonly kind: 'training' };

export interface WebGpuResult {
  /** How many things were compared with the CPU. */
  readonly compared: number;
  /** The largest difference, relative to the largest value. */
  readonly largest: number;
  /** What differs by more than is allowed, or failed: a sentence each. */
  readonly problems: readonly string[];
}

export type WebGpuMessage =
  { readonly kind: 'begun'; readonly what: string } | { readonly kind: 'done'; readonly result: WebGpuResult };

export class WebGpuProcess {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<WebGpuProcess> {
    const folder = mkdtempSync(join(tmpdir(), 'assay-webgpu-'));
    // Where the bundle finds the runtime and the fixtures.
    for (const name of ['node_modules', 'fixtures', 'package.json']) {
      symlinkSync(join(packageRoot(), name), join(folder, name));
    }
    await build({
      entryPoints: [join(packageRoot(), 'test/webgpu-worker.ts')],
      outfile: join(folder, 'webgpu-worker.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['assay-source'],
      packages: 'external',
      logLevel: 'error',
    });
    const child = spawn(process.execPath, [join(folder, 'webgpu-worker.mjs')], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { ...process.env, ...SOFTWARE_VULKAN },
    });
    return new WebGpuProcess(folder, child);
  }

  ask(request: WebGpuRequest): Promise<WebGpuResult> {
    return new Promise((resolve, reject) => {
      let last = 'nothing';
      const { child } = this;
      child.on('message', (message: WebGpuMessage) => {
        if (message.kind === 'begun') last = message.what;
        else settle(() => resolve(message.result));
      });
      child.once('exit', (code, signal) =>
        settle(() => reject(new Error(`the process died in ${last} (${signal ?? `exit code ${code ?? 'unknown'}`})`))),
      );
      const settle = (how: () => void): void => {
        child.removeAllListeners();
        how();
      };
      child.send(request, () => undefined);
    });
  }

  dispose(): void {
    this.child.removeAllListeners();
    this.child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
