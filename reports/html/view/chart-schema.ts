import { Type, type Static, type TProperties } from '@sinclair/typebox';

/** What the charts draw: numbers, with the words for those who do not see them. */

export const closed = <P extends TProperties>(properties: P) =>
  Type.Object(properties, { additionalProperties: false });

export const ChartAxis = closed({
  label: Type.String(),
  format: Type.Union([Type.Literal('rate'), Type.Literal('epsilon'), Type.Literal('number'), Type.Literal('count')]),
  units: Type.Union([Type.Literal('plain'), Type.Literal('255ths')]),
});

/** Ids and words that every chart has. `id` is unique on the page. */
export const chartHeading = {
  id: Type.String({ pattern: '^[a-z0-9-]+$' }),
  /** Of title, axes, series and bar, which plugins name; the summary and the page's words are in its language. */
  lang: Type.Union([Type.Literal('en'), Type.Null()]),
  title: Type.String(),
  summary: Type.String(),
};

export const CurveChart = closed({
  ...chartHeading,
  x: ChartAxis,
  y: ChartAxis,
  series: Type.Array(
    closed({
      name: Type.String(),
      role: Type.Union([Type.Literal('measured'), Type.Literal('reference')]),
      /** In ascending x. */
      points: Type.Array(
        closed({
          x: Type.Number(),
          y: Type.Number(),
          interval: Type.Union([closed({ low: Type.Number(), high: Type.Number() }), Type.Null()]),
        }),
        { minItems: 1 },
      ),
    }),
    { minItems: 1, maxItems: 4 },
  ),
  threshold: Type.Union([
    closed({ x: Type.Union([Type.Number(), Type.Null()]), y: Type.Number(), label: Type.String() }),
    Type.Null(),
  ]),
  untrusted: Type.Array(closed({ from: Type.Number(), to: Type.Number() })),
  /** What is written above the ranges that are not trusted, and beside the point without an attack. */
  words: closed({ untrusted: Type.String(), clean: Type.String() }),
});

export const HistogramChart = closed({
  ...chartHeading,
  x: ChartAxis,
  /** The name of the vertical axis. */
  count: Type.String(),
  bins: Type.Array(closed({ from: Type.Number(), to: Type.Number(), count: Type.Integer({ minimum: 0 }) }), {
    minItems: 1,
  }),
  threshold: Type.Union([closed({ x: Type.Number(), label: Type.String() }), Type.Null()]),
});

export type ChartAxis = Static<typeof ChartAxis>;
export type CurveChart = Static<typeof CurveChart>;
export type HistogramChart = Static<typeof HistogramChart>;
