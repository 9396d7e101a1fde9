import type { Measure } from '#report/report';
import { measureCells } from '#reports/measure';
import type { Judgement } from './audit.js';

/** What a failing matcher says: the number with its interval and n, why, and where a counterexample lies. */
export function failureMessage(finding: Judgement, counterexample: string | null): string {
  return [
    finding.claim,
    ...finding.measures.map((measure) => `  ${measureLine(measure)}`),
    ...finding.reasons.map((reason) => `  ${reason}`),
    ...finding.signs.filter(({ holds }) => !holds).map(({ sentence }) => `  ${sentence}`),
    counterexample === null ? 'No picture of a counterexample was kept.' : `Counterexample: ${counterexample}`,
  ].join('\n');
}

function measureLine(measure: Measure): string {
  const { label, value, interval, n, threshold } = measureCells(measure, 'plain');
  const parts = [
    `${label}: ${value ?? 'not measured'}`,
    ...(interval === null ? [] : [`95 % interval ${interval}`]),
    ...(n === null ? [] : [`n = ${n}`]),
    ...(threshold === null ? [] : [`asked for ${threshold}`]),
  ];
  return parts.join(', ');
}

/** The first picture of a changed input among a finding's details, relative to the run folder. */
export function counterexampleOf({ details }: Judgement): string | null {
  const rows = details.flatMap((detail) => (detail.kind === 'image-pairs' ? detail.rows : []));
  return rows.find(({ adversarial }) => adversarial !== null)?.adversarial?.file ?? null;
}
