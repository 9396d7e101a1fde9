import { availableParallelism } from 'node:os';
import type { Device } from '#engine/index';
import { randomStreams } from '#stats/random';
import { runPgd } from '../attacks/evasion/pgd.js';
import type { AttackRequest } from './device-process.js';
import { fashion, TORCH_OPTIONS } from './fashion.js';

export interface DeviceAttack {
  /** For each image, whether the model withstands. */
  readonly robust: readonly boolean[];
  /** Of the attack, without opening the model. */
  readonly seconds: number;
}

/** PGD-40 as PyTorch runs it in bench/peers/pgd_torch.py: every step for every image, whatever became of it. */
export async function attack(device: Device, { model, images }: AttackRequest): Promise<DeviceAttack> {
  const { target, samples } = await fashion(model, images, { threads: availableParallelism(), device });
  // Sessions are made by the first execution.
  await target.gradient(samples.inputs, { kind: 'cross-entropy', labels: samples.labels.values });
  const start = performance.now();
  const { epsilons } = await runPgd(
    target,
    samples,
    { ...TORCH_OPTIONS, earlyStop: false },
    randomStreams(0, 'device'),
  );
  const seconds = (performance.now() - start) / 1000;
  await target.dispose();
  return { robust: (epsilons[0]?.outcomes ?? []).map(({ fate }) => fate === 'survived'), seconds };
}
