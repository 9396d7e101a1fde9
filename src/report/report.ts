import { Type, type Static, type TObject } from '@sinclair/typebox';
import { Detail } from './details.js';

export { Timings, Traffic } from './timings.js';

/** Goes up by one when a reader of the version before could misread a report. */
export const REPORT_VERSION = 2;

const literals = <const T extends readonly string[]>(values: T) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values] });

export const STATUSES = ['pass', 'fail', 'inconclusive', 'not-applicable', 'error', 'not-run'] as const;
export const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;
export const AREAS = [
  'evasion',
  'corruption',
  'training',
  'certificates',
  'data',
  'explanations',
  'subgroups',
  'other',
] as const;

/** Languages of the page's own words. Plugins write English, and may bring translations of their texts. */
export const LANGUAGES = ['en', 'zh-CN', 'de'] as const;

export type Severity = (typeof SEVERITIES)[number];
export type Language = (typeof LANGUAGES)[number];
export type Translation = Exclude<Language, 'en'>;
export type Area = (typeof AREAS)[number];

/** A number with what makes it readable: its interval, its denominator and the bar that it was held against. */
export const Measure = Type.Object({
  id: Type.String(),
  label: Type.String(),
  value: Type.Union([Type.Number(), Type.Null()]),
  /** `p`: the p-value of a test. */
  format: literals(['rate', 'number', 'count', 'epsilon', 'p']),
  n: Type.Union([Type.Integer(), Type.Null()]),
  /** 95 %, by the named method. */
  interval: Type.Union([Type.Object({ low: Type.Number(), high: Type.Number(), method: Type.String() }), Type.Null()]),
  threshold: Type.Union([
    Type.Object({
      comparison: literals(['at-least', 'at-most']),
      value: Type.Number(),
      /** The end of the interval that was compared, or the value where there is no interval. */
      compared: Type.Number(),
      holds: Type.Boolean(),
      /** `policy file`, `preset baseline`, `matcher`: who set the bar. */
      setBy: Type.String(),
    }),
    Type.Null(),
  ]),
});

/** Whether the measurement itself can be trusted: a control, or a sign that an attack failed. */
export const Sign = Type.Object({
  id: Type.String(),
  holds: Type.Boolean(),
  sentence: Type.String(),
});

export const Waiver = Type.Object({
  audit: Type.String(),
  reason: Type.String(),
  owner: Type.String(),
  expires: Type.String(),
});

/** By language; English is the finding itself. Absent where the plugin brings no translation. */
const translations = <T extends TObject>(texts: T) =>
  Type.Object({ 'zh-CN': Type.Optional(texts), de: Type.Optional(texts) }, { additionalProperties: false });

/** How one rate changed against the baseline, on the same samples. */
export const Change = Type.Object({
  /** The measure as the baseline has it, such as `Robust accuracy at Linf epsilon 0.1`. */
  label: Type.String(),
  before: Type.Number(),
  now: Type.Number(),
  /** Samples of both runs. */
  n: Type.Integer(),
  /** Samples that held before and do not now, and the other way round. */
  lost: Type.Integer(),
  won: Type.Integer(),
  /** `McNemar, exact, two-sided`. */
  test: Type.String(),
  /** After Holm's correction over all rates of the run. */
  p: Type.Number(),
  /** What is more than chance; `same` where nothing is. */
  direction: literals(['better', 'worse', 'same']),
});

export const Finding = Type.Object({
  /** The content hash of the cell. */
  cell: Type.String(),
  audit: Type.String(),
  area: literals(AREAS),
  status: literals(STATUSES),
  severity: literals(SEVERITIES),
  /** `title` of the plugin, or its `failureTitle` where it failed. */
  title: Type.String(),
  /** One sentence with claim, number and bar. */
  claim: Type.String(),
  /** Why the verdict is what it is, one sentence each. */
  reasons: Type.Array(Type.String()),
  measures: Type.Array(Measure),
  signs: Type.Array(Sign),
  details: Type.Array(Detail),
  /** Two lines, concrete: what to do about it. */
  advice: Type.String(),
  description: Type.String(),
  sources: Type.Array(Type.String()),
  frameworks: Type.Record(Type.String(), Type.Array(Type.String())),
  options: Type.Unknown(),
  /** The command that repeats this cell. */
  command: Type.String(),
  waiver: Type.Union([Waiver, Type.Null()]),
  /** Where the config asks for it, both from 1; null where the config is code, or does not name it. */
  place: Type.Union([Type.Object({ line: Type.Integer(), column: Type.Integer() }), Type.Null()]),
  /** Against the baseline; empty where there is none, or the plugin has no outcome for each sample. */
  changes: Type.Array(Change),
  /** The plugin's texts in other languages, of the title that applies. */
  texts: translations(Type.Object({ title: Type.String(), advice: Type.String(), description: Type.String() })),
});

/** What is looked at when a target is opened; a policy waives one by its name, as it does an audit. */
export const TARGET_CHECKS = [
  'target/finite-scores',
  'target/determinism',
  'target/batch-independence',
  'target/accuracy',
  'target/label-order',
] as const;

export const TargetCheck = Type.Object({
  id: literals(TARGET_CHECKS),
  /** Null: it could not be told, and the sentence says why. */
  holds: Type.Union([Type.Boolean(), Type.Null()]),
  sentence: Type.String(),
});

/** An input or output as the model's file declares it. A dimension is its size, the name of a symbol, or null. */
export const DeclaredValue = Type.Object({
  name: Type.String(),
  type: Type.String(),
  shape: Type.Array(Type.Union([Type.Number(), Type.String(), Type.Null()])),
});

export const TargetCard = Type.Object({
  name: Type.String(),
  digest: Type.String(),
  engine: Type.String(),
  device: Type.String(),
  files: Type.Array(Type.Object({ name: Type.String(), sha256: Type.String(), bytes: Type.Integer() })),
  domain: Type.Object({
    kind: Type.String(),
    shape: Type.Array(Type.Integer()),
    range: Type.Union([Type.Tuple([Type.Number(), Type.Number()]), Type.Null()]),
    layout: Type.Union([Type.String(), Type.Null()]),
    mean: Type.Array(Type.Number()),
    std: Type.Array(Type.Number()),
  }),
  head: Type.Object({
    kind: Type.String(),
    outputs: Type.Integer(),
    /** `logits`, `probabilities` or `values`, as measured on data. */
    scale: Type.String(),
    tolerance: Type.Union([Type.Number(), Type.Null()]),
  }),
  labels: Type.Union([Type.Array(Type.String()), Type.Null()]),
  batch: Type.String(),
  capabilities: Type.Array(Type.String()),
  missing: Type.Array(Type.Object({ capability: Type.String(), because: Type.String() })),
  /** Sentences about how the target is executed: rewrites, fallbacks, slower paths. */
  notes: Type.Array(Type.String()),
  /** What the files are, such as `ONNX` or `Keras 3 (.keras)`. Like all below, absent in reports of versions before. */
  format: Type.Optional(Type.String()),
  /** Of the ONNX graph; null where another engine executes the files as they are. */
  opset: Type.Optional(Type.Union([Type.Integer(), Type.Null()])),
  input: Type.Optional(DeclaredValue),
  output: Type.Optional(DeclaredValue),
  /** On clean test data; null where there is none. */
  accuracy: Type.Optional(Type.Union([Measure, Type.Null()])),
  checks: Type.Optional(Type.Array(TargetCheck)),
  /** Of a target that shows nothing else of itself: the scores of a few samples, by which it is known again. */
  answers: Type.Optional(Type.Array(Type.Number())),
});

export const DataCard = Type.Object({
  role: Type.String(),
  files: Type.Array(Type.Object({ name: Type.String(), sha256: Type.String(), bytes: Type.Integer() })),
  digest: Type.String(),
  /** Of a table: format, delimiter and encoding, given or told by the content: `CSV, semicolon, Latin-1`. */
  reading: Type.Optional(Type.String()),
  /** Samples in the files, and how many of them were used. */
  available: Type.Integer(),
  used: Type.Integer(),
  drawn: Type.String(),
  classes: Type.Array(Type.Object({ label: Type.String(), count: Type.Integer() })),
  columns: Type.Array(Type.Object({ name: Type.String(), role: Type.String() })),
});

export const Gate = Type.Object({
  passed: Type.Boolean(),
  exitCode: Type.Unsafe<0 | 1 | 2 | 3>({ type: 'integer', enum: [0, 1, 2, 3] }),
  /** The rules that decided, one sentence each, the deciding ones first. */
  rules: Type.Array(
    Type.Object({ holds: Type.Boolean(), cell: Type.Union([Type.String(), Type.Null()]), sentence: Type.String() }),
  ),
});

export const Report = Type.Object(
  {
    version: Type.Literal(REPORT_VERSION),
    tool: Type.Object({ name: Type.Literal('assay'), version: Type.String() }),
    gate: Gate,
    findings: Type.Array(Finding),
    target: Type.Union([TargetCard, Type.Null()]),
    data: Type.Array(DataCard),
    policy: Type.Object({
      preset: Type.String(),
      digest: Type.String(),
      minimumSamples: Type.Integer(),
      waivers: Type.Array(Waiver),
      /** The name of its file; null where only the preset decides. */
      file: Type.Union([Type.String(), Type.Null()]),
      /** How many failed findings of each severity are accepted. */
      failures: Type.Object({
        critical: Type.Integer(),
        high: Type.Integer(),
        medium: Type.Integer(),
        low: Type.Integer(),
      }),
      regression: Type.Object({
        /** Of all comparisons with the baseline together. */
        alpha: Type.Number(),
        /** A rate may be lower by as much without being a regression. */
        drop: Type.Number(),
      }),
    }),
    /** What the run was compared with; null where the config names none. */
    baseline: Type.Union([
      Type.Object({
        /** The name of its file. */
        file: Type.String(),
        digest: Type.String(),
        target: Type.Union([Type.Object({ name: Type.String(), digest: Type.String() }), Type.Null()]),
      }),
      Type.Null(),
    ]),
    /** What the adversaries of the audits know and may do. */
    threatModel: Type.Array(
      Type.Object({ sentence: Type.String(), texts: translations(Type.Object({ sentence: Type.String() })) }),
    ),
    /** What was not tested, and why: `unnamed` by the config, or without a number. */
    notTested: Type.Array(
      Type.Object({ what: Type.String(), kind: literals(['unnamed', 'without-number']), because: Type.String() }),
    ),
    provenance: Type.Object({
      seed: Type.Union([Type.Integer(), Type.String()]),
      configDigest: Type.String(),
      planDigest: Type.String(),
      command: Type.String(),
      samples: literals(['show', 'ids']),
      /** The name of the config's file. */
      config: Type.String(),
      /** Of the page. */
      language: literals(LANGUAGES),
      versions: Type.Record(Type.String(), Type.String()),
    }),
  },
  { $id: `https://assay.dev/schema/report-${REPORT_VERSION}.json`, title: 'Assay report' },
);

export type Report = Static<typeof Report>;
export type Finding = Static<typeof Finding>;
export type FindingStatus = (typeof STATUSES)[number];
export type Measure = Static<typeof Measure>;
export type Sign = Static<typeof Sign>;
export type Waiver = Static<typeof Waiver>;
export type Change = Static<typeof Change>;
export type TargetCard = Static<typeof TargetCard>;
export type TargetCheck = Static<typeof TargetCheck>;
export type DeclaredValue = Static<typeof DeclaredValue>;
export type DataCard = Static<typeof DataCard>;
export type Gate = Static<typeof Gate>;
