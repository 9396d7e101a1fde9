import { Type, type Static } from '@sinclair/typebox';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import type { DifferentiableTarget, Samples } from '#target/target';
import { attackEvidence, climbCost } from './evidence/evidence.js';
import { runPgd } from './pgd.js';
import { ascending, BallOptions, EotOption, LossOption, requireCount } from './search/options.js';
import type { AttackResult, OnProgress } from './search/result.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

export const BimOptions = Type.Object(
  {
    ...BallOptions,
    steps: Type.Integer({ minimum: 1, default: 10, description: 'Gradient steps, each of length epsilon / steps.' }),
    loss: LossOption,
    eotDraws: Type.Optional(EotOption),
  },
  { additionalProperties: false },
);

export type BimOptions = Static<typeof BimOptions>;

/**
 * The basic iterative method (Kurakin et al. 2017, arXiv:1607.02533, section 2.2): projected gradient descent from the input
 * itself, in steps of epsilon / steps, so that the last one just reaches the border. The paper clips to a cube; other norms
 * take their own steepest direction and ball.
 *
 * @param samples with their true labels
 * @throws AssayError `usage` for options that contradict each other
 */
export function runBim(
  target: DifferentiableTarget,
  samples: Samples,
  options: BimOptions,
  random: RandomStreams,
  progress?: OnProgress,
): Promise<AttackResult> {
  const walk = { relativeStepSize: 1 / options.steps, restarts: 1, randomStart: false, earlyStop: true };
  return runPgd(target, samples, { ...options, ...walk }, random, progress);
}

function checkBimOptions({ epsilons, steps }: BimOptions): void {
  ascending(epsilons);
  requireCount('steps', steps);
}

export const bim = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/bim',
  title: 'Withstands the basic iterative method',
  failureTitle: 'Falls to the basic iterative method',
  description:
    'Moves each input in small equal steps along the gradient of the loss, from the input itself until the border of the ball ' +
    'is reached. Weaker than projected gradient descent: what withstands it has shown little.',
  sources: ['Kurakin, Goodfellow & Bengio 2017, Adversarial Examples in the Physical World, arXiv:1607.02533'],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住基本迭代法（BIM）攻击',
      failureTitle: '未能经受住基本迭代法（BIM）攻击',
      description:
        '从输入本身出发，沿损失的梯度以相等的小步前进，直至到达 epsilon 范围的边界。' +
        '该攻击弱于投影梯度下降：抵挡住它说明不了多少问题。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält der Basic Iterative Method (BIM) stand',
      failureTitle: 'Unterliegt der Basic Iterative Method (BIM)',
      description:
        'Verschiebt jede Eingabe in kleinen, gleich langen Schritten entlang des Gradienten der Verlustfunktion, von der Eingabe ' +
        'selbst aus, bis der Rand erreicht ist. Schwächer als projizierter Gradientenabstieg: Was ihr standhält, hat damit ' +
        'wenig gezeigt.',
    },
  },
  options: BimOptions,
  checkOptions: checkBimOptions,
  cost: (samples, options) => climbCost(samples, options),
  run: (context) =>
    attackEvidence(
      {
        name: 'BIM',
        uses: 'gradients',
        run: runBim,
        stronger: { steps: (options) => ({ ...options, steps: 2 * options.steps }) },
      },
      context,
    ),
});
