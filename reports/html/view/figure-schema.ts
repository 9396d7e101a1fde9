import { Type, type Static } from '@sinclair/typebox';
import { closed, CurveChart, HistogramChart } from './chart-schema.js';

/** What a finding shows below its numbers. Tables and figures are numbered through the page, so that each has a name. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

export const DataTable = closed({
  /** The name of the scrolling frame, unique on the page. */
  name: Type.String(),
  caption: Type.String(),
  columns: Type.Array(closed({ label: Type.String(), numeric: Type.Boolean() }), { minItems: 1 }),
  rows: Type.Array(Type.Array(closed({ text: Type.String(), numeric: Type.Boolean(), heads: Type.Boolean() }))),
  /** Why there are no rows. */
  empty: Nullable(Type.String()),
  note: Nullable(Type.String()),
});

/** A picture of the run folder, or the sentence that stands in its place. */
export const Image = closed({
  source: Nullable(Type.String({ pattern: '^data:image/png;base64,[A-Za-z0-9+/=]+$' })),
  /** The size at which it is drawn, in CSS pixels. */
  width: Type.Integer({ minimum: 1 }),
  height: Type.Integer({ minimum: 1 }),
  text: Type.String(),
  /** Where the full picture lies, relative to the page, when this is a smaller one. */
  original: Nullable(Type.String()),
});

const CurveFigure = closed({
  kind: Type.Literal('curve'),
  caption: Type.String(),
  description: Type.String(),
  charts: Type.Array(CurveChart, { minItems: 1 }),
  distrust: Type.Array(Type.String()),
  table: DataTable,
});

const HistogramFigure = closed({
  kind: Type.Literal('histogram'),
  caption: Type.String(),
  description: Type.String(),
  chart: HistogramChart,
  table: DataTable,
});

const TableFigure = closed({ kind: Type.Literal('table'), table: DataTable });

/** Rows of pictures side by side: adversarial examples, or maps beside their inputs. */
const GalleryFigure = closed({
  kind: Type.Literal('gallery'),
  caption: Type.String(),
  description: Type.String(),
  rows: Type.Array(
    closed({
      heading: Type.String(),
      facts: Type.Array(Type.String()),
      shots: Type.Array(closed({ name: Type.String(), image: Image, lines: Type.Array(Type.String()) })),
    }),
  ),
});

const TokensFigure = closed({
  kind: Type.Literal('tokens'),
  caption: Type.String(),
  description: Type.String(),
  rows: Type.Array(
    closed({
      heading: Type.String(),
      tokens: Type.Array(
        closed({
          text: Type.String(),
          value: Type.String(),
          shade: Type.String({ pattern: '^(none|(positive|negative)-[1-4])$' }),
        }),
      ),
    }),
  ),
});

/** In place of what the run was told not to show, and of what has nothing to show. */
const AbsentFigure = closed({ kind: Type.Literal('absent'), caption: Type.String(), sentence: Type.String() });

export const Figure = Type.Union([
  CurveFigure,
  HistogramFigure,
  TableFigure,
  GalleryFigure,
  TokensFigure,
  AbsentFigure,
]);

export type DataTable = Static<typeof DataTable>;
export type Image = Static<typeof Image>;
export type Figure = Static<typeof Figure>;
