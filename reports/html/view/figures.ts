import type { Detail } from '#report/details';
import { barsFigure } from './bars.js';
import { beeswarmFigure } from './beeswarm.js';
import type { FigureContext } from './context.js';
import { curveFigure, histogramFigure } from './curves.js';
import { effectFigure } from './effect.js';
import type { Figure } from './figure-schema.js';
import { sampleFigure } from './samples.js';
import { pluginTable } from './tables.js';
import { waterfallFigure } from './waterfall.js';

/** A detail as the figure or table that a page shows. */
export function figureOf(detail: Detail, context: FigureContext): Figure {
  switch (detail.kind) {
    case 'curve':
      return curveFigure(detail, context);
    case 'histogram':
      return histogramFigure(detail, context);
    case 'table':
      return { kind: 'table', table: pluginTable(detail, context) };
    case 'image-pairs':
    case 'heat-maps':
    case 'tokens':
      return sampleFigure(detail, context);
    case 'waterfall':
      return waterfallFigure(detail, context);
    case 'beeswarm':
      return beeswarmFigure(detail, context);
    case 'effect':
      return effectFigure(detail, context);
    case 'bars':
      return barsFigure(detail, context);
  }
}
