import { counted } from '#base/format';
import type { Detail } from '#report/details';
import type { ClassAuditEvidence, ModelEvidence } from './class-audit.js';
import { CONVENTIONS, shortened } from './words.js';

/** For each model how many records are in classes of which measure, and its worst classes with their values. */
export function classDetails(data: ClassAuditEvidence): Detail[] {
  if (data.combinations === 0) return [];
  return data.models.flatMap((model) => [
    ...(model.bins.length === 0 ? [] : [histogram(model, data)]),
    ...(model.examples.length === 0 ? [] : [worstClasses(model, data)]),
  ]);
}

function histogram(model: ModelEvidence, { combinations, missing }: ClassAuditEvidence): Detail {
  const { measured, unbounded, name } = model;
  const beyond =
    unbounded === 0
      ? ''
      : ` ${counted(unbounded, 'record')} without a bound ${unbounded === 1 ? 'is' : 'are'} in no bar.`;
  return {
    kind: 'histogram',
    title: `Records by their class: ${name}`,
    description: `${counted(combinations, 'combination')} of quasi-identifiers; ${CONVENTIONS[missing]}. The model holds for ${measured.bar}.${beyond}`,
    x: { label: measured.label, format: measured.format },
    bins: model.bins.map(({ from, to, records }) => ({ from, to, count: records })),
    threshold: { x: measured.threshold, label: measured.bar },
  };
}

function worstClasses(model: ModelEvidence, { quasiIdentifiers, combinations }: ClassAuditEvidence): Detail {
  const { measured, examples, name } = model;
  return {
    kind: 'table',
    title: `The worst classes: ${name}`,
    samples: true,
    columns: [
      ...quasiIdentifiers.map((label) => ({ label, format: 'text' as const })),
      { label: measured.label, format: measured.format },
      { label: 'Records in the class', format: 'count' },
      { label: 'First record', format: 'count' },
    ],
    rows: examples.map(({ values, measure, size, record }) => [...values.map(shortened), measure, size, record]),
    note: `${examples.length} of ${counted(combinations, 'combination')}, the worst first, then by their place in the file; record 1 is the one behind the header.${examples.some(({ measure }) => measure === null) ? ' No number: nothing bounds it.' : ''}`,
  };
}
