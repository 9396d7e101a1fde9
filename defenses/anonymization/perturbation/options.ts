import { Type, type Static } from '@sinclair/typebox';

const closed = { additionalProperties: false };

const Threshold = Type.Union([
  Type.Object(
    {
      value: Type.Union([Type.Number(), Type.String()], {
        description: 'A number, a date or a time as the table has it.',
      }),
    },
    closed,
  ),
  Type.Object(
    {
      quantile: Type.Number({
        minimum: 0,
        maximum: 1,
        description: 'The least value that at least this share of the present values is not above.',
      }),
    },
    closed,
  ),
]);

export type Threshold = Static<typeof Threshold>;

const Coding = (side: string) =>
  Type.Optional(
    Type.Object(
      {
        at: Threshold,
        write: Type.Optional(
          Type.Union(
            [
              Type.Literal('threshold'),
              Type.Literal('mean'),
              Type.Object({ label: Type.String({ minLength: 1 }) }, closed),
            ],
            {
              description: `What stands for values ${side} the threshold: it, their mean, or a label such as 90+. Default: threshold.`,
            },
          ),
        ),
      },
      closed,
    ),
  );

export const TopBottomOptions = Type.Object({ top: Coding('above'), bottom: Coding('below') }, closed);
export type TopBottomOptions = Static<typeof TopBottomOptions>;

export const PramOptions = Type.Object(
  {
    kind: Type.Unsafe<'plain' | 'invariant'>({
      type: 'string',
      enum: ['plain', 'invariant'],
      default: 'invariant',
      description:
        'invariant: what is expected of the frequencies of values is that they stay (Gouweleeuw et al. 1998, section 3).',
    }),
    keep: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.8,
      description:
        'The probability with which a value stays, and the others share the rest evenly: the matrix of plain, and what that of invariant is built from.',
    }),
    amount: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 1,
      description: 'Of the matrix; the rest is that of changing nothing, so an invariant matrix stays one.',
    }),
    matrix: Type.Optional(
      Type.Record(Type.String(), Type.Record(Type.String(), Type.Number({ minimum: 0, maximum: 1 })), {
        description:
          'In place of `keep`: from each value to others, probabilities that add up to 1; those left out are 0.',
      }),
    ),
  },
  closed,
);
export type PramOptions = Static<typeof PramOptions>;

export const RankSwappingOptions = Type.Object(
  {
    window: Type.Number({
      exclusiveMinimum: 0,
      maximum: 100,
      default: 5,
      description:
        'How far apart the ranks of swapped values are at most, in percent of the present values (Moore 1996).',
    }),
  },
  closed,
);
export type RankSwappingOptions = Static<typeof RankSwappingOptions>;

export const NoiseOptions = Type.Object(
  {
    amount: Type.Number({
      exclusiveMinimum: 0,
      default: 0.1,
      description: 'The standard deviation of the noise, in standard deviations of the column.',
    }),
    correlated: Type.Boolean({
      default: false,
      description: 'Noise with the correlations of the columns, which keeps them as they are (Kim 1986).',
    }),
    round: Type.Boolean({ default: true, description: 'To as many decimals as the values of the column have.' }),
    limit: Type.Boolean({
      default: false,
      description: 'Keeps values between the lowest and the highest of the column.',
    }),
  },
  closed,
);
export type NoiseOptions = Static<typeof NoiseOptions>;

export const LocalSuppressionOptions = Type.Object(
  {
    k: Type.Integer({
      minimum: 2,
      default: 3,
      description: 'The least number of records that a record agrees with, itself included.',
    }),
    importance: Type.Optional(
      Type.Array(Type.String(), {
        uniqueItems: true,
        description:
          'Quasi-identifiers from the one to keep most on. Default: those with fewer different values first; so go those left out, behind the others.',
      }),
    ),
  },
  closed,
);
export type LocalSuppressionOptions = Static<typeof LocalSuppressionOptions>;
