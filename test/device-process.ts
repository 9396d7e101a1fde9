/**
 * A device of ONNX Runtime in a process of its own: a driver that dies takes no test along, and shaders are compiled once for
 * all that is asked.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Device } from '#engine/index';
import type { DeviceAttack } from './device-attack.js';
import type { ComparisonResult } from './comparison.js';

/** What is computed on the device and on the CPU. */
export type ComparisonRequest =
  /** Cases of a family of operators: one for each operator and reason why a node stays on the CPU, or every case. */
  | { readonly kind: 'operators'; readonly family: string; readonly cases: 'chosen' | 'all' }
  /** A fixture model: scores, gradients and a Jacobian. */
  | { readonly kind: 'model'; readonly file: string }
  /** Steps of training: gradients by weights, losses, weights and running statistics. */
  | { readonly kind: 'training' };

/** PGD-40 against a fixture model, on the device alone. */
export interface AttackRequest {
  readonly kind: 'attack';
  /** Without `.onnx`. */
  readonly model: string;
  /** Test images of Fashion-MNIST, from the first on. */
  readonly images: number;
}

export type DeviceMessage =
  | { readonly kind: 'begun'; readonly what: string }
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly sentence: string };

export class DeviceProcess {
  private constructor(private readonly child: ChildProcess) {}

  /** @param worker the bundle of device-worker.ts */
  static start(worker: string, device: Device, env: Readonly<Record<string, string>> = {}): DeviceProcess {
    const child = spawn(process.execPath, [worker, device], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      env: { ...process.env, ...env },
    });
    return new DeviceProcess(child);
  }

  compare(request: ComparisonRequest): Promise<ComparisonResult> {
    return this.#ask(request) as Promise<ComparisonResult>;
  }

  attack(request: AttackRequest): Promise<DeviceAttack> {
    return this.#ask(request) as Promise<DeviceAttack>;
  }

  dispose(): void {
    this.child.removeAllListeners();
    this.child.kill('SIGKILL');
  }

  #ask(request: ComparisonRequest | AttackRequest): Promise<unknown> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      let last = 'nothing';
      const settle = (how: () => void): void => {
        child.removeAllListeners();
        how();
      };
      child.on('message', (message: DeviceMessage) => {
        if (message.kind === 'begun') last = message.what;
        else if (message.kind === 'done') settle(() => resolve(message.result));
        else settle(() => reject(new Error(message.sentence)));
      });
      const died = (how: string) => settle(() => reject(new Error(`the process died in ${last} (${how})`)));
      if (child.exitCode !== null || child.signalCode !== null) died('before it was asked');
      child.once('exit', (code, signal) => died(signal ?? `exit code ${code ?? 'unknown'}`));
      child.send(request, () => undefined);
    });
  }
}
