import type { Digest } from '#base/digest';
import type { Severity } from '#report/report';
import type { Positions } from './place.js';
import type { PolicyConfig } from './policy-schema.js';
import type { Config, ExecutionConfig } from './schema.js';

/** A configuration that was read, checked and completed. Paths in it are absolute. */
export interface LoadedConfig {
  /** The file itself, for messages. */
  readonly file: string;
  readonly config: CompleteConfig;
  /** Of everything that decides a result: not of `out`, `execution` or where the files lie. */
  readonly digest: Digest;
  readonly policy: LoadedPolicy;
  /** The text of the baseline that the config names, with the name of its file; null where it names none. */
  readonly baseline: BaselineText | null;
  /** Whether modules that the file names may be imported: a TypeScript config, or --allow-code. */
  readonly allowCode: boolean;
  /** Where each entry of the file begins, for messages; absent where the file is code. */
  readonly positions?: Positions;
}

/** {@link Config} with every default filled in. */
export type CompleteConfig = Omit<Config, '$schema' | 'policy' | 'baseline'> &
  Required<
    Pick<
      Config,
      'data' | 'engine' | 'device' | 'seed' | 'plugins' | 'audits' | 'explain' | 'out' | 'samples' | 'language' | 'keep'
    >
  > & {
    /** Without a time limit of cells, each has that of its kind. */
    readonly execution: Required<Omit<ExecutionConfig, 'cellMinutes'>> & Pick<ExecutionConfig, 'cellMinutes'>;
  };

export interface BaselineText {
  readonly file: string;
  readonly text: string;
}

export interface LoadedPolicy {
  /** Null: no file, only the preset. */
  readonly file: string | null;
  readonly policy: CompletePolicy;
  readonly digest: Digest;
  readonly positions?: Positions;
}

/** {@link PolicyConfig} with every default filled in, but for rules against a baseline: null where it has none. */
export type CompletePolicy = Required<Omit<PolicyConfig, '$schema' | 'failures' | 'regression'>> & {
  readonly failures: Readonly<Record<Severity, number>>;
  readonly regression: Required<NonNullable<PolicyConfig['regression']>> | null;
};
