import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { rowRange } from '#base/tensor';
import type { TargetConfig } from '#config/schema';
import { loadSamples } from '#data/load-samples';
import type { Device } from '#engine/index';
import { declareTarget } from '#target/declare';
import { openTarget } from '#target/open';
import { readModelFile } from '#target/read-model';
import { isDifferentiable, type DifferentiableTarget, type Samples } from '#target/target';
import type { PgdOptions } from '../attacks/evasion/pgd.js';

const root = packageRoot();

/** What PyTorch's loop over the same images and model found: `bench/peers/pgd_torch.py`. */
export interface TorchRun {
  readonly misclassified: readonly number[];
  readonly broken: readonly number[];
}

export function torchRun(model: string): TorchRun {
  const path = join(root, 'fixtures/gradients/pgd-torch.json');
  const { models } = JSON.parse(readFileSync(path, 'utf8')) as { models: Record<string, TorchRun> };
  const run = models[`${model}.onnx`];
  if (run === undefined) throw new Error(`${path} has no run of ${model}`);
  return run;
}

/** The settings of that run. */
export const TORCH_OPTIONS: PgdOptions = {
  ...{ norm: 'Linf', epsilons: 0.1, steps: 40, relativeStepSize: 0.1, restarts: 1 },
  ...{ randomStart: false, loss: 'cross-entropy', earlyStop: true },
};

/** A fixture model and the first test images. */
export async function fashion(
  model: string,
  count: number,
  { threads, device }: { readonly threads: number; readonly device: Device } = { threads: 2, device: 'cpu' },
): Promise<{ target: DifferentiableTarget; samples: Samples }> {
  const config: TargetConfig = {
    file: join(root, `fixtures/models/${model}.onnx`),
    head: 'classes',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
  };
  const bytes = await readModelFile(config.file);
  const files = {
    inputs: join(root, 'fixtures/data/fashion-test-images.idx3-ubyte.gz'),
    labels: join(root, 'fixtures/data/fashion-test-labels.idx1-ubyte.gz'),
    scale: 1 / 255,
  };
  const { samples } = await loadSamples(files, await declareTarget(config, bytes), 0);
  const resources = { threads, batchSize: 256 };
  const { target } = await openTarget(config, bytes, rowRange(samples.inputs, 0, 64), resources, device);
  if (!isDifferentiable(target)) throw new Error(`${model} has no gradients`);
  const few: Samples = {
    inputs: rowRange(samples.inputs, 0, count),
    labels: { width: 1, values: samples.labels.values.slice(0, count) },
    indices: samples.indices.slice(0, count),
  };
  return { target, samples: few };
}
