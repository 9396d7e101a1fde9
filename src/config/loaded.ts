import type { Digest } from '#base/digest';
import type { Positions } from './place.js';
import type { Config, PolicyConfig } from './schema.js';

/** A configuration that was read, checked and completed. Paths in it are absolute. */
export interface LoadedConfig {
  /** The file itself, for messages. */
  readonly file: string;
  readonly config: CompleteConfig;
  /** Of everything that decides a result: not of `out`, `execution` or where the files lie. */
  readonly digest: Digest;
  readonly policy: LoadedPolicy;
  /** Whether modules that the file names may be imported: a TypeScript config, or --allow-code. */
  readonly allowCode: boolean;
  /** Where each entry of the file begins, for messages; absent where the file is code. */
  readonly positions?: Positions;
}

/** {@link Config} with every default filled in. */
export type CompleteConfig = Omit<Config, '$schema' | 'policy'> &
  Required<Pick<Config, 'data' | 'engine' | 'device' | 'seed' | 'plugins' | 'audits' | 'out' | 'samples' | 'keep'>> & {
    readonly execution: Required<NonNullable<Config['execution']>>;
  };

export interface LoadedPolicy {
  /** Null: no file, only the preset. */
  readonly file: string | null;
  readonly policy: Omit<PolicyConfig, '$schema'> & Required<Omit<PolicyConfig, '$schema'>>;
  readonly digest: Digest;
  readonly positions?: Positions;
}
