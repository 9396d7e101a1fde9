import { defineAttack } from '#plugin/define';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { FgsmOptions, runFgsm } from './run-fgsm.js';
import { ascending } from './search/options.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

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
  cost: (samples, { epsilons, trust, eotDraws }) => {
    const count = ascending(epsilons).length;
    return evasionCost({ samples, epsilons, trust, eotDraws, singleStep: true }, 'gradients', {
      predictions: count,
      gradients: count,
    });
  },
  run: (context) => attackEvidence({ name: 'FGSM', uses: 'gradients', run: runFgsm, singleStep: true }, context),
});
