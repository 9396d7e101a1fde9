import { Type, type Static } from '@sinclair/typebox';
import { counted, grouped, percent } from '#base/format';
import type { JudgePolicy, SampleOutcomes, Verdict, VerdictStatus } from '#plugin/plugin';
import { isSameEpsilon, undecidable } from '#plugin/verdict-parts';
import type { Measure, Sign } from '#report/report';
import { clopperPearson } from '#stats/intervals';
import { bitAt, countBits, type Bits, type EpsilonData, type EvasionData } from '../evidence/data.js';
import { signsOf } from './signs.js';

const closed = { additionalProperties: false };

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
      closed,
    ),
  },
  closed,
);

export type EvasionPolicy = Static<typeof EvasionPolicy>;

/**
 * Holds robust accuracy against a bar: the low end of its Clopper-Pearson interval decides. Too few samples fail only
 * when even the high end is below the bar, and a pass is believed only where nothing says that the attack itself failed
 * (design rules 2 and 4).
 */
export function robustAccuracyAtLeast(data: EvasionData, policy: JudgePolicy<EvasionPolicy>): Verdict {
  const { epsilon, atLeast } = policy.thresholds.robustAccuracy;
  const at =
    epsilon === undefined ? data.epsilons.at(-1) : data.epsilons.find((each) => isSameEpsilon(each.epsilon, epsilon));
  if (data.n === 0) return undecidable('There was no sample to attack.');
  if (at === undefined) return undecidable(notEvaluated(data, epsilon));
  const robust = heldAgainst(rateOf(robustBits(data, at), 'robust-accuracy', labelAt(at, data)), atLeast, policy.setBy);
  const signs = signsOf(data, at);
  const status = statusOf(robust, signs, policy.minimumSamples);
  return {
    status,
    claim: claimOf(data, at, robust, status, policy),
    reasons: [...reasonsOf(robust, signs, policy), ...relaxation(data)],
    measures: [robust, rateOf(data.cleanCorrect, 'clean-accuracy', 'Clean accuracy'), ...otherRates(data, at)],
    signs,
  };
}

/** One bit a sample: right when clean, and nothing within epsilon was found that is wrong. */
export function robustBits({ cleanCorrect }: EvasionData, { broken }: EpsilonData): Bits {
  return Array.from(cleanCorrect, (bit, i) => (bit === '1' && !bitAt(broken, i) ? '1' : '0')).join('');
}

/** What a later run is compared with: which samples stand at each epsilon. */
export function robustOutcomes(data: EvasionData): SampleOutcomes[] {
  const { indices } = data;
  return data.epsilons.map((at) => ({
    id: `robust-accuracy@${at.epsilon}`,
    label: labelAt(at, data),
    indices,
    bits: robustBits(data, at),
  }));
}

/** A share of samples with its exact interval. */
export interface Rate extends Measure {
  readonly value: number;
  readonly n: number;
  readonly interval: NonNullable<Measure['interval']>;
}

export function rateOf(bits: Bits, id: string, label: string): Rate {
  const count = countBits(bits);
  const n = bits.length;
  const interval = { ...clopperPearson(count, n), method: 'Clopper-Pearson' };
  return { id, label, value: count / n, format: 'rate', n, interval, threshold: null };
}

interface Held extends Rate {
  readonly threshold: NonNullable<Measure['threshold']>;
}

function heldAgainst(rate: Rate, bar: number, setBy: string): Held {
  const compared = rate.interval.low;
  return { ...rate, threshold: { comparison: 'at-least', value: bar, compared, holds: compared >= bar, setBy } };
}

function otherRates(data: EvasionData, at: EpsilonData): Rate[] {
  return data.epsilons
    .filter((each) => each !== at)
    .map((each) => rateOf(robustBits(data, each), `robust-accuracy-${each.epsilon}`, labelAt(each, data)));
}

function labelAt({ epsilon }: EpsilonData, { norm }: EvasionData): string {
  return `Robust accuracy at ${norm} epsilon ${epsilon}`;
}

function statusOf({ n, interval, threshold }: Held, signs: readonly Sign[], minimumSamples: number): VerdictStatus {
  const few = n < minimumSamples;
  if (!threshold.holds) return few && interval.high >= threshold.value ? 'inconclusive' : 'fail';
  return few || signs.some(({ holds }) => !holds) ? 'inconclusive' : 'pass';
}

const VERBS = { pass: 'Withstands', fail: 'Falls to', inconclusive: 'Undecided for' } as const;

function claimOf(
  data: EvasionData,
  { epsilon }: EpsilonData,
  { value, n, interval: { low, high } }: Held,
  status: VerdictStatus,
  { thresholds }: JudgePolicy<EvasionPolicy>,
): string {
  const verb = status === 'pass' || status === 'fail' ? VERBS[status] : VERBS.inconclusive;
  const kept = Math.round(value * n);
  const number = `${percent(value)}, 95 % interval ${bare(low)} to ${bare(high)}`;
  return (
    `${verb} ${data.attack}: ${grouped(kept)} of ${counted(n, nounOf(data))} ${keepsOf(data, kept)} at epsilon ` +
    `${epsilon} (${number}); the policy asks for ${percent(thresholds.robustAccuracy.atLeast)}.`
  );
}

function bare(rate: number): string {
  return (100 * rate).toFixed(1);
}

function nounOf({ domain }: EvasionData): string {
  return domain === 'image' ? 'image' : 'sample';
}

function keepsOf({ head, tolerance }: EvasionData, count: number): string {
  const verb = count === 1 ? ['keeps its', 'stays'] : ['keep their', 'stay'];
  switch (head) {
    case 'multi-label':
      return `${verb[0]} labels`;
    case 'regression':
      return `${verb[1]} within ${tolerance} of the truth`;
    default:
      return `${verb[0]} label`;
  }
}

function reasonsOf(robust: Held, signs: readonly Sign[], { minimumSamples }: JudgePolicy<EvasionPolicy>): string[] {
  const { value, n, threshold } = robust;
  const few = `${counted(n, 'sample is', 'samples are')} fewer than the ${grouped(minimumSamples)} that the policy asks for.`;
  return [
    ...(!threshold.holds && value >= threshold.value ? [nearMiss(robust)] : []),
    ...(n < minimumSamples ? [few] : []),
    ...signs.filter(({ holds }) => !holds).map(({ sentence }) => sentence),
  ];
}

/** Legal rows are few among the points that were searched. */
function relaxation({ relaxed = [] }: EvasionData): string[] {
  if (relaxed.length === 0) return [];
  const columns = `${relaxed.slice(0, 3).join(', ')}${relaxed.length > 3 ? ` and ${relaxed.length - 3} more` : ''}`;
  return [
    `Integers and categories (${columns}) moved as real numbers: a row that was found need not be one that can occur, and more may stand than are counted here.`,
  ];
}

function nearMiss({ value, n, interval, threshold: { value: bar } }: Held): string {
  const needed = samplesNeeded(value, bar, n);
  const more =
    needed === null
      ? 'no number of samples settles a share so close to the bar.'
      : `at the same share it would take about ${counted(needed, 'sample')}.`;
  return `The share alone, ${percent(value)}, reaches the bar, and the low end of its interval, ${percent(interval.low)}, does not: ${more}`;
}

/** More than anyone will gather. */
const MOST_SAMPLES = 2 ** 24;

/** The least number of samples at which the same share holds, to within its rounding; null where none does. */
function samplesNeeded(share: number, bar: number, n: number): number | null {
  const holds = (count: number): boolean => clopperPearson(Math.floor(share * count), count).low >= bar;
  let enough = n;
  while (!holds(enough)) {
    enough *= 2;
    if (enough > MOST_SAMPLES) return null;
  }
  let short = enough / 2;
  while (enough - short > 1) {
    const middle = Math.floor((short + enough) / 2);
    if (holds(middle)) enough = middle;
    else short = middle;
  }
  return enough;
}

function notEvaluated({ epsilons }: EvasionData, wanted: number | undefined): string {
  const known = epsilons.map(({ epsilon }) => epsilon).join(', ');
  return `The policy's bar is for epsilon ${wanted ?? 'unknown'}, and the audit evaluated ${known}.`;
}
