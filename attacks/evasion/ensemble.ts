import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import type { Samples, Target } from '#target/target';
import { cheapestFirst, costOf } from './ensemble/cost.js';
import type { Member } from './ensemble/member.js';
import { ENSEMBLE_ATTACKS, memberOf } from './ensemble/members.js';
import { runEnsemble } from './ensemble/run-ensemble.js';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { ascending, BallOptions, EotOption } from './search/options.js';
import type { AttackResult, OnProgress } from './search/result.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

const MemberOptions = Type.Object(
  {
    attack: Type.Unsafe<string>({
      type: 'string',
      enum: Object.keys(ENSEMBLE_ATTACKS),
      description: 'The end of its id: `pgd` for `evasion/pgd`.',
    }),
    options: Type.Optional(
      Type.Unsafe<JsonObject>({
        type: 'object',
        description: 'Its options but `norm`, `epsilons` and `trust`, which are those of the ensemble.',
      }),
    ),
  },
  { additionalProperties: false },
);

export const EnsembleOptions = Type.Object(
  {
    ...BallOptions,
    attacks: Type.Array(MemberOptions, {
      minItems: 1,
      default: [{ attack: 'fgsm' }, { attack: 'pgd' }, { attack: 'square' }],
      description: 'What is tried. The worst case of each sample over all of them counts.',
    }),
    order: Type.Unsafe<'cheapest-first' | 'as-given'>({
      type: 'string',
      enum: ['cheapest-first', 'as-given'],
      default: 'cheapest-first',
      description:
        'In which order. Changes the cost, and which attack a sample is said to fall to; never whether it falls.',
    }),
    eotDraws: Type.Optional(EotOption),
  },
  { additionalProperties: false },
);

export type EnsembleOptions = Static<typeof EnsembleOptions>;

/**
 * Attacks of the user's choice, one after the other, each on the samples that all before it left standing; see
 * `runEnsemble`.
 *
 * @throws AssayError `usage` for an attack that is not known, or options that it refuses
 */
export async function runCustomEnsemble(
  target: Target,
  samples: Samples,
  options: EnsembleOptions,
  random: RandomStreams,
  progress?: OnProgress,
): Promise<AttackResult> {
  const { norm, epsilons, eotDraws: draws = 1 } = options;
  return runEnsemble(target, samples, { norm, epsilons, members: membersOf(options), draws }, random, progress);
}

/** Members in the order in which they run, each with a name of its own. */
function membersOf({ attacks, norm, order, eotDraws }: EnsembleOptions): readonly Member[] {
  const members = attacks.map(({ attack, options = {} }, i) => {
    const before = attacks.slice(0, i).filter((other) => other.attack === attack).length;
    const averaged = eotDraws !== undefined && ENSEMBLE_ATTACKS[attack]?.averages === true ? { eotDraws } : {};
    return memberOf(attack, { ...averaged, ...options }, before === 0 ? attack : `${attack}-${before + 1}`);
  });
  return order === 'as-given' ? members : cheapestFirst(members, norm);
}

function checkEnsembleOptions(options: EnsembleOptions): void {
  ascending(options.epsilons);
  if (options.attacks.length === 0) {
    throw new AssayError('usage', { what: '`attacks` is empty', mend: 'Name at least one.' });
  }
  for (const member of membersOf(options)) member.requires(options.norm);
  const averages = options.attacks.some(({ attack }) => ENSEMBLE_ATTACKS[attack]?.averages === true);
  if ((options.eotDraws ?? 1) === 1 || averages) return;
  throw new AssayError('usage', {
    what: `\`eotDraws\` is ${options.eotDraws}, and none of the attacks averages gradients`,
    mend: 'Name one that does, such as `apgd`, or leave it out.',
  });
}

export const ensemble = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/ensemble',
  title: 'Withstands an ensemble of attacks',
  failureTitle: 'Falls to an ensemble of attacks',
  description:
    'Attacks of your choice, one after the other, each on the samples that the ones before it left standing. A sample stands ' +
    'when all of them fail: the worst case of each sample, never a mean over attacks.',
  sources: [
    'Carlini et al. 2019, On Evaluating Adversarial Robustness, arXiv:1902.06705, section 5.4',
    'Croce & Hein 2020, Reliable evaluation of adversarial robustness, arXiv:2003.01690',
  ],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住攻击组合',
      failureTitle: '未能经受住攻击组合',
      description:
        '依次运行您选择的多种攻击，每种只针对此前各攻击未能攻破的样本。只有全部攻击都失败，样本才算经受住：' +
        '取每个样本的最坏情况，而不是各攻击的平均值。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält einem Verbund von Angriffen stand',
      failureTitle: 'Unterliegt einem Verbund von Angriffen',
      description:
        'Angriffe nach Wahl nacheinander, jeder auf die Beispiele, die alle vor ihm stehen ließen. Ein Beispiel hält stand, wenn ' +
        'alle scheitern: der schlimmste Fall jedes Beispiels, nie ein Mittel über Angriffe.',
    },
  },
  options: EnsembleOptions,
  checkOptions: checkEnsembleOptions,
  appliesTo: (facts, options) => {
    const family = evasion.appliesTo(facts);
    if (family !== null) return family;
    const [refusal] = membersOf(options).flatMap((member) => {
      const why = member.refuses(facts, options.norm);
      return why === null ? [] : [`\`${member.name}\`: ${why}`];
    });
    return refusal ?? null;
  },
  cost: (samples, options) => {
    const { norm, epsilons, trust } = options;
    return evasionCost({ samples, epsilons, trust }, 'gradients', costOf(membersOf(options), norm, epsilons));
  },
  run: (context) => {
    const members = membersOf(context.options).map(({ name }) => name);
    return attackEvidence({ name: 'the ensemble', uses: 'gradients', run: runCustomEnsemble, members }, context);
  },
});
