import type { Tensor } from '#base/tensor';
import type { Detail } from '#report/details';
import type { RandomStreams, Rng } from '#stats/random';
import type { SampleSource } from '#target/sample-source';
import type { Target } from '#target/target';
import type { Explainer } from './explainer.js';
import type { ModelExplainer } from './model-explainer.js';

/** What the built-in folders bring to `assay explain`. */
export interface ExplainingKit {
  /** In the order in which a page shows them. */
  readonly explainers: readonly Explainer[];
  readonly removal: (request: RemovalRequest) => Promise<Removal>;
  /** A whole model in a few pictures; none where nothing can be said of its kind. */
  readonly model: (context: ModelContext) => Promise<readonly Detail[]>;
  /** What a model as a whole is asked besides, where a config says so. */
  readonly ofModel: readonly ModelExplainer[];
}

export interface ModelContext {
  readonly target: Target;
  /** Real inputs with their truth. */
  readonly background: SampleSource;
  readonly random: RandomStreams;
  /** Done and total, in any unit. */
  progress(done: number, total: number): void;
}

/** Attributions of one score of one sample, held against what the target does when features are taken away. */
export interface RemovalRequest {
  readonly target: Target;
  /** [1, ...shape] */
  readonly sample: Tensor;
  readonly score: number;
  /** What stands in the place of what is taken away, in the shape of the sample. */
  readonly baseline: Float32Array;
  /** The feature of each value of the sample; -1: none. */
  readonly of: Int32Array;
  readonly features: number;
  readonly attributions: readonly { readonly id: string; readonly values: Float64Array }[];
  /** How many random orders they are compared with. */
  readonly orders: number;
  readonly random: Rng;
  progress(done: number, total: number): void;
}

/** Deletion and insertion by several attributions, and by random orders. All scores are those that are explained. */
export interface Removal {
  /** How many features, ascending from 0 to all. */
  readonly counts: readonly number[];
  readonly orders: number;
  readonly random: { readonly deletion: RandomBand; readonly insertion: RandomBand };
  readonly explained: readonly {
    readonly id: string;
    readonly deletion: RemovalCurve;
    readonly insertion: RemovalCurve;
  }[];
}

/** At each count. */
export interface RandomBand {
  readonly mean: readonly number[];
  /** 2.5 % and 97.5 % of the random orders. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export interface RemovalCurve {
  readonly scores: readonly number[];
  /** The area under the curve divided by the number of features: the mean score on the way. */
  readonly mean: number;
  /** Random orders that this one beats: whose mean is higher in deletion, lower in insertion. */
  readonly beats: number;
}
