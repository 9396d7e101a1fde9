import { Type, type Static } from '@sinclair/typebox';
import { grouped, percent } from '#base/format';
import type { JudgePolicy, Verdict } from '#plugin/plugin';
import type { Measure, Sign } from '#report/report';
import { clopperPearson } from '#stats/intervals';
import type { CompletenessEvidence } from './completeness.js';

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

/** |sum phi - (F(x) - F(x'))| <= max(1e-4, 1 % of |F(x) - F(x')|) */
export function isComplete({
  residual,
  difference,
}: {
  readonly residual: number;
  readonly difference: number;
}): boolean {
  return Math.abs(residual) <= Math.max(1e-4, 0.01 * Math.abs(difference));
}

export function judgeCompleteness(
  data: CompletenessEvidence,
  policy: JudgePolicy<Static<typeof CompletenessPolicy>>,
): Verdict {
  const n = data.indices.length;
  const bits = data.residuals.map((residual, i) =>
    isComplete({ residual: residual ?? NaN, difference: data.differences[i] ?? NaN }) ? 1 : 0,
  );
  const complete = bits.filter((bit) => bit === 1).length;
  const measure = measureOf(complete, n, policy);
  const signs = data.controls.map(controlSign);
  const incomplete = bits.flatMap((bit, i) => (bit === 0 ? [i] : []));
  const stuck = incomplete.filter((i) => data.stuck[i] === 1).length;
  const share = n === 0 ? 0 : complete / n;
  const holds = measure.threshold?.holds === true;
  const isVoid = signs.some((sign) => !sign.holds);
  const reasons = [
    ...(isVoid ? ['A control did not end as it has to: the verdict is void.'] : []),
    ...(n < policy.minimumSamples
      ? [`${grouped(n)} samples are fewer than the ${policy.minimumSamples} asked for.`]
      : []),
    ...(incomplete.length === 0
      ? []
      : [
          `${grouped(incomplete.length)} samples do not add up with ${data.maximumSteps} nodes; for ${grouped(stuck)} of ` +
            'them more nodes made no difference.',
        ]),
  ];
  // Short quadrature is the auditor's limit; a residual that more nodes do not shrink is the model's.
  const fails = !holds && share + (incomplete.length - stuck) / Math.max(n, 1) < policy.thresholds.complete.atLeast;
  const status =
    isVoid || n < policy.minimumSamples ? 'inconclusive' : fails ? 'fail' : holds ? 'pass' : 'inconclusive';
  return { status, claim: claimOf(complete, n, data.baseline), reasons, measures: [measure], signs };
}

function claimOf(complete: number, n: number, baseline: number): string {
  const share = n === 0 ? 'none' : percent(complete / n);
  return (
    `The integrated gradients of ${grouped(complete)} of ${grouped(n)} samples (${share}) add up to the difference of the ` +
    `score from the baseline ${baseline}, within the larger of 0.0001 and 1 % of it.`
  );
}

/** The share itself is held against the bar: the rule is about these samples, as the catalogue states it. */
function measureOf(complete: number, n: number, policy: JudgePolicy<Static<typeof CompletenessPolicy>>): Measure {
  const value = n === 0 ? null : complete / n;
  const { atLeast } = policy.thresholds.complete;
  const compared = value ?? 0;
  return {
    id: 'complete',
    label: 'Samples whose attributions add up',
    value,
    format: 'rate',
    n,
    interval: n === 0 ? null : { ...clopperPearson(complete, n), method: 'Clopper-Pearson' },
    threshold: { comparison: 'at-least', value: atLeast, compared, holds: compared >= atLeast, setBy: policy.setBy },
  };
}

function controlSign({ id, sentence, holds }: CompletenessEvidence['controls'][number]): Sign {
  return { id, holds, sentence };
}
