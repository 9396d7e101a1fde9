import { Type, type Static } from '@sinclair/typebox';

export type MondrianMode = 'strict' | 'relaxed';
export type MondrianRanges = 'tight' | 'lazy';

export const MondrianOptions = Type.Object(
  {
    mode: Type.Unsafe<MondrianMode>({
      type: 'string',
      enum: ['strict', 'relaxed'],
      default: 'strict',
      description:
        'strict: all records with the same value are on one side of a cut. relaxed: those with the median are shared out, so ' +
        'that halves are equal, and classes may overlap.',
    }),
    ranges: Type.Unsafe<MondrianRanges>({
      type: 'string',
      enum: ['tight', 'lazy'],
      default: 'tight',
      description:
        'tight: the ranges of a class are those of its records. lazy: those that the cuts left, as the first implementations had it.',
    }),
    labelLength: Type.Integer({
      minimum: 20,
      default: 200,
      description: 'The most characters of a label that lists values; longer ones end in how many more there are.',
    }),
  },
  { additionalProperties: false },
);

export type MondrianOptions = Static<typeof MondrianOptions>;
