import { counted, percent } from '#base/format';
import type { Detail } from '#report/details';
import type { DistinctionSearch } from './distinction.js';
import type { ReidentificationEvidence } from './re-identification-evidence.js';
import { NAMES, type PopulationUniqueness } from './uniqueness/population-uniqueness.js';

/** More sets than this are no help to a reader. */
const MOST_SETS = 20;

/** Records by their risk, columns that nobody declared, and the estimates of population uniqueness. */
export function reidentificationDetails(data: ReidentificationEvidence): Detail[] {
  return [
    ...(data.bins.length === 0 ? [] : [riskHistogram(data)]),
    ...(data.undeclared.sets.length === 0 ? [] : [undeclaredTable(data.undeclared)]),
    ...(data.uniqueness === null || data.uniqueness.estimates.length === 0 ? [] : [estimatesTable(data.uniqueness)]),
  ];
}

function riskHistogram({ bins, classes, riskThreshold }: ReidentificationEvidence): Detail {
  return {
    kind: 'histogram',
    title: 'Records by their risk',
    description: `The probability with which one who knows that a person is in the table finds the record: 1 / size of its class, of ${counted(classes, 'class', 'classes')}.`,
    x: { label: 'Risk of the record', format: 'rate' },
    bins: bins.map(({ from, to, records }) => ({ from, to, count: records })),
    threshold: { x: riskThreshold, label: `at risk above ${percent(riskThreshold)}` },
  };
}

/** Columns that tell people apart though nobody declared them; also for a certificate. */
export function undeclaredTable({ sets, isTogether, maximumSize, isComplete }: DistinctionSearch): Detail {
  const shown = sets.slice(0, MOST_SETS);
  return {
    kind: 'table',
    title: 'Undeclared columns that tell people apart',
    columns: [
      { label: 'Columns', format: 'text' },
      { label: 'Distinction', format: 'rate' },
      { label: 'Separation', format: 'rate' },
      { label: 'Unique records', format: 'rate' },
      ...(isTogether ? [{ label: 'Distinction with the declared', format: 'rate' as const }] : []),
    ],
    rows: shown.map(({ columns, distinction, separation, uniques, withDeclared }) => [
      columns.join(', '),
      ...[distinction, separation, uniques],
      ...(isTogether ? [withDeclared?.distinction ?? null] : []),
    ]),
    note:
      'Distinction: different combinations / records. Separation: pairs of records that differ / pairs (Motwani & Xu 2007). ' +
      `${shown.length} of ${counted(sets.length, 'smallest set')} of up to ${maximumSize} columns${isComplete ? '' : '; the search ended before all were counted'}.`,
  };
}

function estimatesTable({ estimates, chosen, because }: PopulationUniqueness): Detail {
  return {
    kind: 'table',
    title: 'Unique people in the population, by estimate',
    columns: [
      { label: 'Model', format: 'text' },
      { label: 'Share of the population', format: 'rate' },
      { label: 'Used', format: 'text' },
    ],
    rows: estimates.map((estimate) => [
      NAMES[estimate.model],
      estimate.converged ? estimate.share : null,
      estimate.model === chosen ? 'yes' : estimate.converged ? 'no' : `no: ${estimate.why}`,
    ]),
    note: because,
  };
}
