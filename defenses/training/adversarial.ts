import { Type, type Static } from '@sinclair/typebox';
import { boxOf } from '#attacks/evasion/index';
import { AssayError } from '#base/errors';
import { defineDefense } from '#plugin/define';
import type { Evidence, RunContext } from '#plugin/plugin';
import { isContinuous, type ContinuousDomain } from '#target/domain';
import type { SampleSource } from '#target/sample-source';
import { isTrainable, type TrainableTarget } from '#target/target';
import { checkAugmentation } from './augmentation/augment.js';
import { hardeningDetails } from './details.js';
import { evaluationWords, standingOf, WALKS } from './evaluation.js';
import { hardenedOutcomes, hardens, HardeningPolicy, type HardeningEvidence } from './judge.js';
import { seededDraws } from './loop/draws.js';
import { train, type Trained } from './loop/train.js';
import type { Stop } from './loop/trouble.js';
import { completeSteps, Recipe } from './recipe.js';
import { absentClasses } from './sampling/absent-classes.js';
import { checkOversampling, strataOf } from './sampling/strata.js';
import { splitValidation } from './sampling/validation.js';
import { checkRecipe, passesOf, replaysOf, stepsOf, unfitFor } from './settings.js';

const Options = Type.Object(
  {
    ...Recipe.properties,
    evaluationSteps: Type.Integer({
      minimum: 1,
      default: 20,
      description: 'Steps of each attack that measures robustness before and after, on the test data.',
    }),
  },
  { additionalProperties: false },
);

type Options = Static<typeof Options>;

/**
 * Adversarial training (Madry et al. 2018, arXiv:1706.06083, equation 2.1) and what grew out of it: TRADES (Zhang et al.
 * 2019, arXiv:1901.08573), MART (Wang et al. 2020), fast (Wong, Rice & Kolter 2020, arXiv:2001.03994) and free (Shafahi et
 * al. 2019, arXiv:1904.12843) adversarial training, with adversarial weight perturbation (Wu et al. 2020,
 * arXiv:2004.05884). The inner maximization asks the model as at inference, and descents train it as the recipe says.
 */
export const adversarial = defineDefense({
  id: 'training/adversarial',
  area: 'training',
  title: 'Adversarial training hardens it',
  failureTitle: 'Adversarial training does not harden it enough',
  description:
    'Trains a copy of the model by a recipe: on adversarial examples made by PGD, TRADES, MART, or one step from a random ' +
    'start, with augmentation, oversampling and regularization. Clean and robust accuracy before and after are measured on ' +
    'the test data by the same attacks. The audited file is not changed; the hardened one is kept with the evidence.',
  sources: [
    'Madry et al. 2018, Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083',
    'Zhang et al. 2019, Theoretically Principled Trade-off between Robustness and Accuracy, arXiv:1901.08573',
    'Wang et al. 2020, Improving Adversarial Robustness Requires Revisiting Misclassified Examples, ICLR',
    'Wong, Rice & Kolter 2020, Fast is better than free, arXiv:2001.03994, algorithm 3',
    'Shafahi et al. 2019, Adversarial Training for Free!, arXiv:1904.12843, algorithm 1',
    'Wu, Xia & Wang 2020, Adversarial Weight Perturbation Helps Robust Generalization, arXiv:2004.05884',
  ],
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
        '按配方训练模型的一个副本：对抗样本由 PGD、TRADES、MART 或随机起点的一步得到，并可加入数据增强、过采样和正则化；' +
        '在测试数据上用相同的攻击测量训练前后的干净准确率和鲁棒准确率。被审计的文件不会改动；加固后的文件与证据一并保存。',
      advice:
        '延长训练时间、增加数据，或从更大的网络开始：模型容量限制鲁棒性。' +
        '若干净准确率下降过多，则用更小的 epsilon 训练。',
      threat: null,
    },
    de: {
      title: 'Adversariales Training härtet das Modell',
      failureTitle: 'Adversariales Training härtet das Modell nicht genug',
      description:
        'Trainiert eine Kopie des Modells nach einem Rezept: mit adversarialen Beispielen aus PGD, TRADES, MART oder einem Schritt ' +
        'von einem zufälligen Startpunkt, mit Augmentierung, Überabtastung und Regularisierung. Auf den Testdaten werden vorher ' +
        'und nachher mit denselben Angriffen die Genauigkeit ohne Angriff und die robuste Genauigkeit gemessen. Die geprüfte Datei bleibt unverändert; die gehärtete wird bei den Nachweisen aufbewahrt.',
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
  checkOptions: checkRecipe,
  appliesTo({ domain, head, trainGroups }, options) {
    if (!isContinuous(domain)) return 'adversarial training by gradients needs real-valued inputs';
    checkAugmentation(completeSteps(options.augmentation), domain);
    checkOversampling(options.oversampling, { head, domain, ...(trainGroups === undefined ? {} : { trainGroups }) });
    return unfitFor(head, options);
  },
  cost: (samples, options) => ({
    predictions: 4 * samples,
    // How many samples are trained on is not known here: as many as are tested on.
    gradients:
      2 * samples * options.evaluationSteps * WALKS +
      samples * passesOf(options) * replaysOf(options) * (stepsOf(options) + 1),
  }),
  run: harden,
  judge: hardens,
  outcomes: hardenedOutcomes,
  details: hardeningDetails,
});

async function harden(context: RunContext<Options>): Promise<Evidence<HardeningEvidence>> {
  const { target, train: data, test, options } = context;
  if (target === null || !isTrainable(target) || data === null) {
    throw new AssayError('plugin', {
      where: 'training/adversarial',
      what: 'needs a target that can be trained, and training data',
    });
  }
  const { evaluationSteps, ...rest } = options;
  const recipe = { ...rest, augmentation: completeSteps(rest.augmentation) };
  const evaluation = { norm: recipe.norm, epsilon: recipe.epsilon, steps: evaluationSteps };
  const measure = (name: string, measured: TrainableTarget) => standingOf(context, name, measured, evaluation);
  const before = await measure('before', target);
  const known = {
    ...{ recipe, evaluation: evaluationWords(evaluation, target.head) },
    ...{ n: test.indices.length, indices: [...test.indices], before },
  };
  const absent = absentStop(data, target);
  if (absent !== null) {
    const untrained = { trained: 0, validated: 0, epochs: [], kept: 0, stop: absent, after: before };
    return { data: { ...known, ...untrained } };
  }
  const split = splitValidation(data, partsOf(recipe), target.head, context.random.fork('held-out'));
  const { trainer, epochs, kept, stop } = await trained(context, target, split, recipe);
  const hardened = await trainer.target();
  const after = await measure('after', hardened);
  const file = trainer.file();
  await Promise.all([hardened.dispose(), trainer.dispose()]);
  return {
    data: {
      ...known,
      ...{ trained: split.train.indices.length, validated: split.validation?.indices.length ?? 0 },
      ...{ epochs, kept, stop, after },
    },
    artifacts: [{ name: 'hardened.onnx', bytes: file }],
  };
}

function partsOf({ validation: { part, samples } }: Recipe): { readonly part: number; readonly most: number } {
  return { part, most: samples };
}

async function trained(
  context: RunContext<Options>,
  target: TrainableTarget,
  split: { readonly train: SampleSource; readonly validation: SampleSource | null },
  recipe: Recipe,
): Promise<Trained> {
  const { random } = context;
  const domain = domainOf(target);
  const strata = await strataOf(recipe.oversampling, { source: split.train, head: target.head, domain });
  return train({
    ...{ target, domain, recipe, ...split },
    draws: seededDraws(recipe, boxOf(target), { count: split.train.indices.length, strata }, random),
    random,
    bookmark: context.bookmark('training'),
    progress: (done, total) => {
      context.progress(done, total + 1);
    },
  });
}

/** A class that is not in the training data would be unlearned: that is said, and nothing is trained. */
function absentStop({ labels }: SampleSource, { head, labels: names }: TrainableTarget): Stop | null {
  const absent = absentClasses(labels, head);
  if (absent.length === 0) return null;
  const named = absent.map((index) => names?.[index] ?? String(index)).join(', ');
  return {
    kind: 'absent-class',
    sentence: `Nothing was trained: no training sample is labelled ${named}, which the model would unlearn.`,
  };
}

function domainOf({ domain }: TrainableTarget): ContinuousDomain {
  if (isContinuous(domain)) return domain;
  throw new AssayError('plugin', { where: 'training/adversarial', what: 'needs real-valued inputs' });
}
