import type { Tensor } from '#base/tensor';

/** The files of a model by name, read once and hashed; nothing below `target` sees a path. */
export interface ModelBytes {
  /** The name of the file to start from, a key of `files`. */
  readonly main: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The scale on which a model's raw outputs are. */
export type OutputScale = 'logits' | 'probabilities' | 'values';

/**
 * A loss of each sample, compiled into the gradient graph. `labels` is [n, width], as the head has them.
 *
 * - `cross-entropy`: softmax cross-entropy for classes, sigmoid cross-entropy for binary, its sum over labels for
 *   multi-label, squared error (summed over outputs) for regression: the loss that each head is trained with
 * - `margin`: minus the margin of the head (Carlini & Wagner 2017, f_6 without kappa); maximal when the adversary wins
 * - `score`: the score with the given index, for attributions
 */
export type LossSpec =
  | { readonly kind: 'cross-entropy' | 'margin'; readonly labels: Float64Array }
  | { readonly kind: 'score'; readonly labels: Float64Array };

export type LossKind = LossSpec['kind'];

export interface TrainingOptions {
  readonly learningRate: number;
  /** Classical momentum: v <- momentum v + g, w <- w - learningRate v. */
  readonly momentum: number;
}

/** How an engine may use the machine. Nothing here changes a result. */
export interface Resources {
  readonly threads: number;
  /** Samples in one execution. */
  readonly batchSize: number;
}

export interface EngineGradient {
  /** Raw outputs as logits or values, [n, width]. */
  readonly scores: Tensor;
  readonly loss: Float32Array;
  readonly gradient: Tensor;
}

/** The head of a model as far as its losses depend on it. */
export type OutputHead = 'classes' | 'binary' | 'multi-label' | 'regression';

/** The model receives (x - mean) / std along one axis of a sample. One entry a position of that axis, or one for all. */
export interface Normalization {
  readonly axis: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

export interface EngineSpec {
  readonly head: OutputHead;
  /** Null: the model has one output, or it is an error that names them. */
  readonly output: string | null;
  readonly normalization: Normalization;
  /** A few real inputs, in the user's units: shapes are traced, the output scale is told and rewrites are proved on them. */
  readonly probe: Tensor;
  readonly resources: Resources;
}

export interface ModelFacts {
  readonly inputName: string;
  readonly outputName: string;
  /** Scores of one sample. */
  readonly scoreWidth: number;
  /** `dynamic`, or the fixed number of samples that the file asks for. */
  readonly batch: 'dynamic' | number;
  readonly scale: OutputScale;
  readonly opset: number;
  /** Why there are no gradients: a sentence that names the node and the operator. Null when there are. */
  readonly noGradients: string | null;
  readonly noTraining: string | null;
  /** Rewrites, fallbacks and slower paths, one sentence each. */
  readonly notes: readonly string[];
}

/** A model that an engine has opened. Raw probabilities are given as logits; the model is never changed in place. */
export interface EngineModel {
  readonly facts: ModelFacts;
  /** [n, ...sample] in the user's units -> [n, scoreWidth], by the file's own graph: independent of `gradient`. */
  scores(inputs: Tensor): Promise<Tensor>;
  /** One execution a batch of a graph with the loss and its gradient compiled in. */
  gradient(inputs: Tensor, loss: LossSpec): Promise<EngineGradient>;
  trainer(options: TrainingOptions): Promise<EngineTrainer>;
  dispose(): Promise<void>;
}

export interface EngineTrainer {
  /** One descent step on the mean `cross-entropy` loss of the batch; gives that mean before the step. */
  step(inputs: Tensor, labels: Float64Array): Promise<number>;
  /** Scores, `cross-entropy` loss and input gradient at the present weights. */
  inputGradient(inputs: Tensor, labels: Float64Array): Promise<EngineGradient>;
  /** Weights and velocities by name: all that a trainer needs to go on where another stopped. Copies. */
  state(): TrainingState;
  restore(state: TrainingState): void;
  /** The file with its present weights. */
  file(): Uint8Array;
  dispose(): Promise<void>;
}

export type TrainingState = Readonly<Record<string, Float32Array>>;
