import type { AssayErrorCode } from '#base/errors';
import type { JsonObject } from '#base/json';
import type { SamplesConfig, TargetConfig } from '#config/schema';
import type { Finding } from '#report/report';

/** What a matcher asks of the host: plain JSON, since the two share no context. */
export interface HostRequest {
  readonly cwd: string;
  readonly target: TargetConfig;
  readonly test: SamplesConfig;
  readonly audit: string;
  readonly options: JsonObject;
  /** Modules with plugins of others. */
  readonly plugins: readonly string[];
  readonly thresholds: JsonObject;
  readonly minimumSamples: number;
  readonly seed: number | string;
  readonly out: string;
}

export type HostAnswer =
  | { readonly kind: 'finding'; readonly finding: Finding; readonly folder: string }
  | {
      readonly kind: 'refused';
      readonly code: AssayErrorCode;
      readonly what: string;
      readonly where?: string;
      readonly mend?: string;
    }
  | { readonly kind: 'broken'; readonly message: string };
