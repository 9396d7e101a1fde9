import type { Digest } from '#base/digest';
import type { JsonObject } from '#base/json';
import type { BaselineText, LoadedConfig, LoadedPolicy } from '#config/loaded';
import type { Position } from '#config/place';
import type { TargetConfig } from '#config/schema';
import type { StoredSamples } from '#data/streams/stored-samples';
import type { StoredTable } from '#data/stored-table';
import type { Device, DeviceChoice } from '#engine/index';
import type { Cost, DataNeed, Reporter, TargetFacts } from '#plugin/plugin';
import type { Registry } from '#plugin/registry';
import type { DataCard, Report, TargetCard, Timings } from '#report/report';
import type { TargetModel } from '#target/formats/prepare';
import type { Answered } from '#target/black-box/open';
import type { ExitCode } from './exit-codes.js';
import type { NamedFiles } from './named-files.js';
import type { Tensor } from '#base/tensor';

/** One thing to run: target x plugin x options x data x seed. `id` is the digest of all that decides its evidence. */
export interface Cell {
  readonly id: Digest;
  /** The plugin's id. */
  readonly audit: string;
  /** Complete: every default filled in. */
  readonly options: JsonObject;
  readonly data: readonly DataNeed[];
  readonly cost: Cost;
  /** Where the config asks for it; null where it is code. Decides no evidence. */
  readonly place: Position | null;
  /**
   * `run`, or a verdict that is known before: `not-applicable` (the kind of target or head rules the plugin out),
   * `inconclusive` (a capability or data is missing; the sentence says what would enable it) or `not-run` (left out by
   * the caller).
   */
  readonly fate:
    | { readonly kind: 'run' }
    | { readonly kind: 'not-applicable' | 'inconclusive' | 'not-run'; readonly because: string };
}

/** What runs, written to `plan.json` before anything does. Holds no path of this machine outside `config`. */
export interface Plan {
  readonly cells: readonly Cell[];
  readonly target: TargetCard | null;
  readonly data: readonly DataCard[];
  readonly seed: number | string;
  readonly digest: Digest;
  /** Rows that the run asks an endpoint or module for; absent for other targets. */
  readonly queries?: PlannedQueries;
}

export interface PlannedQueries {
  /** By the cells that run, the planning and the checks around them: an upper bound. */
  readonly atMost: number;
  /** `target.budget`; null where there is none. */
  readonly budget: number | null;
}

/** What the pipeline tells whoever listens; a listener that throws never ends a run. */
export type RunEvent =
  | {
      readonly kind: 'run-started';
      readonly folder: string;
      readonly plan: Plan;
      readonly resumed: boolean;
      /** What the kept inputs take on disk at most. */
      readonly evidenceBytes?: number;
    }
  | { readonly kind: 'cell-started'; readonly cell: Cell; readonly position: number }
  | { readonly kind: 'cell-progress'; readonly cell: Cell; readonly done: number; readonly total: number }
  | { readonly kind: 'cell-finished'; readonly cell: Cell; readonly outcome: CellOutcome; readonly seconds: number }
  | { readonly kind: 'report-written'; readonly files: readonly string[] }
  /** A reporter or listener failed; the run goes on and ends with exit code 2 at best. */
  | { readonly kind: 'warning'; readonly sentence: string };

/** How the run of a cell ended: evidence on disk, or the sentence that says why there is none. */
export type CellOutcome =
  | { readonly kind: 'evidence'; readonly digest: Digest }
  /** `inconclusive`: the query budget ended before the audit did. */
  | { readonly kind: 'error' | 'inconclusive'; readonly sentence: string };

export interface PlanOptions {
  /** Only these plugin ids. */
  readonly only?: readonly string[];
  /** Overrides `sample` of the test data. */
  readonly sample?: number;
  readonly seed?: number | string;
  /** Overrides `device`. */
  readonly device?: DeviceChoice;
  /** The run to go on with, whose device it keeps where the config says `auto`; as in {@link RunOptions}. */
  readonly resume?: RunOptions['resume'];
  /** What reports give as the command that repeats the run, whole. Default: that of `assay audit`. */
  readonly command?: string;
  readonly signal?: AbortSignal;
}

/** What a run reads, read once: what workers get, as values or files without a name and never as paths. */
export interface RunInputs {
  readonly target: TargetInput | null;
  readonly test: StoredSamples | null;
  readonly train: StoredSamples | null;
  readonly table: StoredTable | null;
  readonly population: StoredTable | null;
}

/** A target as its files and the config have it. */
export interface TargetFiles {
  readonly config: TargetConfig;
  readonly model: TargetModel;
  readonly facts: TargetFacts;
  readonly labels: readonly string[] | null;
  /** A few real samples, the same for every cell. */
  readonly probe: Tensor;
}

/** All that opens a target in a worker. */
export interface TargetInput extends TargetFiles {
  /** One that works. */
  readonly device: Device;
  /** What an endpoint or module answered when the run was planned; absent before that. */
  readonly answered?: Answered;
}

export interface PlannedRun {
  readonly plan: Plan;
  readonly loaded: LoadedConfig;
  readonly registry: Registry;
  readonly inputs: RunInputs;
  readonly options: PlanOptions;
  /** By cell: the files that its options name; absent where none do. */
  readonly files?: ReadonlyMap<Digest, NamedFiles>;
  /** What planning asked an endpoint or module for; absent for other targets. */
  readonly asked?: Asked;
}

export interface Asked {
  readonly rows: number;
  /** The run folder in which it is counted already. */
  readonly countedIn: string | null;
}

export interface RunOptions {
  /** `false`, `latest` (the newest unfinished run of this plan) or a run folder. */
  readonly resume: false | 'latest' | string;
  /** The run folder itself: made, or gone on with where it holds a run of this plan already. Default: one below `out`. */
  readonly folder?: string;
  readonly signal: AbortSignal;
  readonly on: (event: RunEvent) => void;
  /** Projections of the report to write beside `report.json`. */
  readonly reporters: readonly Reporter[];
  /** The day by which waivers expire, YYYY-MM-DD; default: today, UTC. A resumed run keeps the day of its start. */
  readonly today?: string;
}

export interface RunResult {
  readonly folder: string;
  readonly report: Report;
  readonly timings: Timings;
  readonly exitCode: ExitCode;
  readonly files: readonly string[];
}

export interface GateOptions {
  /** Another policy than the one that the run was judged by. */
  readonly policy?: LoadedPolicy;
  /** Another baseline than the one that the run was compared with. */
  readonly baseline?: BaselineText;
  /** Another day than the run's first, YYYY-MM-DD. */
  readonly today?: string;
}
