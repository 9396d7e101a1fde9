import { Type, type Static } from '@sinclair/typebox';

const closed = { additionalProperties: false };

const Failures = Type.Optional(Type.Integer({ minimum: 0 }));

const WaiverConfig = Type.Object(
  {
    audit: Type.String({ minLength: 1, description: 'The id of the plugin whose verdict is waived.' }),
    reason: Type.String({ minLength: 1, pattern: '\\S' }),
    owner: Type.String({ minLength: 1, pattern: '\\S', description: 'Who answers for it.' }),
    expires: Type.String({ format: 'date', description: 'The last day on which it holds: YYYY-MM-DD.' }),
  },
  closed,
);

export const PolicyConfig = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    preset: Type.Optional(
      Type.Unsafe<'baseline' | 'strict' | 'high-risk'>({
        type: 'string',
        enum: ['baseline', 'strict', 'high-risk'],
        description: 'Thresholds of audits that this file does not name. Default: baseline.',
      }),
    ),
    minimumSamples: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'A number from fewer samples is inconclusive. Default 100; 1,000 in the preset high-risk.',
      }),
    ),
    failures: Type.Optional(
      Type.Object(
        { critical: Failures, high: Failures, medium: Failures, low: Failures },
        { ...closed, description: 'How many failed audits of each severity the gate accepts. Default 0.' },
      ),
    ),
    regression: Type.Optional(
      Type.Object(
        {
          alpha: Type.Optional(
            Type.Number({
              exclusiveMinimum: 0,
              maximum: 0.5,
              description:
                'The chance that any of all comparisons calls a model worse that is not, by paired tests with correction. Default 0.05.',
            }),
          ),
          drop: Type.Optional(
            Type.Number({
              minimum: 0,
              maximum: 1,
              description: 'How much lower a rate may be all the same. Default 0.',
            }),
          ),
        },
        { ...closed, description: 'Rules against the baseline. A policy that has them needs a baseline.' },
      ),
    ),
    audits: Type.Optional(
      Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
        description: 'Thresholds by plugin id. An audit that is named here has to run and to apply.',
      }),
    ),
    waivers: Type.Optional(Type.Array(WaiverConfig)),
  },
  { ...closed, $id: 'https://assay.dev/schema/policy.json', title: 'Assay policy' },
);

export type PolicyConfig = Static<typeof PolicyConfig>;
