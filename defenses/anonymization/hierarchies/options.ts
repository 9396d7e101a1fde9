import { Type, type Static } from '@sinclair/typebox';

/** A calendar's units that lie in each other, from the finest on. A timestamp's finest level is the day. */
export const DATE_UNITS = ['day', 'month', 'quarter', 'year', 'decade'] as const;

export type DateUnit = (typeof DATE_UNITS)[number];

const closed = { additionalProperties: false };

/** How one column becomes less exact: a file, or a way to build it. */
export const HierarchyOption = Type.Union(
  [
    Type.String({
      minLength: 1,
      description:
        'A CSV file with `;` or `,` between the fields and without a header: each row is a value, then what stands for it at level 1, 2, ... ' +
        'Relative to this file.',
    }),
    Type.Object(
      {
        ranges: Type.Array(Type.Number({ exclusiveMinimum: 0 }), {
          minItems: 1,
          maxItems: 32,
          description: 'Widths of ranges of numbers, each a multiple of the one before: [5, 10, 20]. `*` stands above.',
        }),
        anchor: Type.Optional(Type.Number({ description: 'Where a range begins. Default 0.' })),
      },
      closed,
    ),
    Type.Object(
      {
        prefixes: Type.Literal(true, {
          description: 'Masks one character more from the right at each level, as of postcodes: 8101*, 810**, ...',
        }),
      },
      closed,
    ),
    Type.Object(
      {
        dates: Type.Array(Type.Unsafe<DateUnit>({ type: 'string', enum: [...DATE_UNITS] }), {
          minItems: 1,
          maxItems: DATE_UNITS.length,
          description: `Units of the calendar, from the finest on, of ${DATE_UNITS.join(', ')}. \`*\` stands above.`,
        }),
      },
      closed,
    ),
    Type.Object(
      {
        frequency: Type.Array(Type.Integer({ minimum: 2 }), {
          minItems: 1,
          maxItems: 32,
          description:
            'Ascending counts: values of fewer records become `other` at the level. `*` stands above. What it tells of the ' +
            'table is which values are rare.',
        }),
      },
      closed,
    ),
    Type.Object({ flat: Type.Literal(true, { description: 'The value, or `*`.' }) }, closed),
  ],
  { description: 'How a column becomes less exact, level by level.' },
);

export type HierarchyOption = Static<typeof HierarchyOption>;
