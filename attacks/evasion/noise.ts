import { defineAttack } from '#plugin/define';
import { attackEvidence, evasionCost } from './evidence.js';
import { evasion } from './family.js';
import { ascending } from './options.js';
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
  options: NoiseOptions,
  checkOptions: checkNoiseOptions,
  cost: (samples, { epsilons, draws }) =>
    evasionCost({ samples, epsilons }, 'scores', { predictions: ascending(epsilons).length * draws, gradients: 0 }),
  run: (context) => attackEvidence({ name: 'random noise', uses: 'scores', run: runNoise }, context),
});
