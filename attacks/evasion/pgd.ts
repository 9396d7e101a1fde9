import { Type, type Static } from '@sinclair/typebox';
import { defineAttack } from '#plugin/define';
import type { DifferentiableTarget, Samples } from '#target/target';
import type { RandomStreams } from '#stats/random';
import { attackEvidence } from './evidence.js';
import { evasion } from './family.js';
import { BallOptions, checkEpsilons, epsilonList, Loss } from './options.js';
import type { AttackResult, EpsilonResult, OnProgress } from './result.js';
import { rangeOf } from './space.js';
import { ascended, atOriginals, atRandomPoints, compacted, type Space, type Walk } from './walk.js';
import { WorstCase } from './worst-case.js';

export const PgdOptions = Type.Object(
  {
    ...BallOptions,
    steps: Type.Integer({ minimum: 1, default: 40, description: 'Gradient steps of each restart.' }),
    relativeStepSize: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'Step as a fraction of epsilon. Default: 2.5 / steps.' }),
    ),
    restarts: Type.Integer({ minimum: 1, default: 1 }),
    randomStart: Type.Boolean({ default: true, description: 'Start uniformly in the ball instead of at the input.' }),
    loss: Loss,
    earlyStop: Type.Boolean({ default: true, description: 'A sample that is broken is not attacked any further.' }),
  },
  { additionalProperties: false },
);

export type PgdOptions = Static<typeof PgdOptions>;

/**
 * Projected gradient descent (Madry et al. 2018, arXiv:1706.06083, section 2.1), per sample the worst case over all
 * iterates and restarts. Each step: steepest ascent in the norm, projection to the ball, clip to the domain.
 *
 * Where others differ from the paper: the start is uniform in the ball also for L2 and L1, and L1 is projected exactly
 * onto ball and box (Croce & Hein 2021, arXiv:2103.01208).
 */
export async function runPgd(
  target: DifferentiableTarget,
  samples: Samples,
  options: PgdOptions,
  random: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  const search = await WorstCase.begin(target, samples, options.loss);
  const epsilons = epsilonList(options.epsilons);
  const results: EpsilonResult[] = [];
  for (const [i, epsilon] of epsilons.entries()) {
    const space: Space = { norm: options.norm, epsilon, range: rangeOf(target) };
    search.enter(epsilon);
    for (let restart = 0; restart < options.restarts; restart++) {
      await climb(target, samples, search, space, options, random.fork(restart));
      progress(i * options.restarts + restart + 1, epsilons.length * options.restarts);
    }
    results.push(search.leave(epsilon));
  }
  return { norm: options.norm, epsilons: results };
}

/** One restart at one epsilon. */
async function climb(
  target: DifferentiableTarget,
  samples: Samples,
  search: WorstCase,
  space: Space,
  options: PgdOptions,
  random: RandomStreams,
): Promise<void> {
  const standing = options.earlyStop ? search.survivors : search.attacked;
  let walk: Walk = atOriginals(samples.inputs, standing, space);
  if (options.randomStart) walk = atRandomPoints(walk, samples.indices, space, random);
  const stride = { size: space.epsilon * (options.relativeStepSize ?? 2.5 / options.steps), aroundBounds: false };
  search.beginRestart();
  for (let step = 0; step < options.steps && walk.positions.length > 0; step++) {
    const { scores, gradient } = await target.gradient(walk.inputs, search.lossOf(walk));
    search.recordGradient(walk, scores, gradient);
    const standing = compacted(walk, (position) => !options.earlyStop || !search.isBroken(position));
    walk = ascended(standing.walk, gradient, standing.rows, space, stride);
  }
  if (walk.positions.length > 0) search.recordScores(walk, await target.predict(walk.inputs));
}

export const pgd = defineAttack({
  ...evasion,
  id: 'evasion/pgd',
  title: 'Withstands projected gradient descent',
  failureTitle: 'Falls to projected gradient descent',
  description:
    'Takes many small steps that raise the loss of each input, and keeps the change within a ball around it. The input ' +
    'counts as broken when any iterate of any restart gets another answer than the truth.',
  sources: ['Madry et al. 2018, Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083'],
  severity: 'high',
  needs: ['scores', 'gradients'],
  options: PgdOptions,
  checkOptions: checkEpsilons,
  cost: (samples, { epsilons, steps, restarts }) => {
    const runs = samples * epsilonList(epsilons).length;
    return { predictions: 2 * samples + runs * (restarts + 11), gradients: runs * steps * restarts };
  },
  run: (context) => attackEvidence(runPgd, context, 'PGD'),
});
