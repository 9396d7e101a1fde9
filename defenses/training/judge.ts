import { Type, type Static } from '@sinclair/typebox';
import { counted, grouped, percent, pValue } from '#base/format';
import type { JudgePolicy, SampleOutcomes, Verdict } from '#plugin/plugin';
import type { Measure } from '#report/report';
import { clopperPearson } from '#stats/intervals';
import { mcnemar } from '#stats/tests';

const Rate = (description: string) => Type.Number({ minimum: -1, maximum: 1, description });

export const HardeningPolicy = Type.Object(
  {
    robustAccuracy: Type.Optional(
      Type.Object(
        { atLeast: Rate('Robust accuracy after training, pessimistic end.') },
        { additionalProperties: false },
      ),
    ),
    robustAccuracyGain: Type.Optional(
      Type.Object({ atLeast: Rate('Robust accuracy after minus before.') }, { additionalProperties: false }),
    ),
    cleanAccuracyDrop: Type.Optional(
      Type.Object({ atMost: Rate('Clean accuracy before minus after.') }, { additionalProperties: false }),
    ),
  },
  { additionalProperties: false },
);

export type HardeningPolicy = Static<typeof HardeningPolicy>;

/** One bit a test sample. */
export interface Standing {
  readonly clean: readonly number[];
  readonly robust: readonly number[];
}

export interface HardeningEvidence {
  readonly epsilon: number;
  readonly n: number;
  /** Of the test samples, in the data set. */
  readonly indices: readonly number[];
  readonly trained: number;
  /** Mean training loss of each epoch; null where it is no number. */
  readonly losses: readonly (number | null)[];
  readonly before: Standing;
  readonly after: Standing;
}

const ROBUST_AFTER = 'Robust accuracy after';
const CLEAN_AFTER = 'Clean accuracy after';

type Bar = NonNullable<Measure['threshold']>;

/** Holds hardening against its bars: how robust, how much gained, how much clean accuracy given up. */
export function hardens(data: HardeningEvidence, policy: JudgePolicy<HardeningPolicy>): Verdict {
  const { before, after, n, epsilon } = data;
  const bars = measuresOf(data, policy);
  const missed = bars.filter((measure) => measure.threshold?.holds === false);
  const gained = mcnemar(count(before.robust, after.robust, 0, 1), count(before.robust, after.robust, 1, 0));
  const claim =
    `Fast adversarial training on ${grouped(data.trained)} samples takes robust accuracy at epsilon ${epsilon} from ` +
    `${percent(mean(before.robust))} to ${percent(mean(after.robust))} and clean accuracy from ${percent(mean(before.clean))} ` +
    `to ${percent(mean(after.clean))} (n = ${grouped(n)}).`;
  const change = `McNemar's exact test of the change in robust accuracy gives ${pValue(gained)}.`;
  const diverged = data.losses.includes(null);
  const few = n < policy.minimumSamples;
  const reasons = [
    ...(diverged ? ['The training diverged: its loss is not a number.'] : []),
    ...missed.map((measure) => `${measure.label} misses the bar of the ${measure.threshold?.setBy ?? 'policy'}.`),
    ...(few
      ? [
          `${counted(n, 'sample is', 'samples are')} fewer than the ${grouped(policy.minimumSamples)} that the policy asks for.`,
        ]
      : []),
    change,
  ];
  const status = missed.length > 0 || diverged ? 'fail' : few || n === 0 ? 'inconclusive' : 'pass';
  return { status, claim, reasons, measures: bars, signs: [] };
}

/** What a later run is compared with: which samples the hardened model gets right, and keeps right under attack. */
export function hardenedOutcomes({ indices, after }: HardeningEvidence): SampleOutcomes[] {
  return [
    { id: 'robust-after', label: ROBUST_AFTER, indices, bits: after.robust.join('') },
    { id: 'clean-after', label: CLEAN_AFTER, indices, bits: after.clean.join('') },
  ];
}

function measuresOf(data: HardeningEvidence, policy: JudgePolicy<HardeningPolicy>): Measure[] {
  const { thresholds, setBy } = policy;
  const { before, after, n } = data;
  const gain = mean(after.robust) - mean(before.robust);
  const drop = mean(before.clean) - mean(after.clean);
  const interval = intervalOf(after.robust);
  const rate = (id: string, label: string, bits: readonly number[]): Measure => ({
    ...{ id, label, value: mean(bits), format: 'rate', n, interval: intervalOf(bits), threshold: null },
  });
  const bar = (comparison: Bar['comparison'], value: number | undefined, compared: number): Bar | null =>
    value === undefined
      ? null
      : {
          comparison,
          value,
          compared,
          setBy,
          holds: comparison === 'at-least' ? compared >= value : compared <= value,
        };
  const difference = (id: string, label: string, value: number, threshold: Bar | null): Measure => ({
    ...{ id, label, value, format: 'rate', n, interval: null, threshold },
  });
  return [
    {
      ...rate('robust-after', ROBUST_AFTER, after.robust),
      threshold: bar('at-least', thresholds.robustAccuracy?.atLeast, interval.low),
    },
    rate('robust-before', 'Robust accuracy before', before.robust),
    difference('gain', 'Gain in robust accuracy', gain, bar('at-least', thresholds.robustAccuracyGain?.atLeast, gain)),
    rate('clean-after', CLEAN_AFTER, after.clean),
    rate('clean-before', 'Clean accuracy before', before.clean),
    difference('drop', 'Loss of clean accuracy', drop, bar('at-most', thresholds.cleanAccuracyDrop?.atMost, drop)),
  ];
}

function intervalOf(bits: readonly number[]): NonNullable<Measure['interval']> {
  return { ...clopperPearson(sum(bits), bits.length), method: 'Clopper-Pearson' };
}

function count(before: readonly number[], after: readonly number[], from: number, to: number): number {
  return before.filter((bit, i) => bit === from && after[i] === to).length;
}

function sum(bits: readonly number[]): number {
  return bits.reduce((total, bit) => total + bit, 0);
}

function mean(bits: readonly number[]): number {
  return bits.length === 0 ? NaN : sum(bits) / bits.length;
}
