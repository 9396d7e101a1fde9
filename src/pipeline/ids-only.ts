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
    default:
      return detail;
  }
}

const NOT_SHOWN = 'Its rows hold values of samples, and this report names samples by their index only.';
