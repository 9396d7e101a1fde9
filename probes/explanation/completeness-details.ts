import type { Pictures, Verdict } from '#plugin/plugin';
import type { Detail } from '#report/details';
import type { CompletenessEvidence } from './completeness.js';
import { isComplete } from './completeness-judge.js';

/** Attribution maps, and how many nodes the samples needed. */
export function completenessDetails(data: CompletenessEvidence, _: Verdict, pictures: Pictures): Detail[] {
  const nodes = [...new Set(data.steps)].sort((a, b) => a - b);
  const table: Detail = {
    kind: 'table',
    title: 'Nodes of the quadrature',
    columns: [
      { label: 'Nodes', format: 'count' },
      { label: 'Samples', format: 'count' },
      { label: 'Of them complete', format: 'count' },
    ],
    rows: nodes.map((count) => {
      const own = data.steps.flatMap((steps, i) => (steps === count ? [i] : []));
      const complete = own.filter((i) =>
        isComplete({ residual: data.residuals[i] ?? NaN, difference: data.differences[i] ?? NaN }),
      );
      return [count, own.length, complete.length];
    }),
    note: 'Gauss-Legendre quadrature; nodes are doubled until the attributions add up or the cap is reached.',
  };
  if (pictures.maps.length === 0) return [table];
  const maps: Detail = {
    kind: 'heat-maps',
    title: 'Attributions',
    chosen: 'The first samples of the drawn data, in the order of the data set.',
    scale: pictures.mapScale,
    rows: pictures.maps.map((map) => ({ ...map })),
  };
  return [maps, table];
}
