import type { Utility } from '#plugin/anonymizing';
import type { UtilityMeasures } from '../utility/utility.js';

/** What a release cost, in the metrics of the field. */
export function utilityRows(measures: UtilityMeasures): Utility[] {
  const row = (id: string, label: string, after: number | null, rest: Partial<Utility> = {}): Utility => ({
    ...{ id, label, format: 'rate', before: 0, after, better: 'low', note: null },
    ...rest,
  });
  const size = { format: 'number', before: null } as const;
  return [
    row('loss', 'Loss', measures.loss, {
      note: 'Share of the hierarchy or range under a value, over records (a suppressed one counts 1); over columns the geometric mean of 1 + share, minus 1.',
    }),
    row('entropy', 'Non-uniform entropy lost', measures.entropy),
    ...(measures.precision === null
      ? []
      : [row('precision', 'Precision', measures.precision, { before: 1, better: 'high', note: 'Sweeney 2002.' })]),
    row('discernibility', 'Discernibility', measures.discernibility, {
      ...size,
      note: 'Sum of squared class sizes + records x suppressed records (Bayardo & Agrawal 2005).',
    }),
    row('average-class-size', 'Average class size', measures.averageClassSize, {
      ...size,
      note: 'Records kept / classes kept.',
    }),
    row('arx-average-class-size', 'Average class size as in ARX', measures.arxAverageClassSize, {
      ...size,
      note: 'With the suppressed records as one class more.',
    }),
    row('suppressed', 'Records suppressed', measures.suppressedShare),
  ];
}
