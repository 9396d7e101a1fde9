import { defineAttack } from '#plugin/define';
import type { TargetFacts } from '#plugin/plugin';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { strongerFab } from './fab/options.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';
import { FabTOptions, runFabT, unfit, checkFabTOptions } from './run-fab-t.js';

export const fabT = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/fab-t',
  title: 'Withstands the targeted Fast Adaptive Boundary attack (FAB-T)',
  failureTitle: 'Falls to the targeted Fast Adaptive Boundary attack (FAB-T)',
  description:
    'Looks for the smallest change that makes the model wrong: walks along the boundaries to the wrong classes that the model ' +
    'finds most likely, one after the other, close to the input, by exact projections within the domain. One run gives the ' +
    'whole security curve.',
  sources: [
    'Croce & Hein 2020, Minimally Distorted Adversarial Examples with a Fast Adaptive Boundary Attack, arXiv:1907.02044',
    'Croce & Hein 2020, Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free Attacks, arXiv:2003.01690',
  ],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住有目标的快速自适应边界（FAB-T）攻击',
      failureTitle: '未能经受住有目标的快速自适应边界（FAB-T）攻击',
      description:
        '寻找使模型判断错误的最小改动：通过定义域内的精确投影，在输入附近依次沿着通向模型认为最可能的各个错误类别的边界前进。' +
        '一次运行即可得到完整的安全曲线。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält dem gezielten Fast-Adaptive-Boundary-Angriff (FAB-T) stand',
      failureTitle: 'Unterliegt dem gezielten Fast-Adaptive-Boundary-Angriff (FAB-T)',
      description:
        'Sucht die kleinste Änderung, bei der das Modell falsch liegt: läuft mit exakten Projektionen innerhalb des ' +
        'Wertebereichs nahe der Eingabe an den Grenzen zu den falschen Klassen entlang, die das Modell für die ' +
        'wahrscheinlichsten hält, eine nach der anderen. Ein Lauf ergibt die ganze Sicherheitskurve.',
    },
  },
  options: FabTOptions,
  checkOptions: checkFabTOptions,
  appliesTo: (facts: TargetFacts) => evasion.appliesTo(facts) ?? unfit(facts.head),
  cost: (samples, { epsilons, trust, steps, restarts, targetClasses }) => {
    const each = targetClasses * restarts * steps;
    return evasionCost({ samples, epsilons, trust, minimumNorm: true }, 'gradients', {
      predictions: each,
      gradients: each,
    });
  },
  run: (context) =>
    attackEvidence(
      { name: 'FAB-T', uses: 'gradients', minimumNorm: true, stronger: strongerFab, run: runFabT },
      context,
    ),
});
