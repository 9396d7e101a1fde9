import type { Static, TObject } from '@sinclair/typebox';
import type { Json, JsonObject } from '#base/json';
import type { TableSource } from '#data/table';
import type { Detail, MapSummary, Picture } from '#report/details';
import type { Area, Language, Measure, Report, Severity, Sign, Timings, Translation } from '#report/report';
import type { RandomStreams } from '#stats/random';
import type { SampleSource } from '#target/sample-source';
import type { Capability, Target } from '#target/target';
import type { Domain } from '#target/domain';
import type { Head } from '#target/head';

export type PluginKind = 'attack' | 'defense' | 'probe';

/** What a plugin reads besides the target. */
export const DATA_NEEDS = ['test', 'train', 'table', 'population'] as const;

export type DataNeed = (typeof DATA_NEEDS)[number];

/** What is known of a target before anything runs. */
export interface TargetFacts {
  readonly domain: Domain;
  readonly head: Head;
  /** The names of the groups that the training data say; absent where there are no training data. */
  readonly trainGroups?: readonly string[];
}

/** What a plugin's judge is given: its thresholds, and the rules that hold for all. */
export interface JudgePolicy<Thresholds> {
  readonly thresholds: Thresholds;
  /** `policy file`, `preset baseline` or `matcher`. */
  readonly setBy: string;
  readonly minimumSamples: number;
}

export type VerdictStatus = 'pass' | 'fail' | 'inconclusive' | 'not-applicable' | 'error';

export interface Verdict {
  readonly status: VerdictStatus;
  /** One sentence with claim, number and bar. */
  readonly claim: string;
  readonly reasons: readonly string[];
  readonly measures: readonly Measure[];
  readonly signs: readonly Sign[];
}

/** An input that the plugin changed, with what the target said before and after. */
export interface Example {
  /** Index in the data set. */
  readonly sample: number;
  readonly epsilon: number;
  readonly norm: { readonly kind: string; readonly value: number };
  readonly label: readonly number[];
  readonly scoresBefore: readonly number[];
  readonly scoresAfter: readonly number[];
  readonly original: Float32Array;
  readonly changed: Float32Array;
}

/** A map over one input, such as an attribution. */
export interface InputMap {
  readonly sample: number;
  readonly caption: string;
  readonly input: Float32Array;
  readonly map: Float32Array;
}

/** A file that the plugin made, such as a hardened model. */
export interface Artifact {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a cell produced: numbers per sample, arrays, images; never an opinion. */
export interface Evidence<Data = Json> {
  readonly data: Data;
  readonly examples?: readonly Example[];
  readonly maps?: readonly InputMap[];
  readonly artifacts?: readonly Artifact[];
}

/** Where the pictures of a cell's examples and maps lie once they were written. */
export interface Pictures {
  readonly examples: readonly ExamplePictures[];
  readonly maps: readonly MapPictures[];
  /** The absolute value that full colour stands for in the maps. */
  readonly mapScale: number;
}

export interface ExamplePictures {
  readonly sample: number;
  readonly epsilon: number;
  readonly norm: { readonly kind: string; readonly value: number };
  readonly why: string;
  readonly truth: string;
  readonly before: { readonly label: string; readonly probability: number | null };
  readonly after: { readonly label: string; readonly probability: number | null };
  readonly amplification: number;
  readonly original: Picture | null;
  readonly perturbation: Picture | null;
  readonly adversarial: Picture | null;
}

export interface MapPictures {
  readonly sample: number;
  readonly caption: string;
  readonly input: Picture | null;
  readonly map: Picture | null;
  /** Null or absent where no map was drawn. */
  readonly summary?: MapSummary | null;
}

export interface RunContext<Options> {
  readonly options: Options;
  /** Null only for plugins that need no capability of a target. */
  readonly target: Target | null;
  /** The drawn slice of the data that the plugin reads, chunk by chunk; empty for plugins that read none. */
  readonly test: SampleSource;
  readonly train: SampleSource | null;
  /** Walked over in batches of rows: it may be larger than the memory. */
  readonly table: TableSource | null;
  /** The people that the table is a sample of; its columns have no roles of their own. */
  readonly population: TableSource | null;
  /** A file that the options name, of those that {@link Plugin.files} gives. */
  readonly readFile: (path: string) => Promise<NamedText>;
  /** Keyed by the run's seed and the plugin's id. */
  readonly random: RandomStreams;
  /** How many inputs a cell keeps. */
  readonly keep: number;
  /**
   * A checkpoint: computes the value, writes it down and gives it back; after a resume it gives back what was
   * written. `name` is unique within the cell. Plugins put at most 256 samples, or a minute, into one step.
   */
  step<T extends StepValue>(name: string, compute: () => Promise<T>): Promise<T>;
  /**
   * A checkpoint that is written again and again, for work that goes on from its latest state. `name` is unique within the
   * cell, and no step's.
   */
  bookmark<T extends StepValue>(name: string): Bookmark<T>;
  /** Done and total, in any unit that the plugin likes. */
  progress(done: number, total: number): void;
}

/** A text file that options name. */
export interface NamedText {
  /** Without its folder. */
  readonly name: string;
  readonly text: string;
  readonly sha256: string;
}

export interface Bookmark<T extends StepValue> {
  /** What was kept last, by this run or the one that it goes on with; null when nothing was. */
  recall(): Promise<T | null>;
  /** Replaces it; on the disk when this resolves. */
  keep(value: T): Promise<void>;
}

/** What a checkpoint can hold: JSON, and typed arrays by name. */
export interface StepValue {
  readonly json: Json;
  readonly arrays: Readonly<Record<string, Float32Array | Float64Array | Int32Array | Uint8Array>>;
}

/** Data about a plugin: everything that does not run. */
export interface PluginFacts {
  /** Kebab case, its path below the top folder: `evasion/pgd`. Others' plugins begin with their package's name. */
  readonly id: string;
  readonly kind: PluginKind;
  readonly area: Area;
  /** What is true when it passes, and what is true when it fails. */
  readonly title: string;
  readonly failureTitle: string;
  readonly description: string;
  readonly sources: readonly string[];
  /** How bad a failure is. */
  readonly severity: Severity;
  /** Clause ids by framework: evidence toward them, never compliance. */
  readonly frameworks: Readonly<Record<string, readonly string[]>>;
  readonly needs: readonly Capability[];
  readonly data: readonly DataNeed[];
  /** What to do about a failure: two lines, concrete. */
  readonly advice: string;
  /** What an adversary of this kind knows and may do; null for probes and defenses. */
  readonly threat: string | null;
  /** The same texts in other languages. A page in a language that is missing here shows the English ones, marked. */
  readonly texts?: Readonly<Partial<Record<Translation, PluginTexts>>>;
}

/** What a reader sees of a plugin whatever it measured. */
export type PluginTexts = Pick<PluginFacts, 'title' | 'failureTitle' | 'description' | 'advice' | 'threat'>;

/** What a plugin found for each sample, by which two runs on the same samples are compared. */
export interface SampleOutcomes {
  /** Unique within the cell, and the same whatever the policy is: `robust-accuracy@0.1`. */
  readonly id: string;
  /** As measures are labelled: `Robust accuracy at Linf epsilon 0.1`. */
  readonly label: string;
  /** In the data set. */
  readonly indices: readonly number[];
  /** One character a sample: `1` where the target did what the plugin's title says, `0` where not. */
  readonly bits: string;
}

/** An attack, a defense or a probe: one plain object. */
export interface Plugin<
  Options extends TObject = TObject,
  Policy extends TObject = TObject,
  Data = unknown,
> extends PluginFacts {
  /** Every option with its default, unit and range. */
  readonly options: Options;
  /** The thresholds that a policy may set. */
  readonly policy: Policy;
  /** Thresholds where the policy file sets none. */
  readonly presets: Readonly<Record<PolicyPreset, Static<Policy>>>;
  /** Options that hold under a preset of the policy where the config sets none, such as more thorough checks. */
  readonly optionsUnder?: Readonly<Partial<Record<PolicyPreset, JsonObject>>>;
  /** Checks that a schema cannot express, such as one option's bound by another. Throws an AssayError. */
  checkOptions?(options: Static<Options>): void;
  /**
   * Paths of files that the options name, relative to the config. They are read once, when the run is planned; what they hold decides a cell
   * as its options do.
   */
  files?(options: Static<Options>): readonly string[];
  /** Null when the plugin fits this kind of target, otherwise the sentence that says why it cannot. */
  appliesTo?(facts: TargetFacts, options: Static<Options>): string | null;
  /** Rows through the target, for the cost estimate of a plan. */
  cost(samples: number, options: Static<Options>): Cost;
  run(context: RunContext<Static<Options>>): Promise<Evidence<Data>>;
  /** Pure: the same evidence and policy give the same verdict. */
  judge(data: Data, policy: JudgePolicy<Static<Policy>>): Verdict;
  /** Pure: what was found for each sample, one bit each. Without it the plugin is not compared with a baseline. */
  outcomes?(data: Data): readonly SampleOutcomes[];
  /** Pure: how the evidence is shown. */
  details(data: Data, verdict: Verdict, pictures: Pictures): readonly Detail[];
}

/** Rows through the target, before early stops. */
export interface Cost {
  readonly predictions: number;
  readonly gradients: number;
}

export type PolicyPreset = 'baseline' | 'strict' | 'high-risk';

/** A plugin with options chosen: what configs, matchers and ensembles take. */
export interface ConfiguredPlugin {
  readonly plugin: Plugin;
  readonly options: JsonObject;
}

/** What a reporter gets: the report, its timings, and the run folder's files. */
export interface ReportInput {
  readonly report: Report;
  readonly timings: Timings;
  /** Reads a file of the run folder, such as a picture; null where it is not there. */
  readonly readFile: (path: string) => Uint8Array | null;
  /** Of the reporter's own words. */
  readonly language: Language;
}

export interface Reporter {
  readonly id: string;
  /** The name of the file below the run folder. */
  readonly file: string;
  /** In one sentence what it is and who reads it. */
  readonly description: string;
  render(input: ReportInput): string | Promise<string>;
}
