import { Type, type Static } from '@sinclair/typebox';

/** How a plugin's evidence is shown. Plugins fill these; only reporters know HTML. */

const Point = Type.Object({
  x: Type.Number(),
  y: Type.Number(),
  /** 95 % interval of y. */
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

export const HeatMapsDetail = Type.Object({
  kind: Type.Literal('heat-maps'),
  title: Type.String(),
  chosen: Type.String(),
  /** The absolute value that full colour stands for, one for all maps. */
  scale: Type.Number(),
  rows: Type.Array(
    Type.Object({
      sample: Type.Integer(),
      caption: Type.String(),
      input: Type.Union([Picture, Type.Null()]),
      map: Type.Union([Picture, Type.Null()]),
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

export const Detail = Type.Union([
  CurveDetail,
  TableDetail,
  ImagePairsDetail,
  HeatMapsDetail,
  HistogramDetail,
  TokensDetail,
]);

export type Detail = Static<typeof Detail>;
export type CurveDetail = Static<typeof CurveDetail>;
export type TableDetail = Static<typeof TableDetail>;
export type ImagePairsDetail = Static<typeof ImagePairsDetail>;
export type HeatMapsDetail = Static<typeof HeatMapsDetail>;
export type HistogramDetail = Static<typeof HistogramDetail>;
export type TokensDetail = Static<typeof TokensDetail>;
export type Picture = Static<typeof Picture>;
