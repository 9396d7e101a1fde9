import { Type, type Static } from '@sinclair/typebox';
import type { LossSpec } from '#engine/index';
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
import type { Rows } from './search/walk.js';
import { WorstCase } from './search/worst-case.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

export const ApgdTOptions = Type.Object(
  {
    ...AutoOptions,
    restarts: Type.Integer({ minimum: 1, default: 1, description: 'Walks towards each target class.' }),
    targetClasses: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Wrong classes that are aimed at, those with the highest logits of the clean input first. Default: 9, and 5 in L1; ' +
          'never more than there are.',
      }),
    ),
  },
  { additionalProperties: false },
);

export type ApgdTOptions = Static<typeof ApgdTOptions>;

/**
 * Targeted Auto-PGD (Croce & Hein 2020, arXiv:2003.01690, section 4.2 and equation 7): APGD on the difference of logits
 * ratio towards each of the classes that come next after the true one in the logits of the clean input, one after the
 * other. Any wrong class counts, not the targeted one alone, and a sample that is broken is done.
 *
 * @param samples with their true labels
 * @param random one stream a target class, restart and sample
 * @throws AssayError `usage` for options that contradict each other, or the head
 */
export async function runApgdT(
  target: DifferentiableTarget,
  samples: Samples,
  options: ApgdTOptions,
  random: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkApgdTOptions(options);
  requireFit(unfit(target.head), 'Use `evasion/apgd`.');
  const { norm, steps, rho, restarts } = options;
  const epsilons = ascending(options.epsilons);
  const targets = targetsOf(options, target.head);
  const box = boxOf(target);
  const results: EpsilonResult[] = [];
  const total = epsilons.length * targets * restarts * steps;
  let done = 0;

  const search = await WorstCase.begin(target, samples, { draws: options.eotDraws ?? 1 });
  for (const epsilon of epsilons) {
    const space = { norm, epsilon, box };
    search.enter(epsilon);
    for (let rank = 2; rank < targets + 2; rank++) {
      const walk = { steps, rho, largerRadii: usesLargerRadii(options), lossOf: towards(search, rank) };
      for (let restart = 0; restart < restarts; restart++) {
        const streams = random.fork(rank).fork(restart);
        await runRestart(target, search, samples, space, walk, streams, () => progress(++done, total));
      }
    }
    results.push(search.leave(epsilon));
  }
  return { norm, epsilons: results };
}

/** The loss towards the class of each row that has the given rank in the logits of the clean input, the largest being 1. */
function towards(search: WorstCase, rank: number): (rows: Rows) => LossSpec {
  return (rows) => ({
    kind: 'targeted-dlr',
    labels: search.labelsOf(rows).values,
    targets: Float64Array.from(rows.positions, (position) => classOfRank(search.cleanScoresOf(position), rank)),
  });
}

/** Of equal scores the first comes first. */
function classOfRank(scores: Float32Array, rank: number): number {
  const order = Array.from(scores.keys()).sort((a, b) => (scores[b] ?? NaN) - (scores[a] ?? NaN) || a - b);
  return order[rank - 1] ?? -1;
}

function targetsOf({ norm, targetClasses = norm === 'L1' ? 5 : 9 }: ApgdTOptions, head?: Head): number {
  return head?.kind === 'classes' ? Math.min(targetClasses, head.count - 1) : targetClasses;
}

function checkApgdTOptions(options: ApgdTOptions): void {
  checkAutoOptions(options);
  requireCount('restarts', options.restarts);
  requireCount('targetClasses', targetsOf(options));
}

/** Why it does not fit the head; null where it does. */
function unfit(head: Head): string | null {
  if (head.kind === 'classes' && head.count >= 4) return null;
  return 'the targeted difference of logits ratio needs at least four classes';
}

export const apgdT = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/apgd-t',
  title: 'Withstands targeted Auto-PGD',
  failureTitle: 'Falls to targeted Auto-PGD',
  description:
    'Auto-PGD towards each of the wrong classes that the model finds most likely, one after the other. Finds what is hidden ' +
    'from attacks that only lead away from the true class. Any wrong iterate counts, whatever its class.',
  sources: [
    'Croce & Hein 2020, Reliable Evaluation of Adversarial Robustness with an Ensemble of Diverse Parameter-free Attacks, arXiv:2003.01690',
    'Croce & Hein 2021, Mind the box: l1-APGD, arXiv:2103.01208',
  ],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住有目标的自动投影梯度下降（Auto-PGD）攻击',
      failureTitle: '未能经受住有目标的自动投影梯度下降（Auto-PGD）攻击',
      description:
        '依次以模型认为最可能的各个错误类别为目标执行 Auto-PGD，能够找到仅仅远离真实类别的攻击所遗漏的输入。' +
        '任意一个出错的迭代点都计入结果，无论其类别为何。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält gezieltem Auto-PGD stand',
      failureTitle: 'Unterliegt gezieltem Auto-PGD',
      description:
        'Auto-PGD nacheinander auf jede der falschen Klassen zu, die das Modell für die wahrscheinlichsten hält. Findet, was ' +
        'Angriffen entgeht, die nur von der wahren Klasse weg führen. Jeder falsche Zwischenpunkt zählt, gleich welcher Klasse.',
    },
  },
  options: ApgdTOptions,
  checkOptions: checkApgdTOptions,
  appliesTo: (facts) => evasion.appliesTo(facts) ?? unfit(facts.head),
  cost: (samples, options) => {
    const { epsilons, trust, eotDraws, steps } = options;
    const climbs = ascending(epsilons).length * options.restarts * targetsOf(options);
    const attack = { predictions: climbs * (usesLargerRadii(options) ? 3 : 1), gradients: climbs * steps };
    return evasionCost({ samples, epsilons, trust, eotDraws }, 'gradients', attack);
  },
  run: (context) =>
    attackEvidence(
      {
        name: 'APGD-T',
        uses: 'gradients',
        run: runApgdT,
        stronger: {
          steps: (options) => ({ ...options, steps: 2 * options.steps }),
          restarts: (options) => ({ ...options, restarts: 5 * options.restarts }),
        },
      },
      context,
    ),
});
