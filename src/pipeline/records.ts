import { Type, type Static, type TSchema } from '@sinclair/typebox';
import { Ajv, type ValidateFunction } from 'ajv';
import type { Digest } from '#base/digest';
import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import { PolicyConfig } from '#config/policy-schema';
import { DATA_NEEDS, type DataNeed } from '#plugin/plugin';
import { DataCard, LANGUAGES, Report, TargetCard, Timings, Traffic, type Language } from '#report/report';

/** Goes up by one when a reader of the version before could misread a run folder. */
export const RUN_VERSION = 2;

const Sha256 = Type.Unsafe<Digest>({ type: 'string', pattern: '^[0-9a-f]{64}$' });
const Strings = Type.Record(Type.String(), Type.String());

const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Position = Type.Object({ line: Type.Integer(), column: Type.Integer() });

const CellRecord = Type.Object({
  id: Sha256,
  audit: Type.String(),
  options: Type.Unsafe<JsonObject>({ type: 'object' }),
  data: Type.Array(Type.Unsafe<DataNeed>({ type: 'string', enum: [...DATA_NEEDS] })),
  cost: Type.Object({ predictions: Type.Number(), gradients: Type.Number() }),
  place: Nullable(Position),
  fate: Type.Union([
    Type.Object({ kind: Type.Literal('run') }),
    Type.Object({
      kind: Type.Unsafe<'not-applicable' | 'inconclusive' | 'not-run'>({
        type: 'string',
        enum: ['not-applicable', 'inconclusive', 'not-run'],
      }),
      because: Type.String(),
    }),
  ]),
});

/** `plan.json`: what runs, written before anything does and never changed. */
export const PlanFile = Type.Object({
  version: Type.Literal(RUN_VERSION),
  tool: Type.Object({ name: Type.Literal('assay'), version: Type.String() }),
  /** Of Assay, of Node and of the engines. */
  versions: Strings,
  plan: Type.Object({
    cells: Type.Array(CellRecord),
    target: Type.Union([TargetCard, Type.Null()]),
    data: Type.Array(DataCard),
    seed: Type.Union([Type.Integer(), Type.String()]),
    digest: Sha256,
    queries: Type.Optional(Type.Object({ atMost: Type.Number(), budget: Type.Union([Type.Integer(), Type.Null()]) })),
  }),
});

const Outcome = Type.Union([
  Type.Object({ kind: Type.Literal('evidence'), digest: Sha256 }),
  Type.Object({
    kind: Type.Unsafe<'error' | 'inconclusive'>({ type: 'string', enum: ['error', 'inconclusive'] }),
    sentence: Type.String(),
  }),
]);

const PolicyRecord = Type.Composite([
  Type.Required(Type.Omit(PolicyConfig, ['$schema', 'failures', 'regression'])),
  Type.Object({
    failures: Report.properties.policy.properties.failures,
    regression: Nullable(Report.properties.policy.properties.regression),
  }),
]);

const At = Type.String({ description: 'ISO 8601, UTC' });

/** One line of `journal.jsonl`. */
export const JournalEntry = Type.Union([
  /** A process began, or went on with, the run: all that decides the report but not the evidence. */
  Type.Object({
    kind: Type.Literal('opened'),
    at: At,
    today: Type.String(),
    policy: Type.Object({ file: Nullable(Type.String()), policy: PolicyRecord, digest: Sha256 }),
    /** What lies in `baseline.json`; null where the run is compared with none. */
    baseline: Nullable(Type.Object({ file: Type.String(), digest: Sha256, place: Nullable(Position) })),
    /** The config's file, relative to where the run was started. */
    config: Type.String(),
    configDigest: Sha256,
    command: Type.String(),
    /** The plugins that were chosen alone; empty: all. */
    only: Type.Array(Type.String()),
    samples: Type.Unsafe<'show' | 'ids'>({ type: 'string', enum: ['show', 'ids'] }),
    language: Type.Unsafe<Language>({ type: 'string', enum: [...LANGUAGES] }),
    host: Timings.properties.host,
    execution: Timings.properties.execution,
  }),
  Type.Object({ kind: Type.Literal('cell-started'), at: At, cell: Sha256 }),
  Type.Object({
    kind: Type.Literal('cell-finished'),
    at: At,
    cell: Sha256,
    outcome: Outcome,
    seconds: Type.Number(),
    peakMiB: Type.Union([Type.Number(), Type.Null()]),
    traffic: Type.Optional(Traffic),
  }),
  Type.Object({ kind: Type.Literal('finished'), at: At }),
]);

const Norm = Type.Object({ kind: Type.String(), value: Type.Number() });
const Numbers = Type.Array(Type.Number());

/** `evidence/<cell>/evidence.json`; the arrays that it names lie beside it in `arrays.bin`. */
export const EvidenceFile = Type.Object({
  version: Type.Literal(RUN_VERSION),
  cell: Sha256,
  audit: Type.String(),
  data: Type.Unknown(),
  /** Kept whole. */
  examples: Type.Array(
    Type.Object({
      sample: Type.Integer(),
      epsilon: Type.Number(),
      norm: Norm,
      label: Numbers,
      scoresBefore: Numbers,
      scoresAfter: Numbers,
      /** Of its values: names the array that holds them. */
      original: Sha256,
      /** The rule that put it on the page; null where none did. */
      why: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  /** Kept as hashes of their float32 values. */
  others: Type.Array(
    Type.Object({ sample: Type.Integer(), epsilon: Type.Number(), norm: Norm, original: Sha256, changed: Sha256 }),
  ),
  maps: Type.Array(Type.Object({ sample: Type.Integer(), caption: Type.String() })),
  artifacts: Type.Array(Type.Object({ name: Type.String(), sha256: Sha256, bytes: Type.Integer() })),
  /** SHA-256 of `arrays.bin`. */
  arrays: Sha256,
});

export type PlanFile = Static<typeof PlanFile>;
export type JournalEntry = Static<typeof JournalEntry>;
export type Opened = Extract<JournalEntry, { kind: 'opened' }>;
export type EvidenceFile = Static<typeof EvidenceFile>;

/** These schemas are Assay's own: that they are schemas is for tests to say, not for every run. */
const ajv = new Ajv({ formats: { date: true }, validateSchema: false, code: { optimize: false } });

/** A check of what comes from disk or from a plugin: the value, or what is wrong with it and where. */
export type Checked<T> = { readonly value: T } | { readonly problem: string };

export function checker<T extends TSchema>(schema: T): (value: unknown) => Checked<Static<T>> {
  let validate: ValidateFunction<Static<T>> | undefined;
  return (value) => {
    validate ??= ajv.compile<Static<T>>(schema);
    if (validate(value)) return { value };
    const error = validate.errors?.[0];
    return { problem: `\`${error?.instancePath ?? ''}\` ${error?.message ?? 'is not as it should be'}` };
  };
}

/** Reads JSON that Assay wrote. @throws AssayError `run` when it is not what the schema says */
export function parseRecord<T>(check: (value: unknown) => Checked<T>, text: string, where: string): T {
  return checkedRecord(check, parseJson(text, where), where);
}

export function checkedRecord<T>(check: (value: unknown) => Checked<T>, value: unknown, where: string): T {
  const checked = check(value);
  if ('value' in checked) return checked.value;
  throw damaged(where, checked.problem);
}

export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw damaged(where, 'it is not JSON', cause);
  }
}

function damaged(where: string, problem: string, cause?: unknown): AssayError {
  return new AssayError('run', { where, what: `the file is damaged: ${problem}`, mend: 'Run the audit again.', cause });
}
