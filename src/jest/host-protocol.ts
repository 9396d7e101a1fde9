import type { AssayErrorCode } from '#base/errors';
import type { Json } from '#base/json';
import type { Finding } from '#report/report';

/** What the host is asked, and what it answers: plain JSON, since the two share no context. */
export interface HostWork {
  readonly audit: { readonly request: AuditRequest; readonly answer: AuditAnswer };
  readonly list: { readonly request: ListRequest; readonly answer: TestList };
  readonly run: { readonly request: RunRequest; readonly answer: RunAnswer };
}

export type HostRequest = HostWork[keyof HostWork]['request'];

/** One audit of one matcher. */
export interface AuditRequest {
  readonly kind: 'audit';
  readonly cwd: string;
  /** Stands where messages name the config. */
  readonly matcher: string;
  readonly config: Json;
  readonly policy: Json;
}

export interface AuditAnswer {
  readonly findings: readonly Finding[];
  readonly folder: string;
}

/** Names the tests of a config, without opening its model. */
export interface ListRequest {
  readonly kind: 'list';
  readonly cwd: string;
  /** The path of a config, or a config. */
  readonly config: Json;
}

export interface TestList {
  /** One for each finding that a run of the config has, in their order. */
  readonly tests: readonly ListedTest[];
}

export interface ListedTest {
  /** Unique, and the same as long as the config is. */
  readonly name: string;
  readonly audit: string;
  /** Complete; null where the finding is of no cell of the config. */
  readonly options: Json | null;
}

/** Runs a config as `assay audit` does. */
export interface RunRequest {
  readonly kind: 'run';
  readonly cwd: string;
  readonly config: Json;
}

export interface RunAnswer {
  readonly folder: string;
  readonly exitCode: number;
  /** What went wrong beside the verdicts. */
  readonly warnings: readonly string[];
}

export type HostAnswer<Answer = unknown> =
  | { readonly kind: 'done'; readonly answer: Answer }
  | {
      readonly kind: 'refused';
      readonly code: AssayErrorCode;
      readonly what: string;
      readonly where?: string;
      readonly mend?: string;
    }
  | { readonly kind: 'broken'; readonly message: string };
