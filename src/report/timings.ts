import { Type, type Static } from '@sinclair/typebox';

/** How an endpoint or module was asked in one cell. Rows are counted once, however often they had to be sent. */
export const Traffic = Type.Object({
  rows: Type.Integer(),
  requests: Type.Integer(),
  retried: Type.Integer(),
});

/** All that may differ between equal runs; kept apart so that equal runs give equal reports. */
export const Timings = Type.Object({
  started: Type.String({ description: 'ISO 8601, UTC' }),
  finished: Type.String(),
  host: Type.Object({ platform: Type.String(), cpus: Type.Integer(), memoryMiB: Type.Integer(), node: Type.String() }),
  execution: Type.Object({ workers: Type.Integer(), batchSize: Type.Integer(), threads: Type.Integer() }),
  /** The config's file, relative to where the run was started; absent in runs of versions before. */
  config: Type.Optional(Type.String()),
  cells: Type.Array(
    Type.Object({
      cell: Type.String(),
      audit: Type.String(),
      seconds: Type.Number(),
      peakMiB: Type.Union([Type.Number(), Type.Null()]),
      attempts: Type.Integer(),
      traffic: Type.Optional(Traffic),
    }),
  ),
});

export type Timings = Static<typeof Timings>;
export type Traffic = Static<typeof Traffic>;
