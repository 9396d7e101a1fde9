import { Type, type Static } from '@sinclair/typebox';
import { counted, grouped, percent, pValue } from '#base/format';
import type { JudgePolicy, SampleOutcomes, Verdict } from '#plugin/plugin';
import type { Measure } from '#report/report';
import { clopperPearson } from '#stats/intervals';
import { mcnemar } from '#stats/tests';
import type { EpochRecord } from './loop/progress.js';
import { isTrouble, type Stop } from './loop/trouble.js';
import type { Method, Recipe } from './recipe.js';

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
  /** Complete. */
  readonly recipe: Recipe;
  /** What both models are measured by. */
  readonly evaluation: string;
  readonly n: number;
  /** Of the test samples, in the data set. */
  readonly indices: readonly number[];
  /** Samples that were learned, and those held out. */
  readonly trained: number;
  readonly validated: number;
  readonly epochs: readonly EpochRecord[];
  /** The epoch whose weights are kept: 0 is the model as it came; null for the mean of several. */
  readonly kept: number | null;
  readonly stop: Stop | null;
  readonly before: Standing;
  readonly after: Standing;
}

type Bar = NonNullable<Measure['threshold']>;

const ROBUST_AFTER = 'Robust accuracy after';
const CLEAN_AFTER = 'Clean accuracy after';

const TRAINING: Readonly<Record<Method, string>> = {
  standard: 'Standard training',
  pgd: 'PGD adversarial training',
  trades: 'TRADES',
  mart: 'MART',
  fast: 'Fast adversarial training',
  free: 'Free adversarial training',
};

/** Holds hardening against its bars: how robust, how much gained, how much clean accuracy given up. */
export function hardens(data: HardeningEvidence, policy: JudgePolicy<HardeningPolicy>): Verdict {
  const { before, after, n, recipe, stop } = data;
  const bars = measuresOf(data, policy);
  const missed = bars.filter((measure) => measure.threshold?.holds === false);
  const gained = mcnemar(count(before.robust, after.robust, 0, 1), count(before.robust, after.robust, 1, 0));
  const claim =
    `${TRAINING[recipe.method]} on ${grouped(data.trained)} samples takes robust accuracy at ${recipe.norm} epsilon ` +
    `${recipe.epsilon} from ${percent(mean(before.robust))} to ${percent(mean(after.robust))} and clean accuracy from ` +
    `${percent(mean(before.clean))} to ${percent(mean(after.clean))} (n = ${grouped(n)}).`;
  const few = n < policy.minimumSamples;
  const reasons = [
    ...(stop === null ? [] : [stop.sentence]),
    keptSentence(data),
    ...missed.map((measure) => `${measure.label} misses the bar of the ${measure.threshold?.setBy ?? 'policy'}.`),
    ...(few
      ? [
          `${counted(n, 'sample is', 'samples are')} fewer than the ${grouped(policy.minimumSamples)} that the policy asks for.`,
        ]
      : []),
    `McNemar's exact test of the change in robust accuracy gives ${pValue(gained)}.`,
  ];
  const failed = missed.length > 0 || isTrouble(stop);
  const status = failed ? 'fail' : few || n === 0 ? 'inconclusive' : 'pass';
  return { status, claim, reasons, measures: bars, signs: [] };
}

function keptSentence({ kept, validated, epochs }: HardeningEvidence): string {
  const last = epochs.at(-1)?.epoch ?? 0;
  if (kept === null) return 'The mean of the weights of the last epochs is kept.';
  if (kept === 0) return 'The weights are those of the model as it came.';
  if (validated === 0) return `The weights of epoch ${kept}, the last whole one, are kept.`;
  const why = `robust accuracy on ${counted(validated, 'sample', 'samples')} held out was best`;
  return `The weights of epoch ${kept} of ${last} are kept, where ${why}.`;
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
