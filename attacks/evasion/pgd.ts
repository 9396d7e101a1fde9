import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import type { DifferentiableTarget, Samples } from '#target/target';
import { climb } from './search/climb.js';
import { attackEvidence, climbCost } from './evidence/evidence.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';
import { ascending, BallOptions, EotOption, LossOption, requireCount, requireReach } from './search/options.js';
import type { AttackResult, EpsilonResult, OnProgress } from './search/result.js';
import { boxOf } from './geometry/space.js';
import { atOriginals, atRandomPoints } from './search/walk.js';
import { WorstCase } from './search/worst-case.js';

export const PgdOptions = Type.Object(
  {
    ...BallOptions,
    steps: Type.Integer({ minimum: 1, default: 40, description: 'Gradient steps of each restart.' }),
    relativeStepSize: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'Length of a step as a share of epsilon. Default: 2.5 / steps.',
      }),
    ),
    restarts: Type.Integer({ minimum: 1, default: 1, description: 'How often the walk begins anew.' }),
    randomStart: Type.Boolean({
      default: true,
      description: 'Whether a walk begins at a point drawn uniformly from the ball, or at the input itself.',
    }),
    loss: LossOption,
    eotDraws: Type.Optional(EotOption),
    earlyStop: Type.Boolean({
      default: true,
      description: 'Whether a sample stops at its first wrong iterate. Changes the cost, never the verdict.',
    }),
  },
  { additionalProperties: false },
);

export type PgdOptions = Static<typeof PgdOptions>;

/**
 * Projected gradient descent (Madry et al. 2018, arXiv:1706.06083): from each start, steps of steepest ascent, each
 * projected to the ball and then clipped to the domain; the worst case of each sample over all iterates and restarts.
 *
 * L1 steps put their length on the largest gradients of values that are not at the end of their range already, where
 * the plain step would be clipped away and the walk would stand still; L1 projection is the exact one onto ball and
 * domain together.
 *
 * @param samples with their true labels
 * @param random one stream a restart and sample
 * @throws AssayError `usage` for options that contradict each other
 */
export async function runPgd(
  target: DifferentiableTarget,
  samples: Samples,
  options: PgdOptions,
  random: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkPgdOptions(options);
  const { norm, steps, restarts, earlyStop } = options;
  const epsilons = ascending(options.epsilons);
  const box = boxOf(target);
  const results: EpsilonResult[] = [];
  const total = epsilons.length * restarts * steps;
  let done = 0;

  const search = await WorstCase.begin(target, samples, { loss: options.loss, draws: options.eotDraws ?? 1 });
  for (const epsilon of epsilons) {
    const space = { norm, epsilon, box };
    const stride = { size: relativeStepSize(options) * epsilon, aroundBounds: true };
    search.enter(epsilon);
    for (let restart = 0; restart < restarts; restart++) {
      const originals = atOriginals(samples.inputs, earlyStop ? search.survivors : search.attacked, space);
      const start = options.randomStart
        ? atRandomPoints(originals, samples.indices, space, random.fork(restart))
        : originals;
      await climb(target, search, start, space, { steps, stride, earlyStop }, () => progress(++done, total));
    }
    results.push(search.leave(epsilon));
  }
  return { norm, epsilons: results };
}

/** Madry's rule of thumb: 2.5 radii in all, so that every point of the ball can be reached from every start. */
function relativeStepSize({ relativeStepSize: size, steps }: PgdOptions): number {
  return size ?? 2.5 / steps;
}

function checkPgdOptions(options: PgdOptions): void {
  const { steps, restarts, randomStart } = options;
  ascending(options.epsilons);
  requireCount('steps', steps);
  requireCount('restarts', restarts);
  requireReach(steps, relativeStepSize(options));
  if (restarts > 1 && !randomStart) {
    throw new AssayError('usage', {
      what: `${restarts} restarts without a random start are the same walk again`,
      mend: 'Set `randomStart` to true, or `restarts` to 1.',
    });
  }
}

/** What the examination holds the attack against. */
const stronger = {
  steps: (options: PgdOptions): PgdOptions => ({ ...options, steps: 2 * options.steps }),
  restarts: (options: PgdOptions): PgdOptions => ({
    ...options,
    restarts: options.randomStart ? 5 * options.restarts : 5,
    randomStart: true,
  }),
};

export const pgd = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/pgd',
  title: 'Withstands projected gradient descent',
  failureTitle: 'Falls to projected gradient descent',
  description:
    'Searches the neighbourhood of each input for one that the model gets wrong, by steps along the gradient of the loss ' +
    'that are projected back to within epsilon. Any wrong iterate of any restart counts.',
  sources: [
    'Madry et al. 2018, Towards Deep Learning Models Resistant to Adversarial Attacks, arXiv:1706.06083',
    'Croce & Hein 2021, Mind the box: l1-APGD, arXiv:2103.01208 (projection onto the L1 ball and the domain)',
  ],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住投影梯度下降（PGD）攻击',
      failureTitle: '未能经受住投影梯度下降（PGD）攻击',
      description:
        '在每个输入的邻域内寻找模型判断错误的输入：沿损失的梯度逐步前进，每一步都投影回 epsilon 范围内。' +
        '任意一次重启中任意一个出错的迭代点都计入结果。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält dem projizierten Gradientenabstieg (PGD) stand',
      failureTitle: 'Unterliegt dem projizierten Gradientenabstieg (PGD)',
      description:
        'Sucht in der Umgebung jeder Eingabe eine, bei der das Modell falsch liegt, mit Schritten entlang des Gradienten der ' +
        'Verlustfunktion, die jeweils auf höchstens Epsilon zurückprojiziert werden. Jeder falsche Zwischenpunkt jedes ' +
        'Neustarts zählt.',
    },
  },
  options: PgdOptions,
  checkOptions: checkPgdOptions,
  cost: (samples, options) => climbCost(samples, options, options.restarts),
  run: (context) => attackEvidence({ name: 'PGD', uses: 'gradients', run: runPgd, stronger }, context),
});
