import { Type, type Static } from '@sinclair/typebox';

export const MicroaggregationOptions = Type.Object(
  {
    k: Type.Integer({ minimum: 2, default: 3, description: 'The least number of records in a group.' }),
    columns: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        uniqueItems: true,
        description: 'Columns of numbers, dates or times. Default: the quasi-identifiers.',
      }),
    ),
    decimals: Type.Unsafe<'exact' | 'column'>({
      type: 'string',
      enum: ['exact', 'column'],
      default: 'exact',
      description:
        'Means as they are, which keeps the mean of the column, or rounded to as many decimals as the values of the column have.',
    }),
  },
  { additionalProperties: false },
);

export type MicroaggregationOptions = Static<typeof MicroaggregationOptions>;
