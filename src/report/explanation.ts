import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { JsonObject } from '#base/json';
import { Detail } from './details.js';
import { DataCard, TargetCard } from './report.js';

/** Goes up by one when a reader of the version before could misread a record. */
export const EXPLANATION_VERSION = 1;

const closed = { additionalProperties: false };
const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Options = Type.Unsafe<JsonObject>({ type: 'object' });
const Numbers = Type.Array(Type.Number());

/** A file below the folder of the explanation. */
const File = Type.Object({ file: Type.String(), sha256: Type.String() }, closed);

const PictureFile = Type.Object(
  { file: Type.String(), sha256: Type.String(), width: Type.Integer(), height: Type.Integer() },
  closed,
);

const ValueOf = Type.Object(
  {
    name: Type.String(),
    value: Type.Number(),
    standardError: Nullable(Type.Number()),
  },
  closed,
);

/** What an explainer says that the score owes to each feature. */
export const RecordedAttribution = Type.Object(
  {
    /** NPY, float64, one value a feature. */
    values: File,
    standardErrors: Nullable(File),
    /** NPY, int32: the feature of each value of the input; null where each value is one. */
    of: Nullable(File),
    features: Type.Integer(),
    /** The largest absolute value: what full colour stands for. */
    largest: Type.Number(),
    sum: Type.Number(),
    completeness: Nullable(Type.Object({ difference: Type.Number(), residual: Type.Number() }, closed)),
    /** Added up by what the page shows (pixels, columns, tokens): the features with the largest absolute values. */
    top: Type.Array(ValueOf),
    /** Of a text all tokens in their order; null for other inputs. */
    tokens: Nullable(Numbers),
    /** Of a picture; the map is on the scale of `mapLargest`. */
    map: Nullable(PictureFile),
    mapLargest: Nullable(Type.Number()),
  },
  closed,
);

const Explainer = Type.Object(
  {
    id: Type.String(),
    title: Type.String(),
    description: Type.String(),
    sources: Type.Array(Type.String()),
    /** `control`: known not to depend on what the model has learned. */
    role: Type.Unsafe<'explanation' | 'control'>({ type: 'string', enum: ['explanation', 'control'] }),
    status: Type.Unsafe<'explained' | 'error' | 'not-applicable'>({
      type: 'string',
      enum: ['explained', 'error', 'not-applicable'],
    }),
    /** Why there is nothing; null where something was explained. */
    because: Nullable(Type.String()),
    /** Every default filled in. */
    options: Options,
    attribution: Nullable(RecordedAttribution),
    details: Type.Array(Detail),
    statements: Type.Array(Type.String()),
  },
  closed,
);

/** Two attributions on common ground: the coarser one's features, in which the values of the finer one are added up. */
const Pair = Type.Object(
  {
    a: Type.String(),
    b: Type.String(),
    features: Type.Integer(),
    /** Spearman's rank correlation of the absolute values; null where one of them is the same everywhere. */
    spearman: Nullable(Type.Number()),
    /** Of the `k` features with the largest absolute values: those in both by those in either. */
    jaccard: Nullable(Type.Number()),
    k: Type.Integer(),
  },
  closed,
);

const Curve = Type.Object({ scores: Numbers, mean: Type.Number(), beats: Type.Integer() }, closed);
const Band = Type.Object({ mean: Numbers, low: Numbers, high: Numbers }, closed);

const Removal = Type.Object(
  {
    /** How many features were taken away, or put back. */
    counts: Type.Array(Type.Integer()),
    /** What stood in the place of what was taken away. */
    baseline: Type.String(),
    /** Random orders that the others are compared with. */
    orders: Type.Integer(),
    random: Type.Object({ deletion: Band, insertion: Band }, closed),
    explained: Type.Array(Type.Object({ id: Type.String(), deletion: Curve, insertion: Curve }, closed)),
  },
  closed,
);

const Score = Type.Object(
  {
    index: Type.Integer(),
    label: Type.String(),
    value: Type.Number(),
    /** Where the head has probabilities. */
    probability: Nullable(Type.Number()),
  },
  closed,
);

const Sample = Type.Object(
  {
    kind: Type.Unsafe<'index' | 'picture' | 'row' | 'text'>({
      type: 'string',
      enum: ['index', 'picture', 'row', 'text'],
    }),
    /** In the data set; null for an input from elsewhere. */
    index: Nullable(Type.Integer()),
    /** As a person calls it. */
    name: Type.String(),
    /** Of the values of the input as float32. */
    digest: Type.String(),
    truth: Nullable(Type.String()),
    picture: Nullable(PictureFile),
    /** Of a table: the value of each column, in the units of the data. */
    columns: Nullable(Type.Array(Type.Object({ name: Type.String(), value: Type.String() }, closed))),
    tokens: Nullable(Type.Array(Type.String())),
  },
  closed,
);

/** `explanation.json`: one decision, or a model as a whole, and all that was said about it. */
export const ExplanationRecord = Type.Object(
  {
    version: Type.Literal(EXPLANATION_VERSION),
    tool: Type.Object({ name: Type.Literal('assay'), version: Type.String() }, closed),
    command: Type.String(),
    target: TargetCard,
    /** The background, and of a model as a whole the inputs that the options of its explainers name. */
    data: Type.Array(DataCard),
    seed: Type.Union([Type.Integer(), Type.String()]),
    config: Type.Object({ file: Type.String(), digest: Type.String() }, closed),
    versions: Type.Record(Type.String(), Type.String()),
    /** Null where the model was explained as a whole. */
    decision: Nullable(
      Type.Object(
        {
          sample: Sample,
          prediction: Type.Object({ label: Type.String(), probability: Nullable(Type.Number()) }, closed),
          /** The score that is explained. */
          score: Score,
          /** The highest ones, that score among them. */
          scores: Type.Array(Score),
          explainers: Type.Array(Explainer),
          agreement: Type.Array(Pair),
          removal: Nullable(Removal),
          /** Why attributions were not compared by removal; null where they were. */
          noRemoval: Nullable(Type.String()),
        },
        closed,
      ),
    ),
    /** Of the model as a whole. */
    model: Nullable(
      Type.Object(
        {
          details: Type.Array(Detail),
          /** What it was asked besides; they attribute nothing to features. */
          explainers: Type.Array(Explainer),
        },
        closed,
      ),
    ),
    exitCode: Type.Integer(),
  },
  {
    ...closed,
    $id: `https://assay.dev/schema/explanation-${EXPLANATION_VERSION}.json`,
    title: 'Assay explanation record',
  },
);

export type ExplanationRecord = Static<typeof ExplanationRecord>;
export type RecordedAttribution = Static<typeof RecordedAttribution>;
export type RecordedExplainer = Static<typeof Explainer>;
export type RecordedDecision = NonNullable<ExplanationRecord['decision']>;
export type RecordedSample = Static<typeof Sample>;
export type RecordedScore = Static<typeof Score>;
export type AgreementPair = Static<typeof Pair>;
