import type { JsonObject } from '#base/json';
import type { PopulationConfig } from '#config/schema';
import type { Plugin } from '#plugin/plugin';
import type { Finding } from '#report/report';
import type { Samples } from '#target/target';
import type { FileSamples, FileTable } from './declared.js';

/** One audit as a matcher asks for it. */
export interface MatcherAudit {
  /** The matcher's name, which stands where messages name a config. */
  readonly matcher: string;
  /** The plugin's id. */
  readonly audit: string;
  /** As the test gave it; null: one by its id. */
  readonly plugin: Plugin | null;
  readonly options: JsonObject;
  readonly data: MatcherData;
  /** As a policy is written. */
  readonly policy: JsonObject;
  readonly seed: number | string;
  /** Modules with plugins of others. */
  readonly plugins: readonly string[];
  /** Where run folders and counterexamples go: an absolute path. */
  readonly out: string;
}

export interface MatcherData {
  readonly test?: Samples | FileSamples | undefined;
  readonly train?: Samples | FileSamples | undefined;
  readonly table?: FileTable | undefined;
  readonly population?: PopulationConfig | undefined;
}

/** What a matcher needs to know of a finding. */
export type Judgement = Pick<Finding, 'audit' | 'claim' | 'reasons' | 'measures' | 'signs' | 'details' | 'status'>;

export interface Audited {
  readonly finding: Judgement;
  /** Where the counterexamples lie. */
  readonly folder: string;
}
