import { Type, type Static } from '@sinclair/typebox';
import { LANGUAGES, type Language } from '#report/report';
import { blackBox } from './black-box.js';
import { DomainConfig } from './domain-schema.js';
import { PreprocessorConfig } from './preprocessing.js';

const closed = { additionalProperties: false };
const Path = (description: string) => Type.String({ minLength: 1, description });

/** Any target; which of its members belong together is a matter of {@link contradictions}. */
const AnyTarget = Type.Object(
  {
    file: Type.Optional(Path('The model file or folder, relative to this file.')),
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
    preprocessor: Type.Optional(PreprocessorConfig),
    ...blackBox,
  },
  closed,
);

export const TargetConfig = Type.Unsafe<TargetConfig>(AnyTarget);

const Side = Type.Integer({ minimum: 1, maximum: 65_536 });
const Sides = Type.Tuple([Side, Side]);

/** What is done to pictures once, before the domain begins; as Pillow does it. */
export const PicturesConfig = Type.Object(
  {
    resize: Type.Optional(
      Type.Union([Side, Sides], { description: 'The length of the shorter edge, or [height, width]. Default: none.' }),
    ),
    interpolation: Type.Optional(
      Type.Unsafe<'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos'>({
        type: 'string',
        enum: ['nearest', 'box', 'bilinear', 'hamming', 'bicubic', 'lanczos'],
        description: 'How pictures are resized. Default: bilinear.',
      }),
    ),
    crop: Type.Optional(
      Type.Union([Side, Sides], {
        description: 'Cut out of the middle after resizing: the side of a square, or [height, width].',
      }),
    ),
    channels: Type.Optional(
      Type.Unsafe<'RGB' | 'BGR' | 'gray'>({
        type: 'string',
        enum: ['RGB', 'BGR', 'gray'],
        description: 'Default: RGB, or gray where the model takes one channel.',
      }),
    ),
    orient: Type.Optional(
      Type.Boolean({
        description: 'Whether a JPEG is turned as its Exif data say. Default false, as Pillow opens it.',
      }),
    ),
  },
  closed,
);

const Delimiter = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 1,
    description:
      'Of a CSV table. Default: the comma, semicolon, tab or pipe that splits the header, and the first records into as many fields.',
  }),
);
const Encoding = Type.Optional(
  Type.Unsafe<'auto' | 'utf-8' | 'latin-1'>({
    type: 'string',
    enum: ['auto', 'utf-8', 'latin-1'],
    description:
      'Of a CSV or ARFF table; latin-1 as browsers read it, which is windows-1252. Default: auto, told by the bytes.',
  }),
);

export const SamplesConfig = Type.Object(
  {
    inputs: Path(
      'IDX (also .gz), NPY, or NPZ with the array named behind #: data.npz#x_test. Or a folder of PNG, JPEG or WebP pictures. Or, with `columns`, a table: CSV, Parquet, JSON Lines or ARFF. Of texts such a table, or a .txt file with one text a line.',
    ),
    labels: Type.Optional(
      Path(
        'The truth of each sample, in the same formats. Of a folder of pictures a CSV of `file` and `label`; left out, each folder in it is a class. Of a table the name of a column. Of a .txt file of texts another one with one label a line.',
      ),
    ),
    columns: Type.Optional(
      Type.Union([Type.Literal('domain'), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], {
        description:
          'Of a table: the columns that make the input, one number each, in the order of the model; or "domain" for those of `target.domain.columns`, encoded as these say. Of texts the one column that holds them.',
      }),
    ),
    delimiter: Delimiter,
    encoding: Encoding,
    groups: Type.Optional(
      Type.Union(
        [Path('A table with a row for each sample.'), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })],
        {
          description:
            'Which groups a sample belongs to: the columns of another table that has a row for each sample, in the same order; or, where the samples are a table, the names of its columns.',
        },
      ),
    ),
    pictures: Type.Optional(
      Type.Union([Path('A Hugging Face preprocessor_config.json that says it.'), PicturesConfig], {
        description: 'How the pictures of a folder are made into inputs.',
      }),
    ),
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
    file: Path('CSV with a header, Parquet, JSON Lines, or ARFF.'),
    delimiter: Delimiter,
    encoding: Encoding,
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

export const PopulationConfig = Type.Omit(TableConfig, ['roles'], {
  ...closed,
  description: 'The people that the table is a sample of, with the same quasi-identifiers by the same names.',
});

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
      Type.Number({
        exclusiveMinimum: 0,
        description: 'Time limit of each cell. Default 60; of a cell that trains, 1440.',
      }),
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
          population: Type.Optional(PopulationConfig),
          groups: Type.Optional(
            Path('A table with a row for each test sample, whose columns say which groups the sample belongs to.'),
          ),
        },
        closed,
      ),
    ),
    engine: Type.Optional(
      Type.Unsafe<'auto' | 'onnx' | 'tfjs'>({
        type: 'string',
        enum: ['auto', 'onnx', 'tfjs'],
        description:
          'What executes the model: ONNX Runtime, or TensorFlow.js. Default: auto, ONNX Runtime wherever the model can be brought there.',
      }),
    ),
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
    explain: Type.Optional(
      Type.Record(Type.String(), Type.Record(Type.String(), Type.Unknown()), {
        description:
          'Options of explainers by their ids, for `assay explain`, and under `tcav` the concepts that a model as a whole is asked for; no audit reads them.',
      }),
    ),
    anonymize: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'What `assay anonymize` has to reach, and how; no audit reads it.',
      }),
    ),
    policy: Type.Optional(Path('The policy file. Without one, the preset `baseline` decides.')),
    baseline: Type.Optional(
      Path('What `assay bless` wrote of an earlier run: the gate does not pass what has become worse since.'),
    ),
    out: Type.Optional(Path('Where run folders are made. Default: assay-runs.')),
    samples: Type.Optional(
      Type.Unsafe<'show' | 'ids'>({
        type: 'string',
        enum: ['show', 'ids'],
        description:
          'Whether the report shows inputs or only their indices. Default: ids where `data.table` declares personal data by its roles, else show.',
      }),
    ),
    language: Type.Optional(
      Type.Unsafe<Language>({
        type: 'string',
        enum: [...LANGUAGES],
        description: "Of the report's own words; translations of plugins are theirs to bring. Default: en.",
      }),
    ),
    keep: Type.Optional(Type.Integer({ minimum: 0, description: 'Changed inputs that each cell keeps. Default 64.' })),
    execution: Type.Optional(ExecutionConfig),
  },
  { ...closed, $id: 'https://assay.dev/schema/config.json', title: 'Assay configuration' },
);

export type Config = Static<typeof Config>;
type AnyTarget = Static<typeof AnyTarget>;
type NoneOf<Keys extends keyof AnyTarget> = { readonly [Key in Keys]?: never };
type TargetFacts = Omit<AnyTarget, keyof typeof blackBox | 'file' | 'output' | 'preprocessor'>;

/** A model file, of which Assay sees everything. */
export type FileTargetConfig = TargetFacts &
  NoneOf<keyof typeof blackBox> & { file: string } & Pick<AnyTarget, 'output' | 'preprocessor'>;

/** What is said of a model that answers and shows nothing else of itself. */
export type AnswersConfig = Required<Pick<AnyTarget, 'shape' | 'gives'>> & Pick<AnyTarget, 'outputs' | 'budget'>;

export type EndpointConfig = TargetFacts &
  AnswersConfig &
  NoneOf<'file' | 'module' | 'output' | 'preprocessor'> &
  Pick<AnyTarget, 'request' | 'response' | 'token' | 'ca' | 'traffic'> & { url: string };

export type ModuleConfig = TargetFacts &
  AnswersConfig &
  NoneOf<'file' | 'url' | 'output' | 'preprocessor' | 'request' | 'response' | 'token' | 'ca' | 'traffic'> & {
    module: string;
  };

export type TargetConfig = FileTargetConfig | EndpointConfig | ModuleConfig;
export type PicturesConfig = Static<typeof PicturesConfig>;
export type SamplesConfig = Static<typeof SamplesConfig>;
export type TableConfig = Static<typeof TableConfig>;
export type PopulationConfig = Static<typeof PopulationConfig>;
export type ExecutionConfig = Static<typeof ExecutionConfig>;
