import { Type, type Static } from '@sinclair/typebox';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import type { DifferentiableTarget, Samples } from '#target/target';
import { climb } from './search/climb.js';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';
import { ascending, BallOptions, EotOption, LossOption } from './search/options.js';
import type { AttackResult, EpsilonResult, OnProgress } from './search/result.js';
import { boxOf } from './geometry/space.js';
import { atOriginals } from './search/walk.js';
import { WorstCase } from './search/worst-case.js';

export const FgsmOptions = Type.Object(
  { ...BallOptions, loss: LossOption, eotDraws: Type.Optional(EotOption) },
  { additionalProperties: false },
);

export type FgsmOptions = Static<typeof FgsmOptions>;

/**
 * The fast gradient sign method (Goodfellow et al. 2015, arXiv:1412.6572) and its forms for other norms: one step of
 * length epsilon from the input along steepest ascent, clipped to the domain, x' = clip(x + epsilon s(g)).
 *
 * The loss is taken at the true label. With the model's own prediction, as some libraries do where no label is given,
 * samples that are wrong already would count as robust (Kurakin et al. 2017, arXiv:1611.01236, "label leaking").
 */
export async function runFgsm(
  target: DifferentiableTarget,
  samples: Samples,
  options: FgsmOptions,
  _random?: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  const epsilons = ascending(options.epsilons);
  const { norm, loss } = options;
  const box = boxOf(target);
  const results: EpsilonResult[] = [];
  let done = 0;

  const search = await WorstCase.begin(target, samples, { loss, draws: options.eotDraws ?? 1 });
  for (const epsilon of epsilons) {
    const space = { norm, epsilon, box };
    const oneStep = { steps: 1, stride: { size: epsilon, aroundBounds: false }, earlyStop: true };
    search.enter(epsilon);
    const start = atOriginals(samples.inputs, search.attacked, space);
    await climb(target, search, start, space, oneStep, () => progress(++done, epsilons.length));
    results.push(search.leave(epsilon));
  }
  return { norm, epsilons: results };
}

export const fgsm = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/fgsm',
  title: 'Withstands the fast gradient sign method',
  failureTitle: 'Falls to the fast gradient sign method',
  description:
    'Moves each input once, by epsilon, in the direction in which the loss rises fastest. The cheapest attack with ' +
    'gradients: what falls to it has no robustness, and what withstands it has shown little.',
  sources: ['Goodfellow, Shlens & Szegedy 2015, Explaining and Harnessing Adversarial Examples, arXiv:1412.6572'],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住快速梯度符号法（FGSM）攻击',
      failureTitle: '未能经受住快速梯度符号法（FGSM）攻击',
      description:
        '将每个输入沿损失上升最快的方向移动一次，步长为 epsilon。这是代价最低的梯度攻击：' +
        '抵挡不住它的模型没有鲁棒性，而抵挡住它也说明不了多少问题。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält der Fast Gradient Sign Method (FGSM) stand',
      failureTitle: 'Unterliegt der Fast Gradient Sign Method (FGSM)',
      description:
        'Verschiebt jede Eingabe einmal um Epsilon in die Richtung, in der der Verlust am schnellsten steigt. Der billigste ' +
        'Angriff mit Gradienten: Was ihm unterliegt, ist nicht robust, und was ihm standhält, hat damit wenig gezeigt.',
    },
  },
  options: FgsmOptions,
  checkOptions: ({ epsilons }) => void ascending(epsilons),
  cost: (samples, { epsilons }) => {
    const count = ascending(epsilons).length;
    return evasionCost({ samples, epsilons }, 'gradients', { predictions: count, gradients: count });
  },
  run: (context) => attackEvidence({ name: 'FGSM', uses: 'gradients', run: runFgsm }, context),
});
