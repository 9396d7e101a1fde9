import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runPgd } from '#attacks/evasion/index';
import { packageRoot } from '#base/package-root';
import type { SamplesConfig, TargetConfig } from '#config/schema';
import { loadSamples } from '#data/load-samples';
import { randomStreams } from '#stats/random';
import { declareTarget } from '#target/declare';
import { openTarget } from '#target/open';
import { readModelFile } from '#target/read-model';
import { isDifferentiable } from '#target/target';

/** What the same attack finds in PyTorch on the same 1,000 images, without a random start; bench/peers/pgd_torch.py. */
const peer = JSON.parse(readFileSync(join(packageRoot(), 'fixtures/gradients/pgd-torch.json'), 'utf8')) as {
  readonly models: Readonly<Record<string, { readonly clean: number; readonly robust: number }>>;
};

const fixtures = join(packageRoot(), 'fixtures');
const data: SamplesConfig = {
  inputs: join(fixtures, 'data/fashion-test-images.idx3-ubyte.gz'),
  labels: join(fixtures, 'data/fashion-test-labels.idx1-ubyte.gz'),
  scale: 1 / 255,
};

async function accuracies(file: string): Promise<{ clean: number; robust: number }> {
  const config: TargetConfig = {
    file: join(fixtures, 'models', file),
    head: 'classes',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
  };
  const model = await readModelFile(config.file);
  const { samples } = await loadSamples(data, await declareTarget(config, model), 0);
  const probe = { shape: [8, 1, 28, 28], data: samples.inputs.data.slice(0, 8 * 784) };
  const { target } = await openTarget(config, model, probe, { threads: 2, batchSize: 128 });
  if (!isDifferentiable(target)) throw new Error('the fixture has lost its gradients');
  const options = {
    norm: 'Linf',
    epsilons: 0.1,
    steps: 40,
    relativeStepSize: 0.1,
    restarts: 1,
    randomStart: false,
    loss: 'cross-entropy',
    earlyStop: true,
  } as const;
  const result = await runPgd(target, samples, options, randomStreams(0, 'test'));
  await target.dispose();
  const fates = (result.epsilons[0]?.outcomes ?? []).map(({ fate }) => fate);
  const share = (wanted: (fate: string) => boolean): number => fates.filter(wanted).length / fates.length;
  return { clean: share((fate) => fate !== 'misclassified'), robust: share((fate) => fate === 'survived') };
}

describe('PGD finds what it finds in PyTorch', () => {
  test.each([
    ['fashion-cnn.onnx', 0, 0.05],
    ['fashion-cnn-robust.onnx', 0.6, 1],
  ])('%s: robust accuracy between %p and %p, and within 0.2 points of the peer', async (file, least, most) => {
    const { clean, robust } = await accuracies(file);
    const wanted = peer.models[file];
    expect(robust).toBeGreaterThanOrEqual(least);
    expect(robust).toBeLessThanOrEqual(most);
    expect(Math.abs(robust - (wanted?.robust ?? NaN))).toBeLessThanOrEqual(0.002);
    expect(clean).toBe(wanted?.clean);
  });
});
