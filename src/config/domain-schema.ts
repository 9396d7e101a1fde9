import { Type, type Static, type TSchema } from '@sinclair/typebox';

const closed = { additionalProperties: false };
const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Range = Type.Tuple([Type.Number(), Type.Number()], {
  description: 'Lowest and highest legal value, in the units of the data, such as [0, 1] or [0, 255].',
});

/** A column of a table, and where in the input it stands: they are laid side by side in the order of the list. */
export const ColumnConfig = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'As the table names it.' }),
    kind: Type.Optional(
      Type.Unsafe<'numeric' | 'integer' | 'ordinal' | 'one-hot'>({
        type: 'string',
        enum: ['numeric', 'integer', 'ordinal', 'one-hot'],
        description:
          'numeric (default): any value of its range. integer: whole steps. ordinal: the index of its category. one-hot: one position a category, exactly one of which is 1.',
      }),
    ),
    range: Type.Optional(Range),
    step: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'Of an integer column, in the units of the data. Default 1.' }),
    ),
    categories: Type.Optional(
      Type.Array(Type.String(), {
        minItems: 1,
        description: 'Of an ordinal or one-hot column: the values in the table, in the order of their codes.',
      }),
    ),
    mean: Type.Optional(Type.Number({ description: 'In the units of the data; the model receives (x - mean) / std.' })),
    std: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'In the units of the data.' })),
    immutable: Type.Optional(
      Type.Boolean({ description: 'Nobody can change it, as an age or a past event. Default false.' }),
    ),
  },
  closed,
);

/** A weighted sum of columns and its bound, in the units of the data. */
export const RelationConfig = Type.Object(
  {
    sum: Type.Record(Type.String(), Type.Number(), {
      minProperties: 1,
      description: 'The weight of each column by its name; of a one-hot column by name=category.',
    }),
    atMost: Type.Optional(Type.Number()),
    atLeast: Type.Optional(Type.Number()),
    equals: Type.Optional(Type.Number()),
  },
  { ...closed, description: 'What holds between columns of every legal input: one of atMost, atLeast and equals.' },
);

export const DomainConfig = Type.Object(
  {
    kind: Type.Unsafe<'image' | 'tabular' | 'text'>({ type: 'string', enum: ['image', 'tabular', 'text'] }),
    layout: Type.Optional(
      Nullable(
        Type.Unsafe<'NCHW' | 'NHWC'>({
          type: 'string',
          enum: ['NCHW', 'NHWC'],
          description: 'Order of the model input: batch, channels, height, width, or channels last. Images need it.',
        }),
      ),
    ),
    range: Type.Optional(Nullable(Range)),
    mean: Type.Optional(
      Nullable(
        Type.Array(Type.Number(), {
          minItems: 1,
          description: 'Per channel, in the units of `range`; the model receives (x - mean) / std.',
        }),
      ),
    ),
    std: Type.Optional(
      Nullable(
        Type.Array(Type.Number({ exclusiveMinimum: 0 }), {
          minItems: 1,
          description: 'Per channel, in the units of `range`.',
        }),
      ),
    ),
    columns: Type.Optional(
      Type.Array(ColumnConfig, {
        minItems: 1,
        description:
          'Of a table: its columns in the order of the model. Those without a range have that of the domain.',
      }),
    ),
    relations: Type.Optional(Type.Array(RelationConfig, { description: 'What holds between the columns of a table.' })),
    units: Type.Optional(
      Type.Unsafe<'data' | 'range'>({
        type: 'string',
        enum: ['data', 'range'],
        description:
          'Of a table with columns. data (default): every value in the units of its column. range: 0 to 1 of the range of its column, so that an epsilon is the same share of each.',
      }),
    ),
    tokenizer: Type.Optional(
      Type.String({
        minLength: 1,
        description:
          "Of texts: a Hugging Face tokenizer.json, and the tokenizer_config.json beside it where there is one. Default: that of the model's folder.",
      }),
    ),
    length: Type.Optional(
      Nullable(
        Type.Integer({
          minimum: 1,
          maximum: 65_536,
          description:
            'Of texts: the tokens of one text, special ones included; longer ones lose their ends, shorter ones are padded. Default: what the model file fixes.',
        }),
      ),
    ),
  },
  {
    ...closed,
    description: 'What a legal input is. Fields that are null were not known to `assay init`: fill them in.',
  },
);

export type DomainConfig = Static<typeof DomainConfig>;
export type ColumnConfig = Static<typeof ColumnConfig>;
export type RelationConfig = Static<typeof RelationConfig>;
