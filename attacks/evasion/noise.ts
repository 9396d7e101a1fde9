import { defineAttack } from '#plugin/define';
import { attackEvidence } from './evidence.js';
import { evasion } from './family.js';
import { checkEpsilons, epsilonList } from './options.js';
import { NoiseOptions, runNoise } from './run-noise.js';

export const noise = defineAttack({
  ...evasion,
  id: 'evasion/noise',
  title: 'Withstands random noise',
  failureTitle: 'Falls to random noise',
  description:
    'Draws points uniformly from the ball around each input. Not an adversary, but the least that one could do: a model ' +
    'that falls to noise needs no attacker, and an attack that does worse than noise has failed.',
  sources: ['Carlini et al. 2019, On Evaluating Adversarial Robustness, arXiv:1902.06705, section 4'],
  severity: 'medium',
  needs: ['scores'],
  options: NoiseOptions,
  checkOptions: checkEpsilons,
  cost: (samples, { epsilons, draws }) => ({
    predictions: samples * (2 + epsilonList(epsilons).length * (draws + 1)),
    gradients: 0,
  }),
  run: (context) => attackEvidence(runNoise, context, 'Noise'),
});
