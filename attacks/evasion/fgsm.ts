import { Type, type Static } from '@sinclair/typebox';
import { defineAttack } from '#plugin/define';
import type { DifferentiableTarget, Samples } from '#target/target';
import type { RandomStreams } from '#stats/random';
import { attackEvidence } from './evidence.js';
import { evasion } from './family.js';
import { BallOptions, checkEpsilons, epsilonList, Loss } from './options.js';
import type { AttackResult, EpsilonResult, OnProgress } from './result.js';
import { rangeOf } from './space.js';
import { ascended, atOriginals, type Space } from './walk.js';
import { WorstCase } from './worst-case.js';

export const FgsmOptions = Type.Object({ ...BallOptions, loss: Loss }, { additionalProperties: false });

export type FgsmOptions = Static<typeof FgsmOptions>;

/**
 * The fast gradient method (Goodfellow et al. 2015, arXiv:1412.6572, section 4; L2 and L1 as in Kurakin et al. 2017):
 * one step of size epsilon along the steepest ascent of the loss at the input, clipped to the domain.
 */
export async function runFgsm(
  target: DifferentiableTarget,
  samples: Samples,
  options: FgsmOptions,
  random: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  void random;
  const search = await WorstCase.begin(target, samples, options.loss);
  const epsilons = epsilonList(options.epsilons);
  const results: EpsilonResult[] = [];
  for (const [i, epsilon] of epsilons.entries()) {
    const space: Space = { norm: options.norm, epsilon, range: rangeOf(target) };
    search.enter(epsilon);
    const start = atOriginals(samples.inputs, search.survivors, space);
    if (start.positions.length > 0) {
      const { scores, gradient } = await target.gradient(start.inputs, search.lossOf(start));
      search.recordGradient(start, scores, gradient);
      const rows = start.positions.map((_, row) => row);
      const end = ascended(start, gradient, rows, space, { size: epsilon, aroundBounds: true });
      search.recordScores(end, await target.predict(end.inputs));
    }
    results.push(search.leave(epsilon));
    progress(i + 1, epsilons.length);
  }
  return { norm: options.norm, epsilons: results };
}

export const fgsm = defineAttack({
  ...evasion,
  id: 'evasion/fgsm',
  title: 'Withstands the fast gradient method',
  failureTitle: 'Falls to the fast gradient method',
  description:
    'Takes one step, as long as allowed, in the direction in which the loss of each input rises fastest. A weak attack: ' +
    'falling to it is telling, withstanding it is not.',
  sources: ['Goodfellow, Shlens & Szegedy 2015, Explaining and Harnessing Adversarial Examples, arXiv:1412.6572'],
  severity: 'high',
  needs: ['scores', 'gradients'],
  options: FgsmOptions,
  checkOptions: checkEpsilons,
  cost: (samples, { epsilons }) => {
    const runs = samples * epsilonList(epsilons).length;
    return { predictions: 2 * samples + 12 * runs, gradients: runs };
  },
  run: (context) => attackEvidence(runFgsm, context, 'FGSM'),
});
