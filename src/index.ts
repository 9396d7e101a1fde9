// The public API, and nothing else.

export { Type } from '@sinclair/typebox';
export { AssayError, type AssayErrorCode } from '#base/errors';
export { row, rowRange, rowsOf, rowSize, takeRows, tensor, type Tensor } from '#base/tensor';
export type { DomainConfig } from '#config/domain-schema';
export type {
  Config,
  EndpointConfig,
  FileTargetConfig,
  ModuleConfig,
  SamplesConfig,
  TargetConfig,
} from '#config/schema';
export type { PolicyConfig } from '#config/policy-schema';
export { clopperPearson, wilson, type Interval } from '#stats/intervals';
export { permutation, randomStreams, type RandomStreams, type Rng } from '#stats/random';
export type { LossSpec } from '#engine/index';

export type { Domain, ImageDomain, TabularDomain, TextDomain } from '#target/domain';
export { isCorrect, labelRow, labelsOf, margin, takeLabels, type Head, type Labels } from '#target/head';
export type { FunctionConfig, PredictFunctions } from '#target/function-target';
export { withPreprocessor, type Preprocessor } from '#target/preprocessing/preprocessed';
export { linearTarget } from '#target/linear';
export { inMemory, type SampleSource } from '#target/sample-source';
export {
  isDifferentiable,
  isTrainable,
  type Capability,
  type DifferentiableTarget,
  type Gradient,
  type Jacobian,
  type Samples,
  type Structure,
  type Target,
  type TrainableTarget,
} from '#target/target';
export { isTextTarget, type TextTarget } from '#target/text/text-target';
export type { Tokenizer } from '#data/text/tokenizer';

export { defineAttack, defineDefense, defineProbe, defineReporter, type PluginFactory } from '#plugin/define';
export type {
  Artifact,
  ConfiguredPlugin,
  Evidence,
  Example,
  InputMap,
  JudgePolicy,
  Pictures,
  Plugin,
  Reporter,
  ReportInput,
  RunContext,
  StepValue,
  Verdict,
  VerdictStatus,
} from '#plugin/plugin';
export type { Detail } from '#report/details';
export { AnonymizationCertificate } from '#report/anonymization';
export { ExplanationRecord } from '#report/explanation';
export { HardeningRecord } from '#report/hardening';
export { Report, type Finding, type Measure, type Sign, type Timings } from '#report/report';
export type { Anonymized, AnonymizeEvent } from '#pipeline/anonymizing/anonymize';
export type { ExplainEvent } from '#pipeline/explaining/decision';
export type { Explanation } from '#pipeline/explaining/explain';
export type { Hardened, HardenEvent } from '#pipeline/hardening/harden';
export type { RunEvent, RunResult } from '#pipeline/types';

export * from '#attacks/evasion/index';
export { anonymize, type AnonymizeOptions } from './api/anonymize.js';
export { audit, type AuditOptions } from './api/audit.js';
export { bless, type BlessOptions } from './api/bless.js';
export { defineConfig } from './api/define-config.js';
export { explain, type ExplainedSample, type ExplainOptions } from './api/explain.js';
export { harden, type HardenOptions } from './api/harden.js';
export { openTarget, type OpenOptions } from './api/open-target.js';
