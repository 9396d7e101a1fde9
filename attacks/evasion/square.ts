import { defineAttack } from '#plugin/define';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { checkSquareOptions, runSquare, SquareOptions } from './run-square.js';
import { ascending } from './search/options.js';
import { evasion } from './verdict/family.js';

/** What the examination holds the attack against. */
const stronger = {
  steps: (options: SquareOptions): SquareOptions => ({ ...options, queries: 2 * options.queries }),
  restarts: (options: SquareOptions): SquareOptions => ({ ...options, restarts: 5 * options.restarts }),
};

export const square = defineAttack({
  ...evasion,
  id: 'evasion/square',
  title: 'Withstands the Square Attack',
  failureTitle: 'Falls to the Square Attack',
  description:
    'Changes one window of each input at a time, at random, and keeps what brings the model closer to a mistake. It needs ' +
    'the scores alone, so it sees through defenses that only hide or break gradients; its queries are counted and limited.',
  sources: [
    'Andriushchenko et al. 2020, Square Attack: a query-efficient black-box adversarial attack via random search, arXiv:1912.00049',
    'Croce & Hein 2020, Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks, arXiv:2003.01690',
    'Croce & Hein 2021, Mind the box: l1-APGD, arXiv:2103.01208 (the form for L1)',
  ],
  severity: 'high',
  frameworks: { ...evasion.frameworks, 'mitre-atlas': ['AML.T0015', 'AML.T0043.001'] },
  needs: ['scores'],
  threat:
    'An adversary who sees the scores of the model and nothing else of it, may ask it often, and changes single inputs by ' +
    'at most epsilon in the stated norm, within the domain.',
  advice:
    'Train on adversarial examples (`assay harden` writes and audits the new file).\n' +
    'Limit how often one client may ask, watch for long series of inputs that hardly differ, and give labels where scores ' +
    'are not needed.',
  texts: {
    'zh-CN': {
      title: '经受住 Square 攻击',
      failureTitle: '未能经受住 Square 攻击',
      description:
        '每次随机改动输入的一个窗口，保留使模型更接近出错的改动。该攻击只需要模型的得分，因此能识破仅仅隐藏或破坏梯度的防御；' +
        '其查询次数有上限，并逐一计数。',
      threat:
        '只能看到模型得分、对模型一无所知、可以多次查询的攻击者：在定义域内改动单个输入，改动量按所述范数不超过 epsilon。',
      advice:
        '使用对抗样本进行训练（`assay harden` 会写出新文件并对其审计）。\n' +
        '限制单个客户端的查询次数，留意一长串几乎没有差别的输入；不需要得分时只返回标签。',
    },
    de: {
      title: 'Hält dem Square-Angriff stand',
      failureTitle: 'Unterliegt dem Square-Angriff',
      description:
        'Ändert jede Eingabe zufällig, ein Fenster nach dem anderen, und behält, was das Modell einem Fehler näher bringt. Er ' +
        'braucht nur die Scores und durchschaut daher Abwehren, die Gradienten bloß verbergen oder zerstören; seine Anfragen ' +
        'sind gezählt und begrenzt.',
      threat:
        'Ein Angreifer, der die Scores des Modells sieht und sonst nichts, es oft befragen darf und einzelne Eingaben um ' +
        'höchstens Epsilon in der angegebenen Norm verändert, innerhalb des zulässigen Wertebereichs.',
      advice:
        'Mit adversarialen Beispielen trainieren (`assay harden` schreibt die neue Datei und prüft sie).\n' +
        'Begrenzen, wie oft ein einzelner Client fragen darf, auf lange Reihen fast gleicher Eingaben achten und nur Labels ' +
        'herausgeben, wo keine Scores nötig sind.',
    },
  },
  options: SquareOptions,
  checkOptions: checkSquareOptions,
  cost: (samples, { epsilons, trust, queries, restarts }) => {
    const predictions = ascending(epsilons).length * restarts * queries;
    return evasionCost({ samples, epsilons, trust }, 'scores', { predictions, gradients: 0 });
  },
  run: (context) => attackEvidence({ name: 'the Square Attack', uses: 'scores', run: runSquare, stronger }, context),
});
