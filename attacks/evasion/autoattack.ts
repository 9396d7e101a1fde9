import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import type { Head } from '#target/head';
import type { DifferentiableTarget, Samples } from '#target/target';
import { costOf } from './ensemble/cost.js';
import type { Member } from './ensemble/member.js';
import { memberOf } from './ensemble/members.js';
import { runEnsemble } from './ensemble/run-ensemble.js';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import type { ConvexNorm } from './geometry/norms.js';
import { ascending, BallOptions } from './search/options.js';
import type { AttackResult, OnProgress } from './search/result.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

export const AutoAttackOptions = Type.Object(
  {
    ...BallOptions,
    version: Type.Unsafe<'standard' | 'plus' | 'rand'>({
      type: 'string',
      enum: ['standard', 'plus', 'rand'],
      default: 'standard',
      description:
        '`standard` is what robustness is compared by, `plus` adds restarts and the attacks without goals, `rand` is for ' +
        'targets that draw random numbers.',
    }),
    // Without a default in the schema, which would be filled in whatever the version is.
    eotDraws: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'Of `rand`: gradients averaged at each iterate. Default: 20. Of the other versions, which average none: 1.',
      }),
    ),
  },
  { additionalProperties: false },
);

export type AutoAttackOptions = Static<typeof AutoAttackOptions>;

/**
 * AutoAttack (Croce & Hein 2020, arXiv:2003.01690; L1: Croce & Hein 2021, arXiv:2103.01208), with the steps, schedules,
 * losses, restarts and order of the authors' code:
 * - `standard`: APGD-CE (100 steps), APGD-T (9 goals), FAB-T (9 goals), Square (5,000 queries); in L1 APGD-CE has 5
 *   restarts, APGD-T 5 goals, and both begin in larger balls
 * - `plus`: APGD-CE (5 restarts), APGD-DLR (5), FAB (5), Square, APGD-T, FAB-T
 * - `rand`: APGD-CE and APGD-DLR on the mean of 20 gradients an iterate
 *
 * `plus` and `rand` are the same in each norm: only `standard` has settings of its own for L1.
 *
 * Each attack sees only what those before it left standing, from the original inputs, and what it calls adversarial is
 * classified again. Different from the authors' code: random draws, windows, early stops and binary searches are of each
 * sample, so that a result depends on no batch (there one seed and one window serve a batch); a sample leaves a walk at
 * its first wrong iterate; of a target that draws random numbers an input counts as wrong when most of 20 fresh answers are.
 *
 * @param samples with their true labels
 * @throws AssayError `usage` for illegal options, or a head with too few classes
 */
export async function runAutoAttack(
  target: DifferentiableTarget,
  samples: Samples,
  options: AutoAttackOptions,
  random: RandomStreams,
  progress?: OnProgress,
): Promise<AttackResult> {
  checkAutoAttackOptions(options);
  const { norm, epsilons } = options;
  const members = autoAttackMembers(options);
  return runEnsemble(target, samples, { norm, epsilons, members, draws: drawsOf(options) }, random, progress);
}

/** The attacks of a version, in their order. */
export function autoAttackMembers(options: AutoAttackOptions): readonly Member[] {
  const { norm, version } = options;
  switch (version) {
    case 'standard':
      return standard(norm);
    case 'plus':
      return plus();
    case 'rand':
      return rand(drawsOf(options));
  }
}

const SQUARE = { queries: 5000, initialShare: 0.8, rescaleSchedule: false, restarts: 1 };

function standard(norm: ConvexNorm): readonly Member[] {
  const isSparse = norm === 'L1';
  return [
    memberOf('apgd', { loss: 'cross-entropy', steps: 100, restarts: isSparse ? 5 : 1 }, 'apgd-ce'),
    memberOf('apgd-t', { steps: 100, restarts: 1, targetClasses: isSparse ? 5 : 9 }),
    memberOf('fab-t', { steps: 100, restarts: 1, targetClasses: 9 }),
    memberOf('square', SQUARE),
  ];
}

function plus(): readonly Member[] {
  return [
    memberOf('apgd', { loss: 'cross-entropy', steps: 100, restarts: 5, largerRadii: false }, 'apgd-ce'),
    memberOf('apgd', { loss: 'dlr', steps: 100, restarts: 5, largerRadii: false }, 'apgd-dlr'),
    memberOf('fab', { steps: 100, restarts: 5 }),
    memberOf('square', SQUARE),
    memberOf('apgd-t', { steps: 100, restarts: 1, targetClasses: 9, largerRadii: false }),
    memberOf('fab-t', { steps: 100, restarts: 1, targetClasses: 9 }),
  ];
}

function rand(eotDraws: number): readonly Member[] {
  return [
    memberOf('apgd', { loss: 'cross-entropy', steps: 100, restarts: 1, largerRadii: false, eotDraws }, 'apgd-ce'),
    memberOf('apgd', { loss: 'dlr', steps: 100, restarts: 1, largerRadii: false, eotDraws }, 'apgd-dlr'),
  ];
}

function drawsOf({ version, eotDraws }: AutoAttackOptions): number {
  return eotDraws ?? (version === 'rand' ? 20 : 1);
}

/** Judged as if it averaged gradients that it does not, an attack would be trusted for what it did not do. */
function checkAutoAttackOptions({ epsilons, version, eotDraws = 1 }: AutoAttackOptions): void {
  ascending(epsilons);
  if (version === 'rand' || eotDraws === 1) return;
  throw new AssayError('usage', {
    what: `\`eotDraws\` is ${eotDraws}, and AutoAttack \`${version}\` averages no gradients`,
    mend: 'Set `version` to rand, or leave `eotDraws` out.',
  });
}

/** Classes that the losses of a version need: the ratio of logits towards a goal takes four. */
const LEAST_CLASSES = { standard: 4, plus: 4, rand: 3 } as const;

function tooFewClasses(head: Head, version: AutoAttackOptions['version']): string | null {
  const least = LEAST_CLASSES[version];
  if (head.kind === 'classes' && head.count >= least) return null;
  return `the losses of AutoAttack \`${version}\` need at least ${least} classes; \`evasion/ensemble\` combines attacks that fit`;
}

export const autoAttack = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/autoattack',
  title: 'Withstands AutoAttack',
  failureTitle: 'Falls to AutoAttack',
  description:
    'Four attacks without parameters to tune, one after the other: two that climb different losses with a step size of ' +
    'their own, one that looks for the nearest boundary, and one that needs no gradients. A sample stands when all four ' +
    'fail. The number by which robust models are compared.',
  sources: [
    'Croce & Hein 2020, Reliable evaluation of adversarial robustness with an ensemble of diverse parameter-free attacks, arXiv:2003.01690',
    'Croce & Hein 2021, Mind the box: l1-APGD for sparse adversarial attacks on image classifiers, arXiv:2103.01208',
  ],
  severity: 'critical',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住 AutoAttack 攻击',
      failureTitle: '未能经受住 AutoAttack 攻击',
      description:
        '依次运行四种无需调参的攻击：两种以自适应步长沿不同损失上升，一种寻找最近的决策边界，一种不需要梯度。' +
        '只有四种攻击全部失败，样本才算经受住。鲁棒模型之间正是以这一数字进行比较。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält AutoAttack stand',
      failureTitle: 'Unterliegt AutoAttack',
      description:
        'Vier Angriffe ohne einstellbare Parameter nacheinander: zwei, die mit eigener Schrittweite verschiedene ' +
        'Verlustfunktionen ersteigen, einer, der die nächste Entscheidungsgrenze sucht, und einer ohne Gradienten. Ein Beispiel ' +
        'hält stand, wenn alle vier scheitern. An dieser Zahl werden robuste Modelle verglichen.',
    },
  },
  options: AutoAttackOptions,
  checkOptions: checkAutoAttackOptions,
  appliesTo: (facts, { version }) => evasion.appliesTo(facts) ?? tooFewClasses(facts.head, version),
  cost: (samples, options) => {
    const { norm, epsilons, trust } = options;
    return evasionCost({ samples, epsilons, trust }, 'gradients', costOf(autoAttackMembers(options), norm, epsilons));
  },
  run: (context) => {
    const options = { ...context.options, eotDraws: drawsOf(context.options) };
    const members = autoAttackMembers(options).map(({ name }) => name);
    return attackEvidence(
      { name: 'AutoAttack', uses: 'gradients', run: runAutoAttack, members },
      { ...context, options },
    );
  },
});
