import type { Area, Finding, Measure, Report, TargetCard } from '#report/report';

/** Which numbers of a report are numbers of the model, as model cards and bills of materials list them. */

export interface ModelMetric {
  /** Null for the clean accuracy, which is measured when the model is opened. */
  readonly finding: Finding | null;
  readonly measure: Measure;
  readonly value: number;
}

/** Audits of data measure no model; training measures the model that it made, which is another one. */
const AREAS_OF_THE_MODEL: ReadonlySet<Area> = new Set([
  'evasion',
  'corruption',
  'certificates',
  'subgroups',
  'explanations',
]);

/**
 * Only numbers that a verdict stands on: an attack that could not be trusted ends as inconclusive, and its robust
 * accuracy would read as a claim that nobody makes.
 */
export function modelMetrics({ target, findings }: Report): ModelMetric[] {
  if (target === null) return [];
  const decided = findings.filter(
    ({ area, status }) => AREAS_OF_THE_MODEL.has(area) && (status === 'pass' || status === 'fail'),
  );
  return [
    ...metric(null, target.accuracy ?? null),
    ...decided.flatMap((finding) => finding.measures.flatMap((measure) => metric(finding, measure))),
  ];
}

function metric(finding: Finding | null, measure: Measure | null): ModelMetric[] {
  const value = measure?.value ?? null;
  return measure === null || value === null || !Number.isFinite(value) ? [] : [{ finding, measure, value }];
}

/** As Hugging Face names tasks; null where domain and head do not tell. */
export function taskOf({ domain, head }: TargetCard): string | null {
  const classifies = ['classes', 'binary', 'multi-label'].includes(head.kind);
  if (classifies && ['image', 'tabular', 'text'].includes(domain.kind)) return `${domain.kind}-classification`;
  return domain.kind === 'tabular' && head.kind === 'regression' ? 'tabular-regression' : null;
}
