import type { Pictures, Verdict } from '#plugin/plugin';
import type { Detail } from '#report/details';
import type { CompletenessEvidence } from './completeness.js';
import { isCompleteAt } from './completeness-judge.js';

/** Attribution maps, and how many nodes the samples needed. */
export function completenessDetails(data: CompletenessEvidence, _: Verdict, pictures: Pictures): Detail[] {
  const nodes = [...new Set(data.steps)].sort((a, b) => a - b);
  const table: Detail = {
    kind: 'table',
    title: 'Nodes of the quadrature',
    columns: [
      { label: 'Nodes', format: 'count' },
      { label: 'Samples', format: 'count' },
      { label: 'Of them add up', format: 'count' },
      { label: 'Largest residual', unit: 'of the difference', format: 'rate' },
    ],
    rows: nodes.map((count) => {
      const own = data.steps.flatMap((steps, i) => (steps === count ? [i] : []));
      const complete = own.filter((i) => isCompleteAt(data, i));
      return [count, own.length, complete.length, largestResidual(data, own)];
    }),
    note: 'Gauss-Legendre quadrature; nodes are doubled until the attributions add up or the cap is reached.',
  };
  if (pictures.maps.length === 0) return [table];
  const maps: Detail = {
    kind: 'heat-maps',
    title: 'Attributions',
    chosen: 'The first of the samples that were drawn, in the order of the data set.',
    scale: pictures.mapScale,
    rows: pictures.maps.map((map) => ({ ...map })),
  };
  return [maps, table];
}

/** As a share of the difference of scores; null where there is none that is finite. */
function largestResidual({ residuals, differences }: CompletenessEvidence, rows: readonly number[]): number | null {
  const shares = rows.flatMap((i) => {
    const share = Math.abs((residuals[i] ?? NaN) / (differences[i] ?? NaN));
    return Number.isFinite(share) ? [share] : [];
  });
  return shares.length === 0 ? null : Math.max(...shares);
}
