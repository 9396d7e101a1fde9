import type { JsonObject } from '#base/json';
import type { ConfiguredPlugin } from '#plugin/plugin';
import type { Finding } from '#report/report';

/** One audit as a matcher asks for it. */
export interface MatcherAudit {
  readonly configured: ConfiguredPlugin;
  readonly thresholds: JsonObject;
  readonly minimumSamples: number;
  readonly seed: number | string;
  /** Where run folders and counterexamples go: an absolute path. */
  readonly out: string;
}

/** What a matcher needs to know of a finding. */
export type Judgement = Pick<Finding, 'claim' | 'reasons' | 'measures' | 'signs' | 'details' | 'status'>;

export interface Audited {
  readonly finding: Judgement;
  /** Where the counterexamples lie. */
  readonly folder: string;
}
