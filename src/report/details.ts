import { Type, type Static } from '@sinclair/typebox';

/** How a plugin's evidence is shown. Plugins fill these; only reporters know HTML. */

const Point = Type.Object({
  x: Type.Number(),
  y: Type.Number(),
  /** 95 % interval of y; of a reference that was drawn many times, such as random orders, the middle 95 % of the draws. */
  low: Type.Optional(Type.Number()),
  high: Type.Optional(Type.Number()),
});

const Series = Type.Object({
  name: Type.String(),
  /** `reference` series (clean accuracy, random noise) are drawn dashed. */
  role: Type.Union([Type.Literal('measured'), Type.Literal('reference')]),
  points: Type.Array(Point),
});

const Axis = Type.Object({
  label: Type.String(),
  /** `rate` runs from 0 to 100 %; `epsilon` is shown in the user's units and, on pictures, as k/255. */
  format: Type.Union([Type.Literal('rate'), Type.Literal('epsilon'), Type.Literal('number'), Type.Literal('count')]),
});

export const CurveDetail = Type.Object({
  kind: Type.Literal('curve'),
  title: Type.String(),
  description: Type.String(),
  x: Axis,
  y: Axis,
  series: Type.Array(Series),
  /** The policy's bar: at this x (or at every x), y has to be at least this. */
  threshold: Type.Optional(Type.Object({ x: Type.Optional(Type.Number()), y: Type.Number(), label: Type.String() })),
  /** Ranges of x where the measurement is not trusted. */
  untrusted: Type.Optional(Type.Array(Type.Object({ from: Type.Number(), to: Type.Number(), because: Type.String() }))),
});

const Cell = Type.Union([Type.String(), Type.Number(), Type.Null()]);

export const TableDetail = Type.Object({
  kind: Type.Literal('table'),
  title: Type.String(),
  columns: Type.Array(
    Type.Object({
      label: Type.String(),
      unit: Type.Optional(Type.String()),
      format: Type.Union([
        Type.Literal('text'),
        Type.Literal('rate'),
        Type.Literal('number'),
        Type.Literal('count'),
        Type.Literal('epsilon'),
      ]),
    }),
  ),
  rows: Type.Array(Type.Array(Cell)),
  /** Rows hold values of samples: none is shown where a report names samples by their index only. */
  samples: Type.Optional(Type.Boolean()),
  note: Type.Optional(Type.String()),
});

const Prediction = Type.Object({
  label: Type.String(),
  /** Of the predicted label, where the head has probabilities. */
  probability: Type.Union([Type.Number(), Type.Null()]),
});

const Picture = Type.Object({
  /** Path below the run folder, with forward slashes. */
  file: Type.String(),
  sha256: Type.String(),
  width: Type.Integer(),
  height: Type.Integer(),
});

export const ImagePairsDetail = Type.Object({
  kind: Type.Literal('image-pairs'),
  title: Type.String(),
  /** In words: how the rows were chosen. */
  chosen: Type.String(),
  rows: Type.Array(
    Type.Object({
      /** Index in the data set. */
      sample: Type.Integer(),
      why: Type.String(),
      epsilon: Type.Number(),
      norm: Type.Object({ kind: Type.String(), value: Type.Number() }),
      truth: Type.String(),
      before: Prediction,
      after: Prediction,
      /** The perturbation is drawn as grey + amplification * delta. */
      amplification: Type.Number(),
      original: Type.Union([Picture, Type.Null()]),
      perturbation: Type.Union([Picture, Type.Null()]),
      adversarial: Type.Union([Picture, Type.Null()]),
    }),
  ),
});

/** A map in a few numbers, for those who cannot see it. */
const MapSummary = Type.Object({
  sum: Type.Number(),
  /** Sums over a coarse grid of at most 4 by 4 cells, row by row from the top left. */
  cells: Type.Array(Type.Array(Type.Number())),
  /** The largest and the smallest value and where they lie, counted from 0; only values that are not zero. */
  strongest: Type.Array(Type.Object({ row: Type.Integer(), column: Type.Integer(), value: Type.Number() })),
});

export const HeatMapsDetail = Type.Object({
  kind: Type.Literal('heat-maps'),
  title: Type.String(),
  chosen: Type.String(),
  /** The absolute value that full colour stands for, one for all maps. */
  scale: Type.Number(),
  /** Of the values, such as `score per unit of the input`. Maps of one unit share their scale throughout a page. */
  unit: Type.Optional(Type.String()),
  rows: Type.Array(
    Type.Object({
      sample: Type.Integer(),
      caption: Type.String(),
      input: Type.Union([Picture, Type.Null()]),
      /** A palette PNG of one value a pixel, as `src/report/heat-map.ts` writes it. */
      map: Type.Union([Picture, Type.Null()]),
      summary: Type.Optional(Type.Union([MapSummary, Type.Null()])),
    }),
  ),
});

export const HistogramDetail = Type.Object({
  kind: Type.Literal('histogram'),
  title: Type.String(),
  description: Type.String(),
  x: Axis,
  bins: Type.Array(Type.Object({ from: Type.Number(), to: Type.Number(), count: Type.Integer() })),
  threshold: Type.Optional(Type.Object({ x: Type.Number(), label: Type.String() })),
});

export const TokensDetail = Type.Object({
  kind: Type.Literal('tokens'),
  title: Type.String(),
  rows: Type.Array(
    Type.Object({
      sample: Type.Integer(),
      tokens: Type.Array(Type.Object({ text: Type.String(), value: Type.Number() })),
    }),
  ),
});

/** From the base value to the prediction of one sample, feature by feature. */
export const WaterfallDetail = Type.Object({
  kind: Type.Literal('waterfall'),
  title: Type.String(),
  description: Type.String(),
  /** Index in the data set; absent for an input from elsewhere. */
  sample: Type.Optional(Type.Integer()),
  /** Of the score that is explained: its name and how it is written. */
  x: Axis,
  /** The score of the baseline, or the mean score of the background. */
  baseValue: Type.Number(),
  prediction: Type.Number(),
  /** Every feature, in any order: the page sorts them, and adds up the weak ones. What they leave to the prediction is shown too. */
  rows: Type.Array(
    Type.Object({
      feature: Type.String(),
      /** The sample's value in words; null where it is not shown. */
      value: Type.Union([Type.String(), Type.Null()]),
      contribution: Type.Number(),
      standardError: Type.Optional(Type.Number()),
    }),
  ),
});

/** The contributions of each feature over many samples, a dot a sample. */
export const BeeswarmDetail = Type.Object({
  kind: Type.Literal('beeswarm'),
  title: Type.String(),
  description: Type.String(),
  x: Axis,
  /** In any order: the page sorts them by their mean absolute contribution. */
  features: Type.Array(
    Type.Object({
      name: Type.String(),
      points: Type.Array(
        Type.Object({
          /** Index in the data set. */
          sample: Type.Integer(),
          contribution: Type.Number(),
          /** The feature's own value as a share of its range, 0 lowest and 1 highest; null where it has no order. */
          value: Type.Union([Type.Number(), Type.Null()]),
        }),
      ),
    }),
  ),
});

/** How the score moves with one feature: partial dependence, accumulated local effects, individual expectations. */
export const EffectDetail = Type.Object({
  kind: Type.Literal('effect'),
  title: Type.String(),
  description: Type.String(),
  x: Type.Object({
    label: Type.String(),
    format: Axis.properties.format,
    /** Their names, where the feature is one: x of a point is then an index into them. */
    categories: Type.Optional(Type.Array(Type.String())),
  }),
  y: Axis,
  /** `name`: what the line is, such as `Partial dependence`. In ascending x. */
  mean: Type.Object({ name: Type.String(), points: Type.Array(Point) }),
  /** One line a sample: y at each x of the mean. */
  individual: Type.Array(Type.Object({ sample: Type.Integer(), y: Type.Array(Type.Number()) })),
  /** The sample that is explained, where it stands. */
  marked: Type.Optional(Type.Object({ sample: Type.Integer(), x: Type.Number(), y: Type.Number() })),
  /** x of the data, in any order: where the curve rests on samples. */
  rug: Type.Array(Type.Number()),
});

/** One number a feature, such as a global importance, with its interval. */
export const BarsDetail = Type.Object({
  kind: Type.Literal('bars'),
  title: Type.String(),
  description: Type.String(),
  x: Axis,
  /** Drawn in this order. */
  rows: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Type.Number(),
      /** 95 % interval of the value. */
      low: Type.Optional(Type.Number()),
      high: Type.Optional(Type.Number()),
    }),
  ),
  /** What the bars are read against, such as the importance of a shuffled copy. */
  reference: Type.Optional(Type.Object({ x: Type.Number(), label: Type.String() })),
});

export const Detail = Type.Union([
  CurveDetail,
  TableDetail,
  ImagePairsDetail,
  HeatMapsDetail,
  HistogramDetail,
  TokensDetail,
  WaterfallDetail,
  BeeswarmDetail,
  EffectDetail,
  BarsDetail,
]);

export type Detail = Static<typeof Detail>;
export type CurveDetail = Static<typeof CurveDetail>;
export type TableDetail = Static<typeof TableDetail>;
export type ImagePairsDetail = Static<typeof ImagePairsDetail>;
export type HeatMapsDetail = Static<typeof HeatMapsDetail>;
export type HistogramDetail = Static<typeof HistogramDetail>;
export type TokensDetail = Static<typeof TokensDetail>;
export type WaterfallDetail = Static<typeof WaterfallDetail>;
export type BeeswarmDetail = Static<typeof BeeswarmDetail>;
export type EffectDetail = Static<typeof EffectDetail>;
export type BarsDetail = Static<typeof BarsDetail>;
export type Picture = Static<typeof Picture>;
export type MapSummary = Static<typeof MapSummary>;
