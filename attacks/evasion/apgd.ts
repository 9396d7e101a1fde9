import { Type, type Static } from '@sinclair/typebox';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import type { Head } from '#target/head';
import type { DifferentiableTarget, Samples } from '#target/target';
import { AutoOptions, checkAutoOptions, usesLargerRadii, requireFit } from './apgd/options.js';
import { runRestart } from './apgd/restart.js';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { boxOf } from './geometry/space.js';
import { ascending, requireCount } from './search/options.js';
import type { AttackResult, EpsilonResult, OnProgress } from './search/result.js';
import { WorstCase } from './search/worst-case.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

export const ApgdOptions = Type.Object(
  {
    ...AutoOptions,
    restarts: Type.Optional(
      Type.Integer({ minimum: 1, description: 'How often the walk begins anew. Default: 1, and 5 in L1.' }),
    ),
    loss: Type.Unsafe<'cross-entropy' | 'dlr'>({
      type: 'string',
      enum: ['cross-entropy', 'dlr'],
      default: 'cross-entropy',
      description:
        'What is climbed: the loss that the head is trained with, or the difference of logits ratio, which does not ' +
        'depend on their scale and needs three classes.',
    }),
  },
  { additionalProperties: false },
);

export type ApgdOptions = Static<typeof ApgdOptions>;

/**
 * Auto-PGD (Croce & Hein 2020, arXiv:2003.01690; in L1 2021, arXiv:2103.01208), the attacks APGD-CE and APGD-DLR: steps with
 * momentum, whose length halves where the loss stops rising, from the best point on; the worst case of each sample over all
 * iterates and restarts. Nothing of it has to be tuned.
 *
 * Unlike the authors' code each sample stops at its first wrong iterate, is drawn from a stream of its own, and is nowhere
 * touched by the others of its batch. What else differs stands beside it: `halvingPace`, `moveInL2`, `runRestart`.
 *
 * @param samples with their true labels
 * @param random one stream a restart and sample
 * @throws AssayError `usage` for options that contradict each other, or the head
 */
export async function runApgd(
  target: DifferentiableTarget,
  samples: Samples,
  options: ApgdOptions,
  random: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkApgdOptions(options);
  requireFit(unfit(target.head, options), 'Set `loss` to cross-entropy.');
  const { norm, steps, loss, rho } = options;
  const epsilons = ascending(options.epsilons);
  const restarts = restartsOf(options);
  const box = boxOf(target);
  const results: EpsilonResult[] = [];
  const total = epsilons.length * restarts * steps;
  let done = 0;

  const search = await WorstCase.begin(target, samples, { loss, draws: options.eotDraws ?? 1 });
  const walk = { steps, rho, largerRadii: usesLargerRadii(options), lossOf: search.lossOf.bind(search) };
  for (const epsilon of epsilons) {
    const space = { norm, epsilon, box };
    search.enter(epsilon);
    for (let restart = 0; restart < restarts; restart++) {
      const streams = random.fork(restart);
      await runRestart(target, search, samples, space, walk, streams, () => progress(++done, total));
    }
    results.push(search.leave(epsilon));
  }
  return { norm, epsilons: results };
}

function restartsOf({ norm, restarts = norm === 'L1' ? 5 : 1 }: ApgdOptions): number {
  return restarts;
}

function checkApgdOptions(options: ApgdOptions): void {
  checkAutoOptions(options);
  requireCount('restarts', restartsOf(options));
}

/** Why the loss does not fit the head; null where it does. */
function unfit(head: Head, { loss }: Pick<ApgdOptions, 'loss'>): string | null {
  if (loss !== 'dlr' || (head.kind === 'classes' && head.count >= 3)) return null;
  return 'the difference of logits ratio needs at least three classes';
}

export const apgd = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/apgd',
  title: 'Withstands Auto-PGD',
  failureTitle: 'Falls to Auto-PGD',
  description:
    'Projected gradient descent with momentum that finds the length of its steps by itself: they halve where the loss ' +
    'stops rising, and the search goes on from the best point. Any wrong iterate of any restart counts.',
  sources: [
    'Croce & Hein 2020, Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free Attacks, arXiv:2003.01690',
    'Croce & Hein 2021, Mind the box: l1-APGD, arXiv:2103.01208',
  ],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住自动投影梯度下降（Auto-PGD）攻击',
      failureTitle: '未能经受住自动投影梯度下降（Auto-PGD）攻击',
      description:
        '带动量的投影梯度下降，自行确定步长：损失不再上升时步长减半，并从已知的最佳点继续搜索。' +
        '任意一次重启中任意一个出错的迭代点都计入结果。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält Auto-PGD stand',
      failureTitle: 'Unterliegt Auto-PGD',
      description:
        'Projizierter Gradientenabstieg mit Momentum, der die Länge seiner Schritte selbst findet: Sie halbiert sich, wo der ' +
        'Verlust nicht mehr steigt, und die Suche geht vom besten Punkt aus weiter. Jeder falsche Zwischenpunkt jedes ' +
        'Neustarts zählt.',
    },
  },
  options: ApgdOptions,
  checkOptions: checkApgdOptions,
  appliesTo: (facts, options) => evasion.appliesTo(facts) ?? unfit(facts.head, options),
  cost: (samples, options) => {
    const { epsilons, trust, eotDraws, steps } = options;
    const climbs = ascending(epsilons).length * restartsOf(options);
    const attack = { predictions: climbs * (usesLargerRadii(options) ? 3 : 1), gradients: climbs * steps };
    return evasionCost({ samples, epsilons, trust, eotDraws }, 'gradients', attack);
  },
  run: (context) =>
    attackEvidence(
      {
        name: 'APGD',
        uses: 'gradients',
        run: runApgd,
        stronger: {
          steps: (options) => ({ ...options, steps: 2 * options.steps }),
          restarts: (options) => ({ ...options, restarts: 5 * restartsOf(options) }),
        },
      },
      context,
    ),
});
