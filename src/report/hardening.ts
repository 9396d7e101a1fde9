import { Type, type Static, type TSchema } from '@sinclair/typebox';
import type { JsonObject } from '#base/json';
import { Change, DataCard, STATUSES } from './report.js';

/** Goes up by one when a reader of the version before could misread a record. */
export const HARDENING_VERSION = 1;

const closed = { additionalProperties: false };
const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Status = Type.Unsafe<(typeof STATUSES)[number]>({ type: 'string', enum: [...STATUSES] });
const Options = Type.Unsafe<JsonObject>({ type: 'object' });
const ExitCode = Type.Integer();

const File = Type.Object({ name: Type.String(), sha256: Type.String(), bytes: Type.Integer() }, closed);

/** One pass over the training data. What is no number is null. */
export const Epoch = Type.Object({
  epoch: Type.Integer(),
  loss: Nullable(Type.Number()),
  /** On the part of the training data that was held out. */
  cleanAccuracy: Nullable(Type.Number()),
  robustAccuracy: Nullable(Type.Number()),
  gradientNorm: Nullable(Type.Number()),
});

/** What ended a training before its last epoch. */
export const Stop = Type.Object({ kind: Type.String(), sentence: Type.String() });

/** One rate of both models on the same samples. */
const Rate = Type.Object(
  {
    label: Type.String(),
    before: Type.Number(),
    after: Type.Number(),
    n: Type.Integer(),
    /** The paired test; null where an audit tells no outcome for each sample. */
    paired: Nullable(
      Type.Object(
        {
          /** Samples that held before and do not now, and the other way round. */
          lost: Type.Integer(),
          won: Type.Integer(),
          test: Type.String(),
          p: Type.Number(),
          direction: Change.properties.direction,
        },
        closed,
      ),
    ),
  },
  closed,
);

const Audited = Type.Object(
  {
    audit: Type.String(),
    options: Options,
    /** Verdicts. */
    before: Status,
    after: Status,
    rates: Type.Array(Rate),
  },
  closed,
);

const StageTimings = Type.Object(
  {
    started: Type.String(),
    finished: Type.String(),
    /** Of its cells, their last attempts, one after the other. */
    seconds: Type.Number(),
  },
  closed,
);

/** `record.json` of a hardening: what was trained, from what and how, and what it changed. */
export const HardeningRecord = Type.Object(
  {
    version: Type.Literal(HARDENING_VERSION),
    tool: Type.Object({ name: Type.Literal('assay'), version: Type.String() }, closed),
    command: Type.String(),
    model: Type.Object(
      {
        before: Type.Object(
          {
            name: Type.String(),
            files: Type.Array(File),
          },
          closed,
        ),
        after: Type.Object(
          {
            /** Below the folder of the hardening: what a config names as `target.file`. */
            file: Type.String(),
            format: Type.String(),
            files: Type.Array(File),
            /** Why it is of another format than the model before; null where it is not. */
            note: Nullable(Type.String()),
          },
          closed,
        ),
      },
      closed,
    ),
    data: Type.Array(DataCard),
    seed: Type.Union([Type.Integer(), Type.String()]),
    engine: Type.String(),
    device: Type.String(),
    training: Type.Object(
      {
        audit: Type.String(),
        /** Every default filled in. */
        recipe: Options,
        status: Status,
        claim: Type.String(),
        /** Which weights were kept and why, among others. */
        reasons: Type.Array(Type.String()),
        epochs: Type.Array(Epoch),
        /** The epoch whose weights are in the new model: 0 is the model as it came; null for the mean of several. */
        kept: Nullable(Type.Integer()),
        /** What ended it before its last epoch. */
        stop: Nullable(Stop),
        /** By the attack that training measures itself with. */
        rates: Type.Array(Rate),
      },
      closed,
    ),
    audits: Type.Array(Audited),
    /** `before` decides nothing. */
    exitCodes: Type.Object({ before: ExitCode, training: ExitCode, after: ExitCode }, closed),
    exitCode: ExitCode,
    /** Run folders below that of the hardening. */
    runs: Type.Object({ before: Type.String(), training: Type.String(), after: Type.String() }, closed),
    /** All that may differ between equal hardenings. */
    timings: Type.Object(
      {
        started: Type.String(),
        finished: Type.String(),
        stages: Type.Object({ before: StageTimings, training: StageTimings, after: StageTimings }, closed),
      },
      closed,
    ),
  },
  {
    ...closed,
    $id: `https://assay.dev/schema/hardening-${HARDENING_VERSION}.json`,
    title: 'Assay hardening record',
  },
);

export type HardeningRecord = Static<typeof HardeningRecord>;
export type HardeningRate = Static<typeof Rate>;
