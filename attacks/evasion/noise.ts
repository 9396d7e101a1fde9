import { defineAttack } from '#plugin/define';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { evasion } from './verdict/family.js';
import { ascending } from './search/options.js';
import { checkNoiseOptions, NoiseOptions, runNoise } from './run-noise.js';

export const noise = defineAttack({
  ...evasion,
  id: 'evasion/noise',
  title: 'Withstands random noise',
  failureTitle: 'Falls to random noise',
  description:
    'Adds noise drawn uniformly from all changes of at most epsilon, several times for each input. No adversary is ' +
    'needed to meet such inputs, and an attack that finds less than noise does has failed.',
  sources: ['Carlini et al. 2019, On Evaluating Adversarial Robustness, arXiv:1902.06705, section 4.3'],
  severity: 'medium',
  frameworks: { ...evasion.frameworks, 'mitre-atlas': ['AML.T0043'] },
  needs: ['scores'],
  threat:
    'Nobody in particular: a sensor, a codec or someone who changes inputs at random and knows nothing of the model.',
  advice:
    'Train with noise of this size added to the inputs.\n' +
    'Filter inputs before the model, and audit the filter and the model as one target.',
  texts: {
    'zh-CN': {
      title: '经受住随机噪声',
      failureTitle: '未能经受住随机噪声',
      description:
        '对每个输入多次添加噪声，噪声从所有不超过 epsilon 的改动中均匀抽取。这样的输入无需攻击者也会遇到；' +
        '若某种攻击找到的错误还不如噪声多，则该攻击本身已经失败。',
      threat: '没有特定的攻击者：传感器、编解码器，或者对模型一无所知、随机改动输入的人。',
      advice: '训练时在输入中加入同等强度的噪声。\n在模型之前对输入进行滤波，并将滤波器与模型作为一个整体进行审计。',
    },
    de: {
      title: 'Hält zufälligem Rauschen stand',
      failureTitle: 'Unterliegt zufälligem Rauschen',
      description:
        'Addiert mehrmals je Eingabe Rauschen, das gleichverteilt aus allen Änderungen von höchstens Epsilon gezogen wird. ' +
        'Solche Eingaben kommen auch ohne Angreifer vor, und ein Angriff, der weniger findet als Rauschen, ist misslungen.',
      threat:
        'Niemand Bestimmtes: ein Sensor, ein Codec oder jemand, der Eingaben zufällig verändert und nichts über das Modell weiß.',
      advice:
        'Mit Rauschen dieser Stärke auf den Eingaben trainieren.\n' +
        'Eingaben vor dem Modell filtern und den Filter und das Modell als ein Ganzes prüfen.',
    },
  },
  options: NoiseOptions,
  checkOptions: checkNoiseOptions,
  cost: (samples, { epsilons, draws }) =>
    evasionCost({ samples, epsilons }, 'nothing examined', {
      predictions: ascending(epsilons).length * draws,
      gradients: 0,
    }),
  run: (context) => attackEvidence({ name: 'random noise', uses: 'scores', run: runNoise, examined: false }, context),
});
