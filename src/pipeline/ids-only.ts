import type { Detail } from '#report/details';

/**
 * A detail for a report that names samples by their index only (`samples: ids`): tables of values and texts are gone from the
 * report itself, so that no reporter can show them. Pictures are not drawn in the first place.
 */
export function withoutValues(detail: Detail): Detail {
  switch (detail.kind) {
    case 'table':
      return detail.samples === true ? { ...detail, rows: [], note: NOT_SHOWN } : detail;
    case 'tokens':
      return { ...detail, rows: detail.rows.map(({ sample }) => ({ sample, tokens: [] })) };
    case 'heat-maps':
      return { ...detail, rows: detail.rows.map((row) => ({ ...row, summary: null })) };
    case 'waterfall':
      return { ...detail, rows: detail.rows.map(withoutValue) };
    case 'beeswarm':
      return {
        ...detail,
        features: detail.features.map(({ name, points }) => ({ name, points: points.map(withoutValue) })),
      };
    case 'effect': {
      const { marked: _, ...rest } = detail;
      return { ...rest, rug: [] };
    }
    default:
      return detail;
  }
}

function withoutValue<T extends { readonly value: unknown }>(item: T): T & { readonly value: null } {
  return { ...item, value: null };
}

const NOT_SHOWN = 'Its rows hold values of samples, and this report names samples by their index only.';
