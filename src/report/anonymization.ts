import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { JsonObject } from '#base/json';
import { Detail } from './details.js';
import { DataCard } from './report.js';

/** Goes up by one when a reader of the version before could misread a certificate. */
export const ANONYMIZATION_VERSION = 1;

const closed = { additionalProperties: false };
const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Options = Type.Unsafe<JsonObject>({ type: 'object' });
const Share = Type.Number({ minimum: 0, maximum: 1 });
const File = Type.Object({ name: Type.String(), sha256: Type.String(), bytes: Type.Integer() }, closed);

const ROLES = ['identifier', 'quasi-identifier', 'sensitive', 'insensitive'] as const;
const TREATMENTS = ['removed', 'generalized', 'perturbed', 'kept'] as const;

const ColumnFacts = Type.Object(
  {
    name: Type.String(),
    type: Type.String(),
    role: Type.Unsafe<(typeof ROLES)[number]>({ type: 'string', enum: [...ROLES] }),
    /** What the values suggest where the config says nothing; null where it says, or nothing is suggested. */
    suggested: Nullable(Type.String()),
    treatment: Type.Unsafe<(typeof TREATMENTS)[number]>({ type: 'string', enum: [...TREATMENTS] }),
    /** In one sentence what was done. */
    what: Type.String(),
  },
  closed,
);

const HierarchyFacts = Type.Object(
  {
    column: Type.String(),
    /** The name of its file, or how it was built. */
    source: Type.String(),
    sha256: Nullable(Type.String()),
    levels: Type.Integer(),
    leaves: Type.Integer(),
  },
  closed,
);

/** What holds of the file as it was written and read back. */
const Check = Type.Object({ model: Type.String(), holds: Type.Boolean(), sentence: Type.String() }, closed);

/** How likely somebody in the table is found again. */
export const ReidentificationRisk = Type.Object(
  {
    records: Type.Integer(),
    suppressed: Type.Integer(),
    classes: Type.Integer(),
    smallestClass: Type.Integer(),
    /** Records that no other agrees with. */
    uniques: Type.Integer(),
    /** By one who knows that the person is in the table: the highest, and the mean over records. */
    prosecutor: Type.Object({ highest: Share, average: Share }, closed),
    /** By one who knows that the person is in the population; null without one. */
    journalist: Nullable(Type.Object({ highest: Share, average: Share }, closed)),
    /** The expected share of records that one who tries all of them finds: classes / records; null where classes overlap. */
    marketer: Nullable(Share),
    /** The share of the population that nobody else in it agrees with; null where nothing is known of the population. */
    populationUniques: Nullable(
      Type.Object(
        {
          /** Null where no estimate converged. */
          share: Nullable(Share),
          /** How it was come by, in one sentence. */
          because: Type.String(),
        },
        closed,
      ),
    ),
  },
  closed,
);

export const Utility = Type.Object(
  {
    /** `loss`, `discernibility`, ... */
    id: Type.String(),
    label: Type.String(),
    format: Type.Unsafe<'rate' | 'number' | 'count'>({ type: 'string', enum: ['rate', 'number', 'count'] }),
    before: Nullable(Type.Number()),
    after: Nullable(Type.Number()),
    better: Type.Unsafe<'low' | 'high'>({ type: 'string', enum: ['low', 'high'] }),
    /** Why there is no number, or how it was come by. */
    note: Nullable(Type.String()),
  },
  closed,
);

/** Columns that tell records apart and are not declared as quasi-identifiers. */
const Undeclared = Type.Object({ columns: Type.Array(Type.String()), sentence: Type.String() }, closed);

/** `certificate.json` of a protected table: under which policy, from what, how, what it gained and what it cost. */
export const AnonymizationCertificate = Type.Object(
  {
    version: Type.Literal(ANONYMIZATION_VERSION),
    tool: Type.Object({ name: Type.Literal('assay'), version: Type.String() }, closed),
    command: Type.String(),
    config: Type.Object({ file: Type.String(), digest: Type.String() }, closed),
    seed: Type.Union([Type.Integer(), Type.String()]),
    versions: Type.Record(Type.String(), Type.String()),
    table: DataCard,
    population: Nullable(DataCard),
    /** Every default filled in. */
    options: Options,
    policy: Type.Object(
      {
        /** In the field's words, with their parameters. */
        models: Type.Array(Type.String()),
        /** The share of records that may be suppressed. */
        suppression: Share,
      },
      closed,
    ),
    columns: Type.Array(ColumnFacts),
    hierarchies: Type.Array(HierarchyFacts),
    method: Type.Object(
      {
        name: Type.String(),
        /** True only where nothing of its kind is better by its metric, and that was proved. */
        optimal: Type.Boolean(),
        facts: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Boolean(), Type.Null()])),
      },
      closed,
    ),
    /** Whether the same table, config and seed give the same bytes: not where records were sampled by secret numbers. */
    repeatable: Type.Boolean(),
    checks: Type.Array(Check),
    risk: Type.Object({ before: ReidentificationRisk, after: Nullable(ReidentificationRisk) }, closed),
    utility: Type.Array(Utility),
    undeclared: Type.Array(Undeclared),
    details: Type.Array(Detail),
    /** Null where no table was written. */
    output: Nullable(File),
    /** Why no table was written; null where one was. */
    refused: Nullable(Type.String()),
    exitCode: Type.Unsafe<0 | 1>({ type: 'integer', enum: [0, 1] }),
  },
  {
    ...closed,
    $id: `https://assay.dev/schema/anonymization-${ANONYMIZATION_VERSION}.json`,
    title: 'Certificate of a protected table',
  },
);

export type AnonymizationCertificate = Static<typeof AnonymizationCertificate>;
export type ColumnFacts = Static<typeof ColumnFacts>;
export type HierarchyFacts = Static<typeof HierarchyFacts>;
export type ModelCheck = Static<typeof Check>;
export type ReidentificationRisk = Static<typeof ReidentificationRisk>;
export type Utility = Static<typeof Utility>;
export type UndeclaredColumns = Static<typeof Undeclared>;
