import { Type, type Static } from '@sinclair/typebox';
import { counted, grouped, percent } from '#base/format';
import type { JudgePolicy, SampleOutcomes, Verdict, VerdictStatus } from '#plugin/plugin';
import type { Measure, Sign } from '#report/report';
import { clopperPearson } from '#stats/intervals';
import type { CompletenessEvidence } from './completeness.js';
import { CLOSED_FORM_TOLERANCE } from './controls.js';
import { isComplete } from './refinement.js';

export const CompletenessPolicy = Type.Object(
  {
    complete: Type.Object(
      {
        atLeast: Type.Number({
          minimum: 0,
          maximum: 1,
          description: 'Share of samples whose attributions add up to within max(1e-4, 1 % of the difference).',
        }),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

const LABEL = 'Samples whose attributions add up';

type Policy = JudgePolicy<Static<typeof CompletenessPolicy>>;

/**
 * Holds the share of samples that add up against the bar. A control that ends otherwise than it has to makes the verdict
 * void. A sample that does not add up at the cap speaks against the model only where more nodes did not help; else it is
 * the auditor's quadrature that is short, and the verdict is inconclusive.
 */
export function judgeCompleteness(data: CompletenessEvidence, policy: Policy): Verdict {
  const { atLeast } = policy.thresholds.complete;
  const complete = data.indices.map((_, i) => isCompleteAt(data, i));
  const n = complete.length;
  const count = complete.filter(Boolean).length;
  const stuck = complete.filter((adds, i) => !adds && data.stuck[i] === 1).length;
  const measure = measureOf(count, n, policy);
  const signs = signsOf(data, atLeast);
  return {
    status: statusOf(measure, (n - stuck) / n < atLeast, signs, policy),
    claim: claimOf(data, count, n, atLeast),
    reasons: reasonsOf(data, { n, open: n - count, stuck }, signs, policy),
    measures: [measure],
    signs,
  };
}

export function isCompleteAt({ residuals, differences }: CompletenessEvidence, i: number): boolean {
  return isComplete({ residual: residuals[i] ?? NaN, difference: differences[i] ?? NaN });
}

/** What a later run is compared with: which samples add up. */
export function completeOutcomes(data: CompletenessEvidence): SampleOutcomes[] {
  const bits = data.indices.map((_, i) => (isCompleteAt(data, i) ? '1' : '0')).join('');
  return [{ id: 'complete', label: LABEL, indices: data.indices, bits }];
}

/** @param settled whether the bar would be missed even if all that is open were settled in the model's favour */
function statusOf(
  { n, interval, threshold }: Measure,
  settled: boolean,
  signs: readonly Sign[],
  policy: Policy,
): VerdictStatus {
  const isVoid = signs.some(({ holds }) => !holds);
  if (isVoid || n === null || n === 0) return 'inconclusive';
  const few = n < policy.minimumSamples;
  if (threshold?.holds === true) return few ? 'inconclusive' : 'pass';
  if (!settled) return 'inconclusive';
  return few && (interval?.high ?? 1) >= policy.thresholds.complete.atLeast ? 'inconclusive' : 'fail';
}

function claimOf({ baseline, score }: CompletenessEvidence, count: number, n: number, atLeast: number): string {
  if (n === 0) return 'There was no sample to explain.';
  const from = baseline === 'mean' ? 'the mean of each channel' : `the baseline ${baseline}`;
  return (
    `The integrated gradients of ${grouped(count)} of ${counted(n, 'sample')} (${percent(count / n)}) add up to the ` +
    `difference of the ${score} score from ${from}, within the larger of 0.0001 and 1 % of it; the policy asks for ` +
    `${percent(atLeast)}.`
  );
}

function reasonsOf(
  { maximumSteps }: CompletenessEvidence,
  { n, open, stuck }: { readonly n: number; readonly open: number; readonly stuck: number },
  signs: readonly Sign[],
  { minimumSamples }: Policy,
): string[] {
  const failed = signs.filter(({ holds }) => !holds).map(({ sentence }) => sentence);
  return [
    ...(failed.length === 0 ? [] : ['A control did not end as it has to, so the verdict is void.', ...failed]),
    ...(n < minimumSamples
      ? [
          `${counted(n, 'sample is', 'samples are')} fewer than the ${grouped(minimumSamples)} that the policy asks for.`,
        ]
      : []),
    ...(open === 0
      ? []
      : [
          `${counted(open, 'sample does', 'samples do')} not add up with ${grouped(maximumSteps)} nodes; for ` +
            `${grouped(stuck)} of them more nodes did not help, for the rest the quadrature is too short to tell.`,
        ]),
  ];
}

/** The share itself is held against the bar: the rule is about these samples, as the catalogue states it. */
function measureOf(complete: number, n: number, { thresholds, setBy }: Policy): Measure {
  const value = n === 0 ? null : complete / n;
  const { atLeast } = thresholds.complete;
  const compared = value ?? 0;
  return {
    id: 'complete',
    label: LABEL,
    value,
    format: 'rate',
    n,
    interval: n === 0 ? null : { ...clopperPearson(complete, n), method: 'Clopper-Pearson' },
    threshold: {
      comparison: 'at-least',
      value: atLeast,
      compared,
      holds: value !== null && compared >= atLeast,
      setBy,
    },
  };
}

function signsOf({ controls, indices }: CompletenessEvidence, atLeast: number): Sign[] {
  const { linear, random, constant } = controls;
  return [
    {
      id: 'control-linear',
      holds: linear.complete && linear.error <= CLOSED_FORM_TOLERANCE,
      sentence:
        "Positive control: on a linear model the attributions have to be (x - x') w and to add up; they differ by " +
        `${linear.error.toExponential(1)} of the largest, and ${linear.complete ? 'add up' : 'do not add up'}.`,
    },
    negative('random', random, indices.length, atLeast),
    negative('constant', constant, indices.length, atLeast),
  ];
}

/** An explainer that explains nothing has to miss the bar, on the same samples. */
function negative(name: string, complete: readonly number[], n: number, atLeast: number): Sign {
  const count = complete.reduce((sum, each) => sum + each, 0);
  return {
    id: `control-${name}`,
    holds: n === 0 || count / n < atLeast,
    sentence: `Negative control: a ${name} explainer has to fail; it adds up for ${grouped(count)} of ${counted(n, 'sample')}.`,
  };
}
