import type { Detail } from '#report/details';
import { METHOD_NAMES, type PerturbedColumn } from './perturb.js';

/** Larger matrices are not shown: nobody reads them, and `keep` says them for all but the invariant ones. */
const MOST_VALUES = 12;

/** What perturbations did to each column, and the matrices by which values were changed. */
export function perturbationDetails(done: readonly PerturbedColumn[]): Detail[] {
  if (done.length === 0) return [];
  return [changes(done), ...moments(done), ...done.flatMap(matrix)];
}

const text = (label: string) => ({ label, format: 'text' as const });
const number = (label: string) => ({ label, format: 'number' as const });

function changes(done: readonly PerturbedColumn[]): Detail {
  return {
    kind: 'table',
    title: 'What perturbation changed',
    columns: [
      ...[text('Column'), text('Method'), { label: 'Values', format: 'count' as const }],
      { label: 'Changed', format: 'rate' },
    ],
    rows: done.map(({ column, method, effect: { present, changed } }) => [
      ...[column, METHOD_NAMES[method], present, present === 0 ? 0 : changed / present],
    ]),
  };
}

/** Of columns that had numbers and still have. */
function moments(done: readonly PerturbedColumn[]): Detail[] {
  const rows = done.flatMap(({ column, effect: { numbers } }) => (numbers === null ? [] : [{ column, ...numbers }]));
  if (rows.length === 0) return [];
  return [
    {
      kind: 'table',
      title: 'What perturbation did to numbers',
      columns: [
        text('Column'),
        ...['Mean before', 'after', 'Deviation before', 'after', 'Correlation', 'Change, %'].map(number),
      ],
      rows: rows.map(({ column, mean, deviation, correlation, ssePercent }) => [
        ...[column, mean.before, mean.after, deviation.before, deviation.after, correlation, ssePercent],
      ]),
      note:
        'Correlation is that of values before with values after. Change is the sum of squared changes, in percent of the squared distances to ' +
        'the mean before. Dates count in days, times in milliseconds.',
    },
  ];
}

function matrix({ column, transition }: PerturbedColumn): Detail[] {
  if (transition === null || transition.values.length > MOST_VALUES) return [];
  const { values, transition: rows } = transition;
  return [
    {
      kind: 'table',
      title: `The probabilities by which values of ${column} were changed`,
      columns: [
        { label: 'From', format: 'text' },
        ...values.map((value) => ({ label: `To ${value}`, format: 'rate' as const })),
      ],
      rows: values.map((value, i) => [value, ...(rows[i] ?? [])]),
      note: 'Who knows them can undo in expectation what was done to frequencies. They hold no value of a single record.',
    },
  ];
}
