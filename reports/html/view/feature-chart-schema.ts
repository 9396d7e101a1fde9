import { Type, type Static } from '@sinclair/typebox';
import { ChartAxis, chartHeading, closed } from './chart-schema.js';

/** What the charts of explanations draw: as in the charts of rates, numbers with the words for those who do not see them. */

const Lang = chartHeading.lang;
const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const Interval = closed({ low: Type.Number(), high: Type.Number() });

/** A lane's texts: `lang` is that of the name. */
const laneText = {
  name: Type.String(),
  lang: Lang,
  value: Nullable(Type.String()),
  number: Type.String(),
};

export const WaterfallChart = closed({
  ...chartHeading,
  x: ChartAxis,
  base: closed({ ...laneText, at: Type.Number() }),
  /** One after the other, from the base to the prediction. */
  steps: Type.Array(
    closed({
      ...laneText,
      from: Type.Number(),
      to: Type.Number(),
      /** Around `to`. */
      interval: Nullable(Interval),
      /** `residual`: what the attributions leave to the prediction. */
      kind: Type.Union([Type.Literal('feature'), Type.Literal('rest'), Type.Literal('residual')]),
    }),
  ),
  prediction: closed({ ...laneText, at: Type.Number() }),
});

export const BeeswarmChart = closed({
  ...chartHeading,
  x: ChartAxis,
  features: Type.Array(
    closed({
      ...laneText,
      /** In ascending x. `level`: the feature's own value in five steps, lowest first; null where it has no order. */
      points: Type.Array(closed({ x: Type.Number(), level: Nullable(Type.Integer({ minimum: 0, maximum: 4 })) }), {
        minItems: 1,
      }),
    }),
    { minItems: 1 },
  ),
  /** What the fill of a dot says. */
  words: closed({ value: Type.String(), none: Nullable(Type.String()) }),
});

export const EffectChart = closed({
  ...chartHeading,
  x: ChartAxis,
  y: ChartAxis,
  /** Their names and how many samples of the data are of each; null where x is a number. */
  categories: Nullable(Type.Array(closed({ name: Type.String(), count: Nullable(Type.String()) }), { minItems: 1 })),
  mean: closed({
    name: Type.String(),
    /** In ascending x. */
    points: Type.Array(closed({ x: Type.Number(), y: Type.Number(), interval: Nullable(Interval) }), { minItems: 1 }),
  }),
  /** At the x of the mean. */
  individual: Type.Array(Type.Array(Type.Number())),
  marked: Nullable(
    closed({ name: Type.String(), x: Type.Number(), y: Type.Number(), line: Nullable(Type.Array(Type.Number())) }),
  ),
  rug: Type.Array(Type.Number()),
});

export const BarsChart = closed({
  ...chartHeading,
  x: ChartAxis,
  rows: Type.Array(closed({ ...laneText, at: Type.Number(), interval: Nullable(Interval) }), { minItems: 1 }),
  reference: Nullable(closed({ x: Type.Number(), label: Type.String() })),
});

/** What the colours of heat maps stand for. */
export const HeatLegend = closed({
  id: chartHeading.id,
  lang: Lang,
  /** Of the values. */
  unit: Type.String(),
  summary: Type.String(),
  scale: Type.Number({ exclusiveMinimum: 0 }),
  words: closed({ negative: Type.String(), positive: Type.String() }),
});

export type WaterfallChart = Static<typeof WaterfallChart>;
export type BeeswarmChart = Static<typeof BeeswarmChart>;
export type EffectChart = Static<typeof EffectChart>;
export type BarsChart = Static<typeof BarsChart>;
export type HeatLegend = Static<typeof HeatLegend>;
