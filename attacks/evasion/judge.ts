import { Type, type Static } from '@sinclair/typebox';
import { grouped } from '#base/format';
import type { JudgePolicy, Verdict, VerdictStatus } from '#plugin/plugin';
import type { Measure, Sign } from '#report/report';
import { clopperPearson } from '#stats/intervals';
import type { EpsilonEvidence, EvasionEvidence } from './evidence.js';

export const EvasionPolicy = Type.Object(
  {
    robustAccuracy: Type.Object(
      {
        epsilon: Type.Optional(
          Type.Number({
            minimum: 0,
            description: 'The radius that the bar is for. Default: the largest of the audit.',
          }),
        ),
        atLeast: Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'Share of samples that keep their right answer; the low end of the 95 % interval is compared.',
        }),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

export type EvasionPolicy = Static<typeof EvasionPolicy>;

/** Shares of survivors from which on an attack is not believed to have worked. */
const LIMITS = { zeroGradient: 0.01, unmoved: 0.05, lostToNoise: 0.002 } as const;

/**
 * Holds robust accuracy against a bar: the pessimistic end of its Clopper-Pearson interval decides. A pass is believed
 * only where nothing says that the attack itself failed.
 */
export function robustAccuracyAtLeast(data: EvasionEvidence, policy: JudgePolicy<EvasionPolicy>): Verdict {
  const { atLeast, epsilon } = policy.thresholds.robustAccuracy;
  const wanted = epsilon ?? Math.max(...data.epsilons.map((each) => each.epsilon));
  const at = data.epsilons.find((each) => each.epsilon === wanted);
  if (at === undefined || data.indices.length === 0) return undecidable(data, wanted);
  const measures = [robustAccuracy(at, atLeast, policy.setBy), cleanAccuracy(data), ...otherMeasures(data, at)];
  const [robust] = measures;
  const signs = signsOf(data, at);
  const status = statusOf(robust, signs, policy);
  return {
    status,
    claim: claimOf(data, at, atLeast, status, policy.setBy),
    reasons: reasonsOf(robust, signs, policy),
    measures,
    signs,
  };
}

function undecidable(data: EvasionEvidence, wanted: number): Verdict {
  const known = data.epsilons.map(({ epsilon }) => epsilon).join(', ');
  const claim =
    data.indices.length === 0
      ? 'There are no samples to attack.'
      : `The policy asks about epsilon ${wanted}, and the audit evaluated ${known}.`;
  return { status: 'inconclusive', claim, reasons: [claim], measures: [], signs: [] };
}

type Held = Measure & { readonly value: number };

function robustAccuracy(at: EpsilonEvidence, atLeast: number, setBy: string): Held {
  const measure = rate('robust-accuracy', `Robust accuracy at epsilon ${at.epsilon}`, at.robust);
  const compared = measure.interval?.low ?? 0;
  const threshold = { comparison: 'at-least', value: atLeast, compared, holds: compared >= atLeast, setBy } as const;
  return { ...measure, threshold };
}

function cleanAccuracy(data: EvasionEvidence): Held {
  return rate('clean-accuracy', 'Clean accuracy', data.clean);
}

function otherMeasures(data: EvasionEvidence, at: EpsilonEvidence): Held[] {
  return data.epsilons
    .filter(({ epsilon }) => epsilon !== at.epsilon)
    .map(({ epsilon, robust }) => rate(`robust-accuracy-${epsilon}`, `Robust accuracy at epsilon ${epsilon}`, robust));
}

export function rate(id: string, label: string, bits: readonly number[]): Held {
  const successes = sum(bits);
  const n = bits.length;
  const interval = { ...clopperPearson(successes, n), method: 'Clopper-Pearson' };
  return { id, label, value: successes / n, format: 'rate', n, interval, threshold: null };
}

function statusOf(
  robust: Measure | undefined,
  signs: readonly Sign[],
  policy: JudgePolicy<EvasionPolicy>,
): VerdictStatus {
  const { atLeast } = policy.thresholds.robustAccuracy;
  const few = (robust?.n ?? 0) < policy.minimumSamples;
  if (robust?.threshold?.holds !== true) {
    return few && (robust?.interval?.high ?? 1) >= atLeast ? 'inconclusive' : 'fail';
  }
  return few || signs.some(({ holds }) => !holds) ? 'inconclusive' : 'pass';
}

function claimOf(
  data: EvasionEvidence,
  at: EpsilonEvidence,
  atLeast: number,
  status: VerdictStatus,
  setBy: string,
): string {
  const kept = sum(at.robust);
  const n = at.robust.length;
  const { low, high } = clopperPearson(kept, n);
  const verb =
    status === 'pass' ? `Withstands ${data.attack}` : status === 'fail' ? `Falls to ${data.attack}` : data.attack;
  const interval = `${percent(kept / n)} %, 95 % interval ${percent(low)} to ${percent(high)}`;
  return (
    `${verb}: ${grouped(kept)} of ${grouped(n)} samples keep their right answer at epsilon ${at.epsilon} (${data.norm}; ` +
    `${interval}); the ${setBy} asks for ${percent(atLeast)} %.`
  );
}

function reasonsOf(robust: Measure | undefined, signs: readonly Sign[], policy: JudgePolicy<EvasionPolicy>): string[] {
  const { atLeast } = policy.thresholds.robustAccuracy;
  const n = robust?.n ?? 0;
  const reasons: string[] = [];
  if (robust?.threshold?.holds === false && (robust.value ?? 0) >= atLeast) {
    reasons.push(
      'The share itself reaches the bar, but the low end of its interval does not: more samples would tell, about ' +
        `${grouped(samplesNeeded(robust.value ?? 0, atLeast, n))} of them.`,
    );
  }
  if (n < policy.minimumSamples) {
    reasons.push(
      `${grouped(n)} samples are fewer than the ${grouped(policy.minimumSamples)} that the policy asks for.`,
    );
  }
  return [...reasons, ...signs.filter(({ holds }) => !holds).map(({ sentence }) => sentence)];
}

/** The least n, by doubling, at which the same share would hold. */
function samplesNeeded(share: number, bar: number, n: number): number {
  let needed = Math.max(n, 1);
  while (needed < 1e6 && clopperPearson(Math.floor(share * needed), needed).low < bar) needed *= 2;
  return needed;
}

/** What would say that the attack failed rather than the model held (design rule 4). */
function signsOf(data: EvasionEvidence, at: EpsilonEvidence): Sign[] {
  const survivors = sum(at.robust);
  const share = (count: number): number => (survivors === 0 ? 0 : count / survivors);
  const refuted = data.epsilons.reduce((total, each) => total + each.refuted, 0);
  const confirmed: Sign = {
    id: 'confirmed',
    holds: refuted === 0,
    sentence:
      refuted === 0
        ? 'Every adversarial input was confirmed by an independent forward pass for norm, domain and answer.'
        : `${grouped(refuted)} inputs that the attack called adversarial are not, by an independent forward pass.`,
  };
  if (!data.followsGradients) return [confirmed];
  const zero = sum(at.zeroGradient);
  const unmoved = sum(at.unmoved);
  const lost = at.robust.filter((_, i) => isLostToNoise(at, i)).length;
  return [
    confirmed,
    {
      id: 'gradients',
      holds: share(zero) <= LIMITS.zeroGradient,
      sentence: `${grouped(zero)} of ${grouped(survivors)} survivors gave no gradient to follow.`,
    },
    {
      id: 'loss-rises',
      holds: share(unmoved) <= LIMITS.unmoved,
      sentence: `The loss of ${grouped(unmoved)} of ${grouped(survivors)} survivors never rose above its start.`,
    },
    {
      id: 'beats-noise',
      holds: lost <= LIMITS.lostToNoise * at.robust.length,
      sentence: `Random noise broke ${grouped(lost)} samples that the attack did not.`,
    },
  ];
}

/** The attack left it standing (its kept input is right), and noise did not. */
function isLostToNoise(at: EpsilonEvidence, i: number): boolean {
  return at.robustToNoise?.[i] === 0 && (at.margins[i] ?? 0) > 0;
}

function sum(bits: readonly number[]): number {
  return bits.reduce((total, bit) => total + bit, 0);
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
