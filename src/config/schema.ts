import { Type, type Static, type TSchema } from '@sinclair/typebox';

const closed = { additionalProperties: false };
const Path = (description: string) => Type.String({ minLength: 1, description });
const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const Range = Type.Tuple([Type.Number(), Type.Number()], {
  description: 'Lowest and highest legal value, in the units of the data, such as [0, 1] or [0, 255].',
});

export const DomainConfig = Type.Object(
  {
    kind: Type.Unsafe<'image' | 'tabular'>({ type: 'string', enum: ['image', 'tabular'] }),
    layout: Type.Optional(
      Nullable(
        Type.Unsafe<'NCHW' | 'NHWC'>({
          type: 'string',
          enum: ['NCHW', 'NHWC'],
          description: 'Order of the model input: batch, channels, height, width, or channels last. Images need it.',
        }),
      ),
    ),
    range: Nullable(Range),
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
  },
  {
    ...closed,
    description: 'What a legal input is. Fields that are null were not known to `assay init`: fill them in.',
  },
);

export const TargetConfig = Type.Object(
  {
    file: Path('The model file, relative to this file.'),
    head: Type.Unsafe<'classes' | 'binary' | 'multi-label' | 'regression'>({
      type: 'string',
      enum: ['classes', 'binary', 'multi-label', 'regression'],
      description: 'What the outputs mean, and so what counts as success against them.',
    }),
    output: Type.Optional(Path('The name of the output to audit, where the model has several.')),
    tolerance: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'Regression only: a prediction is right when it is within this distance of the truth.',
      }),
    ),
    labels: Type.Optional(
      Type.Union([Path('A text file with one label a line.'), Type.Array(Type.String(), { minItems: 1 })]),
    ),
    domain: DomainConfig,
  },
  closed,
);

export const SamplesConfig = Type.Object(
  {
    inputs: Path('IDX (also .gz), NPY, or NPZ with the array named behind #: data.npz#x_test.'),
    labels: Path('The truth of each sample, in the same formats.'),
    scale: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description:
          'Stored values are multiplied by this to reach the units of the domain: 0.00392156862745098 (1/255) for bytes and [0, 1].',
      }),
    ),
    sample: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'How many samples to draw: stratified by label, seeded. All when left out.',
      }),
    ),
  },
  closed,
);

export const TableConfig = Type.Object(
  {
    file: Path('A CSV file with a header.'),
    delimiter: Type.Optional(Type.String({ minLength: 1, maxLength: 1, description: 'Default: a comma.' })),
    missing: Type.Optional(
      Type.Array(Type.String(), { description: 'Values that mean missing. Default: the empty field.' }),
    ),
    roles: Type.Record(
      Type.String(),
      Type.Unsafe<'identifier' | 'quasi-identifier' | 'sensitive' | 'insensitive'>({
        type: 'string',
        enum: ['identifier', 'quasi-identifier', 'sensitive', 'insensitive'],
      }),
      { description: 'The role of each column by its name; columns that are not named are insensitive.' },
    ),
  },
  closed,
);

export const ExecutionConfig = Type.Object(
  {
    workers: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 64, description: 'Cells that run side by side. Default 1.' }),
    ),
    threads: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Threads of each worker. Default: cores / workers.' }),
    ),
    batchSize: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Samples in one execution. Default 128. Never changes a result.' }),
    ),
    memoryMiB: Type.Optional(Type.Integer({ minimum: 64, description: 'Memory limit of each worker. Default 4096.' })),
    cellMinutes: Type.Optional(
      Type.Number({ exclusiveMinimum: 0, description: 'Time limit of each cell. Default 60.' }),
    ),
  },
  { ...closed, description: 'How the machine is used. Nothing here changes a result.' },
);

/** One audit's options, or a list of them for several cells of one plugin. Checked against the plugin's own schema. */
const AuditOptions = Type.Record(Type.String(), Type.Unknown());

export const Config = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    target: Type.Optional(TargetConfig),
    data: Type.Optional(
      Type.Object(
        {
          test: Type.Optional(SamplesConfig),
          train: Type.Optional(SamplesConfig),
          table: Type.Optional(TableConfig),
        },
        closed,
      ),
    ),
    engine: Type.Optional(Type.Unsafe<'auto' | 'onnx'>({ type: 'string', enum: ['auto', 'onnx'] })),
    device: Type.Optional(
      Type.Unsafe<'auto' | 'cpu' | 'webgpu' | 'cuda'>({
        type: 'string',
        enum: ['auto', 'cpu', 'webgpu', 'cuda'],
        description:
          'Where the model is executed; `assay doctor` shows what works. Default: auto, the fastest that works.',
      }),
    ),
    seed: Type.Optional(Type.Union([Type.Integer(), Type.String({ minLength: 1 })], { description: 'Default 0.' })),
    plugins: Type.Optional(
      Type.Array(Path('A module: a path relative to this file, or a package name.'), {
        description: 'Plugins of others. They are code: JSON and YAML configs need --allow-code.',
      }),
    ),
    audits: Type.Record(Type.String(), Type.Union([AuditOptions, Type.Array(AuditOptions, { minItems: 1 })]), {
      description: 'Options by plugin id; `assay list` names the ids.',
    }),
    policy: Type.Optional(Path('The policy file. Without one, the preset `baseline` decides.')),
    out: Type.Optional(Path('Where run folders are made. Default: assay-runs.')),
    samples: Type.Optional(
      Type.Unsafe<'show' | 'ids'>({
        type: 'string',
        enum: ['show', 'ids'],
        description: 'Whether the report shows inputs or only their indices. Default: show.',
      }),
    ),
    keep: Type.Optional(Type.Integer({ minimum: 0, description: 'Changed inputs that each cell keeps. Default 64.' })),
    execution: Type.Optional(ExecutionConfig),
  },
  { ...closed, $id: 'https://assay.dev/schema/config.json', title: 'Assay configuration' },
);

export const WaiverConfig = Type.Object(
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
      Type.Unsafe<'baseline' | 'strict'>({
        type: 'string',
        enum: ['baseline', 'strict'],
        description: 'Thresholds of audits that this file does not name. Default: baseline.',
      }),
    ),
    minimumSamples: Type.Optional(
      Type.Integer({ minimum: 1, description: 'A number from fewer samples is inconclusive. Default 100.' }),
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

export type Config = Static<typeof Config>;
export type TargetConfig = Static<typeof TargetConfig>;
export type DomainConfig = Static<typeof DomainConfig>;
export type SamplesConfig = Static<typeof SamplesConfig>;
export type TableConfig = Static<typeof TableConfig>;
export type ExecutionConfig = Static<typeof ExecutionConfig>;
export type PolicyConfig = Static<typeof PolicyConfig>;
export type WaiverConfig = Static<typeof WaiverConfig>;
