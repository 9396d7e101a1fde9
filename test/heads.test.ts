import { join } from 'node:path';
import { runPgd, type PgdOptions } from '#attacks/evasion/index';
import { packageRoot } from '#base/package-root';
import type { DomainConfig } from '#config/domain-schema';
import type { FileTargetConfig } from '#config/schema';
import { loadSamples } from '#data/load-samples';
import { randomStreams } from '#stats/random';
import { declareTarget } from '#target/declare';
import { openTarget } from '#target/open';
import { readModelFile } from '#target/read-model';
import { isDifferentiable } from '#target/target';

/** Every head and layout of the fixtures, attacked with exact gradients from the files that users have. */

const fixtures = join(packageRoot(), 'fixtures');
const SAMPLES = 60;
const image: DomainConfig = { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] };

interface Outcome {
  readonly scale: string;
  readonly batch: string;
  readonly fates: readonly string[];
  readonly share: { readonly clean: number; readonly robust: number };
}

async function attack(file: string, target: Omit<FileTargetConfig, 'file'>, labels: string): Promise<Outcome> {
  const config = { file: join(fixtures, 'models', file), ...target };
  const model = await readModelFile(config.file);
  const declaration = await declareTarget(config, model);
  const data = {
    inputs: join(fixtures, 'data/fashion-test-images.idx3-ubyte.gz'),
    labels: join(fixtures, 'data', labels),
    scale: 1 / 255,
    sample: SAMPLES,
  };
  const { samples } = await loadSamples(data, declaration, 3);
  const { target: opened, card } = await openTarget(config, model, samples.inputs, { threads: 1, batchSize: 32 });
  if (!isDifferentiable(opened)) throw new Error(card.missing.map(({ because }) => because).join('; '));
  const options: PgdOptions = {
    ...{ norm: 'Linf', epsilons: 0.1, steps: 20, relativeStepSize: 0.1, restarts: 1 },
    ...{ randomStart: false, loss: 'margin', earlyStop: true },
  };
  const { epsilons } = await runPgd(opened, samples, options, randomStreams(0, 'heads'));
  await opened.dispose();
  const fates = (epsilons[0]?.outcomes ?? []).map(({ fate }) => fate);
  const share = (wanted: (fate: string) => boolean): number => fates.filter(wanted).length / fates.length;
  return {
    scale: card.head.scale,
    batch: card.batch,
    fates,
    share: { clean: share((fate) => fate !== 'misclassified'), robust: share((fate) => fate === 'survived') },
  };
}

const classes = { head: 'classes', domain: image } as const;
const CLASS_LABELS = 'fashion-test-labels.idx1-ubyte.gz';

describe('one network in several files falls on the same samples', () => {
  let plain: Outcome;
  beforeAll(async () => {
    plain = await attack('fashion-mlp.onnx', classes, CLASS_LABELS);
  });

  test('as logits', () => {
    expect(plain).toMatchObject({ scale: 'logits', batch: 'dynamic' });
    expect(plain.share.clean).toBeGreaterThan(0.8);
    expect(plain.share.robust).toBeLessThan(0.2);
  });

  test.each([
    ['with a softmax at its end', 'fashion-softmax.onnx', classes, { scale: 'probabilities' }],
    ['with a batch of one, which is lifted', 'fashion-mlp-batch1.onnx', classes, { batch: 'dynamic' }],
    ['with channels last', 'fashion-mlp-nhwc.onnx', { ...classes, domain: { ...image, layout: 'NHWC' } } as const, {}],
  ])('%s', async (_, file, target, card) => {
    const other = await attack(file, target, CLASS_LABELS);
    expect(other).toMatchObject(card);
    expect(other.fates).toEqual(plain.fates);
  });
});

describe('other heads are attacked by what success means for them', () => {
  test.each([
    ['binary', 'fashion-binary.onnx', { head: 'binary', domain: image } as const, 'fashion-binary-labels.npy'],
    [
      'multi-label',
      'fashion-multilabel.onnx',
      { head: 'multi-label', domain: image } as const,
      'fashion-multilabel-labels.npy',
    ],
    [
      'regression',
      'fashion-regression.onnx',
      { head: 'regression', tolerance: 0.02, domain: image } as const,
      'fashion-regression-labels.npy',
    ],
  ])('%s', async (_, file, target, labels) => {
    const { share } = await attack(file, target, labels);
    expect(share.clean).toBeGreaterThan(0.85);
    expect(share.robust).toBeLessThan(share.clean - 0.2);
  });
});
