import { Type, type Static } from '@sinclair/typebox';
import { chartHeading, closed, CurveChart, HistogramChart } from './chart-schema.js';
import { BarsChart, BeeswarmChart, EffectChart, HeatLegend, WaterfallChart } from './feature-chart-schema.js';
import { Phrase } from './phrase-schema.js';

/** What a finding shows below its numbers. Tables and figures are numbered through the page, so that each has a name. */

const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);

/** `Table 3.` and what it shows. */
export const Caption = closed({ label: Type.String(), title: Phrase });

export const DataTable = closed({
  /** Of its caption, which names the scrolling frame. */
  id: Type.String({ pattern: '^table-[0-9]+$' }),
  caption: Caption,
  columns: Type.Array(closed({ label: Phrase, numeric: Type.Boolean() }), { minItems: 1 }),
  rows: Type.Array(Type.Array(closed({ content: Phrase, numeric: Type.Boolean(), heads: Type.Boolean() }))),
  /** Why there are no rows. */
  empty: Nullable(Type.String()),
  notes: Type.Array(Phrase),
});

const Png = Type.String({ pattern: '^data:image/png;base64,[A-Za-z0-9+/=]+$' });

/** A picture of the run folder, or the sentence that stands in its place. */
export const Image = closed({
  source: Nullable(Png),
  /** Of heat maps: where they are negative, which is hatched, as a white area on black. */
  hatched: Nullable(closed({ id: chartHeading.id, mask: Png })),
  /** The size at which it is drawn, in CSS pixels. */
  width: Type.Integer({ minimum: 1 }),
  height: Type.Integer({ minimum: 1 }),
  text: Type.String(),
  /** Where the full picture lies, relative to the page, when this is a smaller one. */
  original: Nullable(Type.String()),
});

/** The data of a picture. */
const behind = { behind: Type.String(), table: DataTable };

const CurveFigure = closed({
  kind: Type.Literal('curve'),
  caption: Caption,
  description: Phrase,
  charts: Type.Array(CurveChart, { minItems: 1 }),
  distrust: Type.Array(closed({ where: Type.String(), because: Phrase })),
  ...behind,
});

const HistogramFigure = closed({
  kind: Type.Literal('histogram'),
  caption: Caption,
  description: Phrase,
  chart: HistogramChart,
  ...behind,
});

/** Charts of features: from the base value to a prediction, over many samples, along one feature, and of whole models. */
const described = { caption: Caption, description: Type.Array(Phrase) };
const WaterfallFigure = closed({ kind: Type.Literal('waterfall'), ...described, chart: WaterfallChart, ...behind });
const BeeswarmFigure = closed({ kind: Type.Literal('beeswarm'), ...described, chart: BeeswarmChart, ...behind });
const EffectFigure = closed({ kind: Type.Literal('effect'), ...described, chart: EffectChart, ...behind });
const BarsFigure = closed({ kind: Type.Literal('bars'), ...described, chart: BarsChart, ...behind });

const TableFigure = closed({ kind: Type.Literal('table'), table: DataTable });

/** Rows of pictures side by side: adversarial examples, or maps beside their inputs. */
const GalleryFigure = closed({
  kind: Type.Literal('gallery'),
  caption: Caption,
  description: Type.Array(Phrase),
  /** Of maps that share a scale. */
  legend: Nullable(HeatLegend),
  rows: Type.Array(
    closed({
      heading: Type.String(),
      why: Phrase,
      facts: Type.Array(Type.String()),
      shots: Type.Array(closed({ name: Type.String(), image: Image, lines: Type.Array(Type.String()) })),
    }),
  ),
  /** Of pictures that are data. */
  data: Nullable(closed(behind)),
});

const TokensFigure = closed({
  kind: Type.Literal('tokens'),
  caption: Caption,
  description: Type.Array(Phrase),
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
  ...behind,
});

/** In place of what the run was told not to show, and of what has nothing to show. */
const AbsentFigure = closed({ kind: Type.Literal('absent'), caption: Caption, sentence: Type.String() });

export const Figure = Type.Union([
  CurveFigure,
  HistogramFigure,
  TableFigure,
  GalleryFigure,
  TokensFigure,
  WaterfallFigure,
  BeeswarmFigure,
  EffectFigure,
  BarsFigure,
  AbsentFigure,
]);

export type Caption = Static<typeof Caption>;
export type DataTable = Static<typeof DataTable>;
export type Image = Static<typeof Image>;
export type Figure = Static<typeof Figure>;
