import { Type, type Static } from '@sinclair/typebox';
import { counted, grouped, percent, pValue } from '#base/format';
import type { JudgePolicy, SampleOutcomes, Verdict } from '#plugin/plugin';
import { isSameEpsilon, undecidable } from '#plugin/verdict-parts';
import type { Measure, Sign } from '#report/report';
import { clopperPearson } from '#stats/intervals';
import { mcnemar } from '#stats/tests';
import { countOf, countOnly, shareOf, type Bits, type EpsilonStanding, type PreprocessingData } from './data.js';

const closed = { additionalProperties: false };

export const PreprocessingPolicy = Type.Object(
  {
    robustAccuracy: Type.Optional(
      Type.Object(
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
            description:
              'Share of samples that stand, with the defense, against an adversary who knows it; the low end of the 95 % ' +
              'interval is compared.',
          }),
        },
        closed,
      ),
    ),
    cleanAccuracyDrop: Type.Optional(
      Type.Object(
        {
          atMost: Type.Number({
            minimum: -1,
            maximum: 1,
            description: 'Clean accuracy without the defense minus with it; what a detector flags is not right.',
          }),
        },
        closed,
      ),
    ),
  },
  closed,
);

export type PreprocessingPolicy = Static<typeof PreprocessingPolicy>;

/** Of all samples: what a search may miss of what weaker means find before it is not believed. */
const TRUSTED_SHARE = 0.02;

/**
 * Decides by the adversary who knows the defense alone: the low end of the interval of that robust accuracy, and what clean
 * accuracy the defense costs. What an unaware adversary leaves is shown and decides nothing. A pass is believed only where the
 * search found what replayed inputs and queries find (design rules 2 and 4).
 */
export function standsAdaptively(data: PreprocessingData, policy: JudgePolicy<PreprocessingPolicy>): Verdict {
  const wanted = policy.thresholds.robustAccuracy?.epsilon;
  const at =
    wanted === undefined ? data.epsilons.at(-1) : data.epsilons.find(({ epsilon }) => isSameEpsilon(epsilon, wanted));
  if (data.indices.length === 0) return undecidable('There was no sample to measure.');
  if (at === undefined) return undecidable(notMeasured(data, wanted));
  const measures = measuresOf(data, at, policy);
  const signs = signsOf(data, at);
  const status = statusOf(measures, signs, policy);
  return { status, claim: claimOf(data, at), reasons: reasonsOf(data, measures, signs, policy), measures, signs };
}

/** What a later run is compared with: what stands against the adversary who knows the defense, and what is right without one. */
export function adaptiveOutcomes(data: PreprocessingData): SampleOutcomes[] {
  const { indices } = data;
  return [
    ...data.epsilons.map((at) => ({
      id: `adaptive@${at.epsilon}`,
      label: adaptiveLabel(data, at),
      ...{ indices, bits: at.adaptive },
    })),
    { id: 'clean', label: CLEAN_DEFENDED, indices, bits: data.cleanDefended },
  ];
}

export const CLEAN_DEFENDED = 'Clean accuracy with the defense';
export const UNAWARE = 'no evidence: the adversary does not know the defense';

export interface Rate extends Measure {
  readonly value: number;
  readonly interval: NonNullable<Measure['interval']>;
}

/** A share of samples with its exact interval. */
export function rateOf(bits: Bits, id: string, label: string): Rate {
  const interval = { ...clopperPearson(countOf(bits), bits.length), method: 'Clopper-Pearson' };
  return { id, label, value: shareOf(bits), format: 'rate', n: bits.length, interval, threshold: null };
}

function measuresOf(
  data: PreprocessingData,
  at: EpsilonStanding,
  { thresholds, setBy }: JudgePolicy<PreprocessingPolicy>,
): Measure[] {
  const { norm, cleanBare, cleanDefended } = data;
  const adaptive = rateOf(at.adaptive, 'adaptive', adaptiveLabel(data, at));
  const drop = shareOf(cleanBare) - shareOf(cleanDefended);
  const atLeast = thresholds.robustAccuracy?.atLeast;
  const atMost = thresholds.cleanAccuracyDrop?.atMost;
  const { low } = adaptive.interval;
  return [
    {
      ...adaptive,
      threshold:
        atLeast === undefined
          ? null
          : { comparison: 'at-least', value: atLeast, compared: low, holds: low >= atLeast, setBy },
    },
    rateOf(at.bare, 'bare', `Robust accuracy without the defense at ${norm} epsilon ${at.epsilon}`),
    difference('gain', 'Gain against an adversary who knows the defense', gainOf(at), at.bare.length),
    rateOf(cleanDefended, 'clean', CLEAN_DEFENDED),
    rateOf(cleanBare, 'clean-bare', 'Clean accuracy without the defense'),
    {
      ...difference('drop', 'Loss of clean accuracy', drop, cleanBare.length),
      threshold:
        atMost === undefined
          ? null
          : { comparison: 'at-most', value: atMost, compared: drop, holds: drop <= atMost, setBy },
    },
    rateOf(at.unaware, 'unaware', `Accuracy under replayed inputs at ${norm} epsilon ${at.epsilon} (${UNAWARE})`),
  ];
}

function difference(id: string, label: string, value: number, n: number): Measure {
  return { id, label, value, format: 'rate', n, interval: null, threshold: null };
}

function adaptiveLabel({ norm }: PreprocessingData, { epsilon }: EpsilonStanding): string {
  return `Robust accuracy with the defense at ${norm} epsilon ${epsilon}`;
}

function gainOf({ adaptive, bare }: EpsilonStanding): number {
  return shareOf(adaptive) - shareOf(bare);
}

function claimOf({ defense, norm }: PreprocessingData, at: EpsilonStanding): string {
  const { adaptive, bare, epsilon } = at;
  const p = mcnemar(countOnly(bare, adaptive), countOnly(adaptive, bare));
  const points = 100 * gainOf(at);
  const change = `${points > 0 ? 'gains' : 'loses'} ${Math.abs(points).toFixed(1)} points`;
  return (
    `${defense} ${Math.abs(points) < 0.05 ? 'gains 0.0 points' : change} over no defense when the adversary knows it: ` +
    `robust accuracy at ${norm} epsilon ${epsilon} is ${percent(shareOf(adaptive))}, and ${percent(shareOf(bare))} without ` +
    `it (McNemar's exact test: ${pValue(p)}; n = ${grouped(adaptive.length)}).`
  );
}

function signsOf({ indices }: PreprocessingData, at: EpsilonStanding): Sign[] {
  const most = TRUSTED_SHARE * indices.length;
  const missed = countOnly(at.fellToReplay, at.fellToSearch);
  const late = countOf(at.fellOnlyToQueries);
  return [
    {
      id: 'adaptive-search',
      holds: missed <= most,
      sentence:
        missed <= most
          ? `The search that knows the defense missed ${counted(missed, 'sample')} that replayed inputs broke.`
          : `The search that knows the defense missed ${counted(missed, 'sample')} that replayed inputs broke: it is too weak.`,
    },
    {
      id: 'gradients-of-use',
      holds: late <= most,
      sentence:
        late <= most
          ? `Queries without gradients broke ${counted(late, 'sample')} that gradients had left.`
          : `Queries without gradients broke ${counted(late, 'sample')} that gradients had left: the gradients are of little use.`,
    },
  ];
}

function statusOf(
  measures: readonly Measure[],
  signs: readonly Sign[],
  { minimumSamples }: JudgePolicy<PreprocessingPolicy>,
): Verdict['status'] {
  const missed = measures.filter(({ threshold }) => threshold?.holds === false);
  const few = measures.some(({ n }) => (n ?? 0) < minimumSamples);
  const certain = missed.filter(
    ({ interval, threshold }) => !few || (interval?.high ?? Infinity) < (threshold?.value ?? NaN),
  );
  if (certain.length > 0) return 'fail';
  return few || missed.length > 0 || signs.some(({ holds }) => !holds) ? 'inconclusive' : 'pass';
}

function reasonsOf(
  { indices }: PreprocessingData,
  measures: readonly Measure[],
  signs: readonly Sign[],
  { minimumSamples }: JudgePolicy<PreprocessingPolicy>,
): string[] {
  const n = indices.length;
  return [
    ...measures.flatMap(({ label, threshold }) =>
      threshold?.holds === false ? [`${label} misses the bar of the ${threshold.setBy}.`] : [],
    ),
    ...(n < minimumSamples
      ? [
          `${counted(n, 'sample is', 'samples are')} fewer than the ${grouped(minimumSamples)} that the policy asks for.`,
        ]
      : []),
    ...signs.flatMap(({ holds, sentence }) => (holds ? [] : [sentence])),
  ];
}

function notMeasured({ epsilons }: PreprocessingData, wanted: number | undefined): string {
  const known = epsilons.map(({ epsilon }) => epsilon).join(', ');
  return `The policy's bar is for epsilon ${wanted ?? 'unknown'}, and the audit measured ${known}.`;
}
