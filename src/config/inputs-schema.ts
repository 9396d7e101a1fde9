import { Type, type Static } from '@sinclair/typebox';
import { SamplesConfig } from './schema.js';

const { columns, delimiter, encoding, pictures, scale } = SamplesConfig.properties;

/** Inputs without truth, such as those of a concept: named and read as `data.test` is. */
export const InputsConfig = Type.Object(
  {
    inputs: Type.String({
      minLength: 1,
      description:
        'IDX (also .gz), NPY, or NPZ with the array named behind #. Or a folder of PNG, JPEG or WebP pictures, of which those in folders below count too. Or, with `columns`, a table: CSV, Parquet, JSON Lines or ARFF. Of texts such a table, or a .txt file with one text a line. Relative to the config.',
    }),
    ...{ columns, delimiter, encoding, pictures, scale },
    sample: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        description: 'How many are drawn, seeded. Default: at most 100, of random inputs 500.',
      }),
    ),
  },
  { additionalProperties: false },
);

export type InputsConfig = Static<typeof InputsConfig>;
