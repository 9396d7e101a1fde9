import { Type, type Static } from '@sinclair/typebox';
import { runPgd } from '#attacks/evasion/index';
import { AssayError } from '#base/errors';
import { row, type Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import { defineDefense } from '#plugin/define';
import type { Evidence, RunContext, StepValue } from '#plugin/plugin';
import { permutation, type RandomStreams } from '#stats/random';
import { isContinuous, type ContinuousDomain } from '#target/domain';
import { isCorrect, labelRow } from '#target/head';
import { chunkOf, type SampleSource } from '#target/sample-source';
import { boundsOf, immutablePositions } from '#target/table-domain';
import {
  isTrainable,
  type DifferentiableTarget,
  type Samples,
  type TrainableTarget,
  type Trainer,
} from '#target/target';
import { hardeningDetails } from './details.js';
import { hardenedOutcomes, hardens, HardeningPolicy, type HardeningEvidence, type Standing } from './judge.js';

const Options = Type.Object(
  {
    epsilon: Type.Number({ exclusiveMinimum: 0, default: 0.1, description: 'Linf radius in the units of the domain.' }),
    relativeStepSize: Type.Number({
      exclusiveMinimum: 0,
      default: 1.25,
      description: 'Step of the inner maximization as a multiple of epsilon.',
    }),
    epochs: Type.Integer({ minimum: 1, default: 5, description: 'Passes over the training data.' }),
    batchSize: Type.Integer({ minimum: 1, default: 64, description: 'Samples in one descent step.' }),
    learningRate: Type.Number({ exclusiveMinimum: 0, default: 0.02 }),
    momentum: Type.Number({ minimum: 0, exclusiveMaximum: 1, default: 0.9 }),
    evaluationSteps: Type.Integer({
      minimum: 1,
      default: 20,
      description: 'Steps of the PGD that measures robustness before and after.',
    }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof Options>;

/**
 * Fast adversarial training (Wong, Rice & Kolter 2020, arXiv:2001.03994, algorithm 3): each descent step is taken on
 * examples made by one signed gradient step from a uniform random start.
 */
export const fgsm = defineDefense({
  id: 'training/fgsm',
  area: 'training',
  title: 'Adversarial training hardens it',
  failureTitle: 'Adversarial training does not harden it enough',
  description:
    'Trains a copy of the model on adversarial examples made by a single signed gradient step from a random start, and ' +
    'measures clean and robust accuracy before and after on the test data, by the same PGD. The audited file is not ' +
    'changed; the hardened one is kept with the evidence.',
  sources: ['Wong, Rice & Kolter 2020, Fast is better than free, arXiv:2001.03994, algorithm 3'],
  severity: 'medium',
  frameworks: {
    'eu-ai-act': ['15(5)'],
    'nist-ai-rmf': ['MEASURE 2.7'],
    'owasp-ml': ['ML01'],
    'mitre-atlas': ['AML.M0003'],
  },
  needs: ['gradients', 'training'],
  data: ['test', 'train'],
  advice:
    'Train for longer, on more data, or from a larger network: capacity bounds robustness. ' +
    'Where clean accuracy falls too far, train at a smaller epsilon.',
  threat: null,
  texts: {
    'zh-CN': {
      title: '对抗训练使模型得到加固',
      failureTitle: '对抗训练对模型的加固不足',
      description:
        '用对抗样本训练模型的一个副本，样本由随机起点沿梯度符号走一步得到；并在测试数据上用同一种 PGD 测量训练前后的' +
        '干净准确率和鲁棒准确率。被审计的文件不会改动；加固后的文件与证据一并保存。',
      advice:
        '延长训练时间、增加数据，或从更大的网络开始：模型容量限制鲁棒性。' +
        '若干净准确率下降过多，则用更小的 epsilon 训练。',
      threat: null,
    },
    de: {
      title: 'Adversariales Training härtet das Modell',
      failureTitle: 'Adversariales Training härtet das Modell nicht genug',
      description:
        'Trainiert eine Kopie des Modells mit adversarialen Beispielen aus je einem Schritt entlang des Gradientenvorzeichens ' +
        'von einem zufälligen Startpunkt und misst auf den Testdaten vorher und nachher die Genauigkeit ohne Angriff und, mit ' +
        'demselben PGD, die robuste Genauigkeit. Die geprüfte Datei bleibt unverändert; die gehärtete wird bei den Nachweisen aufbewahrt.',
      advice:
        'Länger, mit mehr Daten oder mit einem größeren Netz trainieren: Die Kapazität begrenzt die Robustheit. ' +
        'Wo die Genauigkeit ohne Angriff zu weit fällt, mit einem kleineren Epsilon trainieren.',
      threat: null,
    },
  },
  options: Options,
  policy: HardeningPolicy,
  presets: {
    baseline: { robustAccuracyGain: { atLeast: 0 }, cleanAccuracyDrop: { atMost: 0.15 } },
    strict: { robustAccuracyGain: { atLeast: 0.1 }, cleanAccuracyDrop: { atMost: 0.05 } },
    'high-risk': { robustAccuracyGain: { atLeast: 0.2 }, cleanAccuracyDrop: { atMost: 0.02 } },
  },
  appliesTo: ({ domain }) =>
    isContinuous(domain) ? null : 'adversarial training by gradients needs real-valued inputs',
  cost: (samples, { epochs, evaluationSteps }) => ({
    predictions: 4 * samples,
    gradients: 2 * samples * evaluationSteps + epochs * samples,
  }),
  run: harden,
  judge: hardens,
  outcomes: hardenedOutcomes,
  details: hardeningDetails,
});

async function harden(context: RunContext<Options>): Promise<Evidence<HardeningEvidence>> {
  const { target, train, test, options } = context;
  if (target === null || !isTrainable(target) || train === null) {
    throw new AssayError('plugin', {
      where: 'training/fgsm',
      what: 'needs a target that can be trained, and training data',
    });
  }
  const total = options.epochs + 2;
  const before = await measured(context, 'before', target);
  context.progress(1, total);
  const trainer = await target.trainer({
    optimizer: { kind: 'sgd', momentum: options.momentum },
    learningRate: { kind: 'constant', rate: options.learningRate },
  });
  const losses = await descend(context, trainer, target, train, (epoch) => context.progress(1 + epoch, total));
  const hardened = await trainer.target();
  const after = await measured(context, 'after', hardened);
  const file = trainer.file();
  await Promise.all([hardened.dispose(), trainer.dispose()]);
  context.progress(total, total);
  return {
    data: {
      ...{ epsilon: options.epsilon, n: test.indices.length, indices: [...test.indices] },
      ...{ trained: train.indices.length, losses, before, after },
    },
    artifacts: [{ name: 'hardened.onnx', bytes: file }],
  };
}

/** All epochs, each a checkpoint of weights and velocities; gives the mean loss of each. */
async function descend(
  context: RunContext<Options>,
  trainer: Trainer,
  target: TrainableTarget,
  train: SampleSource,
  onEpoch: (epoch: number) => void,
): Promise<(number | null)[]> {
  const losses: (number | null)[] = [];
  for (let epoch = 1; epoch <= context.options.epochs; epoch++) {
    const done = await context.step(`epoch-${epoch}`, async () => {
      const loss = await oneEpoch(context, trainer, target, train, epoch);
      return { json: Number.isFinite(loss) ? loss : null, arrays: trainer.state() };
    });
    trainer.restore(done.arrays);
    losses.push(done.json);
    onEpoch(epoch);
  }
  return losses;
}

function lossOf({ labels }: Samples): LossSpec {
  return { kind: 'cross-entropy', labels: labels.values };
}

async function oneEpoch(
  context: RunContext<Options>,
  trainer: Trainer,
  target: TrainableTarget,
  train: SampleSource,
  epoch: number,
): Promise<number> {
  const { batchSize } = context.options;
  const order = permutation(train.indices.length, context.random.fork('order').of(epoch));
  let sum = 0;
  for (let start = 0; start < order.length; start += batchSize) {
    const rows = order.slice(start, start + batchSize);
    const batch = await train.take(rows);
    const perturbed = await perturb(trainer, batch, domainOf(target), context.options, context.random.fork(epoch));
    sum += (await trainer.step(perturbed, lossOf(batch))) * rows.length;
  }
  return sum / order.length;
}

/** One signed gradient step from a uniform start, projected to the ball and then to the domain. */
async function perturb(
  trainer: Trainer,
  batch: Samples,
  domain: ContinuousDomain,
  options: Options,
  random: RandomStreams,
): Promise<Tensor> {
  const { epsilon, relativeStepSize } = options;
  const { low, high } = boundsOf(domain);
  const immutable = domain.kind === 'tabular' ? immutablePositions(domain) : new Set<number>();
  const clip = (value: number, j: number): number => Math.min(Math.max(value, low[j] ?? NaN), high[j] ?? NaN);
  const start = { shape: batch.inputs.shape, data: batch.inputs.data.slice() };
  batch.indices.forEach((index, i) => {
    const stream = random.of(index);
    const values = row(start, i);
    values.forEach((value, j) => {
      const noise = epsilon * (2 * stream.uniform() - 1);
      if (!immutable.has(j)) values[j] = clip(value + noise, j);
    });
  });
  const { gradient } = await trainer.inputGradient(start, lossOf(batch));
  const moved = start.data.map((value, i) => {
    const j = i % low.length;
    if (immutable.has(j)) return value;
    const origin = batch.inputs.data[i] ?? 0;
    const step = value + relativeStepSize * epsilon * Math.sign(gradient.data[i] ?? 0);
    return clip(Math.min(Math.max(step, origin - epsilon), origin + epsilon), j);
  });
  return { shape: start.shape, data: moved };
}

/** Clean and robust accuracy, one bit a sample. */
async function measured(context: RunContext<Options>, name: string, target: DifferentiableTarget): Promise<Standing> {
  const { test, options } = context;
  const size = chunkOf(test.shape);
  const standing = { clean: [] as number[], robust: [] as number[] };
  for (let start = 0; start < test.indices.length; start += size) {
    const bits = await context.step(`${name}-${start / size}`, async () =>
      chunkStanding(
        target,
        await test.range(start, Math.min(start + size, test.indices.length)),
        options,
        context.random,
      ),
    );
    standing.clean.push(...(bits.arrays['clean'] ?? []));
    standing.robust.push(...(bits.arrays['robust'] ?? []));
  }
  return standing;
}

async function chunkStanding(
  target: DifferentiableTarget,
  samples: Samples,
  options: Options,
  random: RandomStreams,
): Promise<StepValue> {
  const scores = await target.predict(samples.inputs);
  const clean = Uint8Array.from(samples.indices, (_, i) =>
    isCorrect(target.head, row(scores, i), labelRow(samples.labels, i)) ? 1 : 0,
  );
  const survived = await survivors(target, samples, options, random);
  return { json: null, arrays: { clean, robust: survived } };
}

/** One bit a sample: whether it is right, and stays right under PGD without a random start. */
async function survivors(
  target: DifferentiableTarget,
  samples: Samples,
  { epsilon, evaluationSteps }: Options,
  random: RandomStreams,
): Promise<Uint8Array> {
  const pgd = {
    norm: 'Linf',
    epsilons: epsilon,
    steps: evaluationSteps,
    restarts: 1,
    randomStart: false,
    loss: 'cross-entropy',
    earlyStop: true,
  } as const;
  const { epsilons } = await runPgd(target, samples, pgd, random.fork('evaluation'));
  return Uint8Array.from(epsilons[0]?.outcomes ?? [], ({ fate }) => (fate === 'survived' ? 1 : 0));
}

function domainOf(target: TrainableTarget): ContinuousDomain {
  if (isContinuous(target.domain)) return target.domain;
  throw new AssayError('plugin', { where: 'training/fgsm', what: 'needs real-valued inputs' });
}
