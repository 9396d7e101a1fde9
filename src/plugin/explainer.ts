import type { Static, TObject } from '@sinclair/typebox';
import type { Detail } from '#report/details';
import type { RandomStreams } from '#stats/random';
import type { SampleSource } from '#target/sample-source';
import type { Capability, Samples, Target } from '#target/target';
import type { TargetFacts } from './plugin.js';

/** What an explainer is given: one sample, and one of its scores. */
export interface ExplainContext<Options> {
  readonly options: Options;
  readonly target: Target;
  /** One sample, [1, ...shape]. */
  readonly sample: Samples;
  /** The score that is explained, an index. */
  readonly score: number;
  /** Of a text: what each token reads. Null for other inputs. */
  readonly tokens: readonly string[] | null;
  /** Real inputs beside the sample: of the training data where a config names them, else of the test data. */
  readonly background: SampleSource;
  /** Keyed by the run's seed and the explainer's id; the sample's stream is that of its index in its data set. */
  readonly random: RandomStreams;
  /** Done and total, in any unit. */
  progress(done: number, total: number): void;
}

/** A partition of the values of an input: what is explained, or switched off, together. */
export interface Features {
  readonly names: readonly string[];
  /** The feature of each value of the input; -1: none, such as padding. */
  readonly of: Int32Array;
}

/** What one score owes to each feature of one sample. */
export interface Attribution {
  /** One a feature. */
  readonly values: Float64Array;
  /** Of methods that draw samples. */
  readonly standardErrors?: Float64Array;
  /** Absent: each value of the input (each token of a text) is a feature of its own. */
  readonly features?: Features;
  /** What the values add up to, by the method's axiom, and how far they are from it. Absent where nothing is promised. */
  readonly completeness?: { readonly difference: number; readonly residual: number };
}

export interface Explained {
  /** Null for explanations of another kind, such as rules and counterfactuals. */
  readonly attribution: Attribution | null;
  /** Whatever else there is to see. */
  readonly details: readonly Detail[];
  /** One sentence each: what was found, and what it does not mean. */
  readonly statements: readonly string[];
}

/** A way to explain one decision: one plain object. */
export interface Explainer<Options extends TObject = TObject> {
  /** Kebab case: `integrated-gradients`. */
  readonly id: string;
  readonly title: string;
  /** What it answers, in one or two sentences, with the variant where libraries differ. */
  readonly description: string;
  readonly sources: readonly string[];
  readonly needs: readonly Capability[];
  /** `control`: known not to depend on what the model has learned; it stands there to be distrusted. */
  readonly role: 'explanation' | 'control';
  /** Every option with its default, unit and range. */
  readonly options: Options;
  /** Null when it fits this kind of target, otherwise the sentence that says why it cannot. */
  appliesTo(facts: TargetFacts): string | null;
  explain(context: ExplainContext<Static<Options>>): Promise<Explained>;
}

/** Gives a plain object its type; options are those of its schema. */
export function defineExplainer<Options extends TObject>(explainer: Explainer<Options>): Explainer<Options> {
  return explainer;
}
