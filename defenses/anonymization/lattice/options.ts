import { Type, type Static } from '@sinclair/typebox';
import { METRICS, type MetricId } from './metrics.js';

/** How the full-domain search is told what to look for, as a config has it. */
export const LatticeOptions = Type.Object(
  {
    metric: Type.Unsafe<MetricId>({
      type: 'string',
      enum: [...METRICS],
      default: 'loss',
      description:
        'What is made as small as it gets. loss: share of the hierarchies under the values that are left. discernibility: sum of ' +
        'squared class sizes. average-class-size. entropy: bits lost (non-uniform entropy). precision: share of the levels climbed.',
    }),
    steps: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'The most generalizations that are counted. Default: as many as a proof takes up to 15 quasi-identifiers, 2,000 with more or ' +
          'with more than a million generalizations.',
      }),
    ),
    milliseconds: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          'The longest that is searched. What is found then depends on the machine: the certificate says so. Default: no limit.',
      }),
    ),
  },
  { additionalProperties: false },
);

export type LatticeOptions = Static<typeof LatticeOptions>;
