import type { Digest } from '#base/digest';
import type { Tensor } from '#base/tensor';
import type {
  DescentStep,
  Layer,
  LossSpec,
  NodeFact,
  Parameter,
  Propagation,
  TrainingOptions,
  TrainingState,
} from '#engine/index';
import type { Domain } from './domain.js';
import type { Head, Labels } from './head.js';

/** What a target lets an auditor do. */
export type Capability = 'labels' | 'scores' | 'gradients' | 'layers' | 'training';

/** Rows that went through the target, counted exactly. A gradient row counts once, as a gradient. */
export interface QueryCount {
  predictions: number;
  gradients: number;
}

export interface Gradient {
  /** [n, scores]: the same scores as `predict` gives, up to rounding. */
  readonly scores: Tensor;
  /** The loss of each sample. */
  readonly loss: Float32Array;
  /** d loss_i / d x_i, in the units of the domain, in the shape of the batch; of tokens that at their embeddings, [n, length, width]. */
  readonly gradient: Tensor;
}

/** What in a model's graph makes gradients useless, or answers uncertain. */
export interface Structure {
  /** Nodes between the input and the scores at which gradients end; not those of a declared preprocessor. */
  readonly blocked: readonly NodeFact[];
  /** Nodes that draw random numbers. */
  readonly random: readonly NodeFact[];
}

/** The model under audit. Batches of any size are split as the engine needs; results do not depend on that. */
export interface Target {
  readonly name: string;
  /** Of everything that decides what the target computes: model bytes, domain and head. */
  readonly digest: Digest;
  readonly domain: Domain;
  readonly head: Head;
  /** A name for each class or label, or null. */
  readonly labels: readonly string[] | null;
  readonly capabilities: ReadonlySet<Capability>;
  /** For each capability that this kind of target could have but this one lacks: the sentence that says why. */
  readonly missing: ReadonlyMap<Capability, string>;
  readonly queries: QueryCount;
  /** What can be seen of the model's graph; absent where nothing is. */
  readonly structure?: Structure;
  /**
   * The same target in threads of its own, one each: attacks on different samples keep all of them busy at once. They count into
   * the same `queries`, and are disposed of with the target. Absent, or none, where nothing would be gained.
   */
  readonly copies?: readonly Target[];
  /** [n, ...shape] in units of the domain -> [n, scores] (see {@link Head}). */
  predict(inputs: Tensor): Promise<Tensor>;
  dispose(): Promise<void>;
}

export interface Jacobian {
  readonly scores: Tensor;
  /** [n, rows, ...shape]: d score / d x of the scores that were asked for, in the units of the domain. */
  readonly rows: Tensor;
}

export interface DifferentiableTarget extends Target {
  /** Scores, loss and gradient in one execution. */
  gradient(inputs: Tensor, loss: LossSpec): Promise<Gradient>;
  /**
   * Gradients of several scores of each sample, that share a forward pass. Each row counts as one gradient.
   *
   * @param indices of the scores that are asked for, [n, rows]: each sample may ask for others
   */
  jacobian(inputs: Tensor, indices: Float64Array): Promise<Jacobian>;
}

export interface LayerGradient extends Gradient {
  /** What the layer gives, [n, ...layer.shape]; `gradient` is taken there and has the same shape. */
  readonly activation: Tensor;
}

export interface Relevance {
  readonly scores: Tensor;
  /** In the shape of `gradient`. */
  readonly relevance: Tensor;
}

/** A target whose layers can be seen. Each row counts as one gradient. */
export interface LayeredTarget extends DifferentiableTarget {
  /** In the order in which they run. */
  layers(): Promise<readonly Layer[]>;
  /** @throws AssayError `usage` when there is no layer of that name */
  atLayer(inputs: Tensor, loss: LossSpec, layer: string): Promise<LayerGradient>;
  /**
   * Goes back from one score of each sample by other rules than those of derivatives.
   *
   * @param scores the index of the score of each sample, [n]
   * @throws AssayError `operator` naming the first node for which the rules say nothing
   */
  propagate(inputs: Tensor, scores: Float64Array, propagation: Propagation): Promise<Relevance>;
}

export interface TrainableTarget extends DifferentiableTarget {
  /** A copy of the model whose weights can be moved. */
  trainer(options: TrainingOptions): Promise<Trainer>;
}

export interface Trainer {
  readonly parameters: readonly Parameter[];
  /** One descent step on the mean loss of the batch. */
  step(inputs: Tensor, loss: LossSpec): Promise<DescentStep>;
  /** What the next step will see of these inputs, [n, scores]: statistics of the batch, dropout of that step. */
  trainingScores(inputs: Tensor): Promise<Tensor>;
  /** Moves running statistics by those of the batch, and nothing else. */
  observe(inputs: Tensor): Promise<void>;
  /** Adds to weights by their names. @throws AssayError `usage` for a weight that is not there, or is frozen */
  shift(changes: ReadonlyMap<string, Tensor>): void;
  /** Of the mean loss of the batch by each weight that is not frozen, in training mode. */
  weightGradients(inputs: Tensor, loss: LossSpec): Promise<ReadonlyMap<string, Tensor>>;
  /** Scores, losses and input gradient at the present weights, as at inference. */
  inputGradient(inputs: Tensor, loss: LossSpec): Promise<Gradient>;
  /** Weights, moments and running statistics: all that is needed to go on after an interruption. */
  state(): TrainingState;
  restore(state: TrainingState): void;
  /** The model with its present weights as a target of its own; shares nothing with the trainer. */
  target(): Promise<TrainableTarget>;
  /** The model with its present weights as a file, with its normalization and head as in the original. */
  file(): Uint8Array;
  dispose(): Promise<void>;
}

export function isDifferentiable(target: Target): target is DifferentiableTarget {
  return target.capabilities.has('gradients');
}

export function isLayered(target: Target): target is LayeredTarget {
  return target.capabilities.has('layers');
}

export function isTrainable(target: Target): target is TrainableTarget {
  return target.capabilities.has('training');
}

/** Samples with their truth and their place in the data set, which is what random streams are keyed by. */
export interface Samples {
  readonly inputs: Tensor;
  readonly labels: Labels;
  readonly indices: readonly number[];
}
