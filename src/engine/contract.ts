import type { Tensor } from '#base/tensor';
import type { TrainingOptions } from './training/options.js';

export type * from './training/options.js';

/** The files of a model by name, read once and hashed; nothing below `target` sees a path. */
export interface ModelBytes {
  /** The name of the file to start from, a key of `files`. */
  readonly main: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/**
 * What a model takes: one tensor, [n, ...sample], or several by the names of its inputs, all with the same n. Integers, such
 * as tokens and masks, are given as whole numbers.
 */
export type EngineInputs = Tensor | ReadonlyMap<string, Tensor>;

/** The scale on which a model's raw outputs are. */
export type OutputScale = 'logits' | 'probabilities' | 'values';

/**
 * A loss of each sample, compiled into the gradient graph. `labels` is [n, width], as the head has them; `targets` are
 * [n] indices of scores.
 *
 * - `cross-entropy`: softmax cross-entropy for classes, sigmoid cross-entropy for binary, its sum over labels for
 *   multi-label, squared error (summed over outputs) for regression: the loss that each head is trained with
 * - `margin`: minus the margin of the head (Carlini & Wagner 2017, f_6 without kappa); maximal when the adversary wins
 * - `dlr`: difference of logits ratio (Croce & Hein 2020, eq. 6); classes, three at least
 * - `targeted-dlr`: the same towards a class (eq. 7); classes, four at least
 * - `score`: the score with the given index, for attributions
 * - `score-difference`: the score of the target minus that of the label, both indices
 * - `divergence`: KL(p || q) of given probabilities [n, width] and the model's (TRADES, Zhang et al. 2019); for binary and
 *   multi-label heads the sum over labels; not for regression
 * - `squared-error`: of the scores against given values [n, width], summed
 * - `weighted-scores`: the scores times given weights [n, width], summed: its gradient is a vector-Jacobian product, by which
 *   any loss can be descended whose derivative by the scores is known
 * - `weighted-sum`: of any of these, with one weight a term or one a sample and term
 */
export type LossSpec =
  | { readonly kind: LabelLossKind; readonly labels: Float64Array }
  | {
      readonly kind: 'targeted-dlr' | 'score-difference';
      readonly labels: Float64Array;
      readonly targets: Float64Array;
    }
  | { readonly kind: 'divergence'; readonly probabilities: Float64Array }
  | { readonly kind: 'squared-error'; readonly values: Float64Array }
  | { readonly kind: 'weighted-scores'; readonly values: Float64Array }
  | { readonly kind: 'weighted-sum'; readonly terms: readonly WeightedLoss[] };

/** Losses that need nothing but labels. */
export type LabelLossKind = 'cross-entropy' | 'margin' | 'dlr' | 'score';

export interface WeightedLoss {
  readonly weight: number | Float64Array;
  readonly loss: LossSpec;
}

export type LossKind = LossSpec['kind'];

/**
 * Where graphs are executed. Scores and gradients of two devices agree within 1e-4 of the largest value, not bit by bit.
 *
 * - `cpu`: from the npm package, everywhere
 * - `webgpu`: any GPU with a Vulkan, Metal or Direct3D 12 driver, from the npm package
 * - `cuda`: NVIDIA GPUs, with ONNX Runtime's CUDA provider
 */
export type Device = 'cpu' | 'webgpu' | 'cuda';

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
  /** At `facts.gradientAt`, [n, ...]; of the inputs in the user's units. */
  readonly gradient: Tensor;
}

export interface EngineJacobian {
  readonly scores: Tensor;
  /** [n, rows, ...] */
  readonly rows: Tensor;
}

export interface LayerGradient extends EngineGradient {
  /** What the layer gives, [n, ...layer.shape]; `gradient` is taken there and has the same shape. */
  readonly activation: Tensor;
}

/**
 * A way back from a score to the input that is not its gradient.
 *
 * - `guided-backpropagation`: at each ReLU what is positive, where its input was (Springenberg et al. 2015, arXiv:1412.6806)
 * - `deconvolution`: at each ReLU what is positive, whatever its input was (Zeiler & Fergus 2014, arXiv:1311.2901)
 * - `deep-lift`: contributions against a baseline by the rescale rule (Shrikumar et al. 2017, arXiv:1704.02685)
 * - `lrp`: layer-wise relevance propagation (Bach et al. 2015; Montavon et al. 2019)
 * - `path`: on the straight way from a baseline, the gradient times sample minus baseline, whose mean over the way is integrated gradients
 *   (Sundararajan et al. 2017, arXiv:1703.01365); of tokens the way is that between their embeddings. `scores` are those of the point.
 */
export type Propagation =
  | { readonly kind: 'guided-backpropagation' | 'deconvolution' }
  /** One baseline a sample, in the shape and units of the inputs. */
  | { readonly kind: 'deep-lift'; readonly baselines: Tensor }
  /** Likewise, and one share a sample: 0 is the baseline, 1 the sample. What reads tokens beside their embedding, such as a mask, reads the sample's. */
  | { readonly kind: 'path'; readonly baselines: Tensor; readonly shares: Float64Array }
  | { readonly kind: 'lrp'; readonly composite: LrpComposite };

/** Which rule holds at which layer with weights: the first entry that names it. */
export type LrpComposite = readonly {
  /** `first`: those that the input reaches without passing another; or layers by their names. */
  readonly at: 'first' | 'convolution' | 'dense' | 'any' | readonly string[];
  readonly rule: LrpRule;
}[];

/** How the relevance of an output of a layer is shared by its inputs (Montavon et al. 2019, table 10.1, and Zennit's words). */
export type LrpRule =
  | { readonly kind: 'epsilon'; readonly epsilon: number }
  | { readonly kind: 'gamma'; readonly gamma: number }
  | { readonly kind: 'z-plus' }
  /** alpha - beta = 1 */
  | { readonly kind: 'alpha-beta'; readonly alpha: number; readonly beta: number }
  /** For the first layer: the bounds of its input, in the units of the data. */
  | { readonly kind: 'z-b'; readonly low: number; readonly high: number }
  | { readonly kind: 'w-squared' | 'flat' }
  /** For a dense layer that gives as many values as it takes: each takes what stands in its place. */
  | { readonly kind: 'identity' };

export interface EngineRelevance {
  readonly scores: Tensor;
  /** At `facts.gradientAt`, [n, ...]. Relevance and contributions; of guided backpropagation and deconvolution the signal itself. */
  readonly relevance: Tensor;
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
  /** The input under attack. Left out: the only one of real numbers, or the one whose tokens are embedded. */
  readonly input?: string;
  readonly normalization: Normalization;
  /**
   * The name of a value in the file, with the shape of the input, where a preprocessor ends that has no gradient of use:
   * gradients there are taken for those of the input. Scores stay the same.
   */
  readonly straightThrough?: string;
  /** A few real inputs, in the user's units: shapes are traced, the output scale is told and rewrites are proved on them. */
  readonly probe: EngineInputs;
  readonly resources: Resources;
  /** The CPU when it is left out. What has no kernel there runs on the CPU. */
  readonly device?: Device;
}

/** Where gradients are taken, and the shape that one sample has there. */
export interface GradientPlace {
  readonly kind: 'input' | 'embedding';
  /** The name of the input, or of the value that the embedding gives for tokens. */
  readonly value: string;
  readonly shape: readonly number[];
}

/** A named place in a model, as Grad-CAM and concept vectors take it. */
export interface Layer {
  /** As the exporter's module had it where the file tells, such as `layer1.0.conv1`; unique. */
  readonly name: string;
  readonly operator: string;
  /** The value that it gives. */
  readonly value: string;
  /** The shape of one sample. */
  readonly shape: readonly number[];
}

/** A node of a model, by its name or by what it gives where it has none. */
export interface NodeFact {
  readonly node: string;
  readonly operator: string;
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
  /** Null when there are no gradients. */
  readonly gradientAt: GradientPlace | null;
  /**
   * Nodes on the way from the input to the scores at which gradients end: steps such as Round or a comparison, whose
   * derivative is 0 wherever there is one. Those within the preprocessor of `straightThrough` are left out. None where the
   * engine sees no graph.
   */
  readonly blocked: readonly NodeFact[];
  /** Nodes that draw random numbers; none where the engine sees no graph. */
  readonly random: readonly NodeFact[];
  /** Rewrites, fallbacks and slower paths, one sentence each. */
  readonly notes: readonly string[];
}

/** A model that an engine has opened. Raw probabilities are given as logits; the model is never changed in place. */
export interface EngineModel {
  readonly facts: ModelFacts;
  /** In the order in which they run. */
  layers(): Promise<readonly Layer[]>;
  /** [n, ...sample] in the user's units -> [n, scoreWidth], by the file's own graph: independent of `gradient`. */
  scores(inputs: EngineInputs): Promise<Tensor>;
  /** One execution a batch of a graph with the loss and its gradient compiled in. */
  gradient(inputs: EngineInputs, loss: LossSpec): Promise<EngineGradient>;
  /**
   * Rows of the Jacobian of the scores, several in one execution that shares the forward pass.
   *
   * @param indices of the scores that are asked for, [n, rows]: each sample may ask for others
   */
  jacobian(inputs: EngineInputs, indices: Float64Array): Promise<EngineJacobian>;
  /** @throws AssayError `usage` when there is no layer of that name */
  atLayer(inputs: EngineInputs, loss: LossSpec, layer: string): Promise<LayerGradient>;
  /**
   * Goes back from one score of each sample by other rules than those of derivatives.
   *
   * @param scores the index of the score of each sample, [n]
   * @throws AssayError `operator` naming the first node on the way for which the rules say nothing
   */
  propagate(inputs: EngineInputs, scores: Float64Array, propagation: Propagation): Promise<EngineRelevance>;
  trainer(options: TrainingOptions): Promise<EngineTrainer>;
  /**
   * The same model in threads of its own, one each: work on different samples keeps all of them busy at once. They give what the
   * model itself gives, and are disposed of with it. None where nothing would be gained.
   */
  readonly copies: readonly EngineModel[];
  dispose(): Promise<void>;
}

/** A weight, by the name of the constant in the file. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly frozen: boolean;
}

export interface DescentStep {
  /** The mean loss of the batch before the step. */
  readonly loss: number;
  /** The L2 norm of the gradient of that mean by all weights that move, together. */
  readonly gradientNorm: number;
}

/** A copy of a model whose weights move. The file that it came from stays as it is. */
export interface EngineTrainer {
  readonly parameters: readonly Parameter[];
  /** One descent step on the mean loss of the batch. */
  step(inputs: EngineInputs, loss: LossSpec): Promise<DescentStep>;
  /** What the next step will see of these inputs, [n, width]: statistics of the batch, dropout of that step. Moves nothing. */
  trainingScores(inputs: EngineInputs): Promise<Tensor>;
  /** Moves the running statistics of batch normalizations by those of the batch, as a step does, and nothing else. */
  observe(inputs: EngineInputs): Promise<void>;
  /**
   * Adds to weights, beside the optimizer and its count of steps.
   *
   * @param changes by the names of weights, in their shapes
   * @throws AssayError `usage` for a weight that there is not, or that is frozen
   */
  shift(changes: ReadonlyMap<string, Tensor>): void;
  /** The gradient of the mean loss of the batch by each weight that is not frozen, in training mode; moves nothing. */
  weightGradients(inputs: EngineInputs, loss: LossSpec): Promise<ReadonlyMap<string, Tensor>>;
  /** Scores, losses and input gradient at the present weights, as at inference: running statistics, no dropout. */
  inputGradient(inputs: EngineInputs, loss: LossSpec): Promise<EngineGradient>;
  /** Weights, moments, running statistics and the step: all that a trainer needs to go on where another stopped. Copies. */
  state(): TrainingState;
  restore(state: TrainingState): void;
  /** The file with its present weights and running statistics. */
  file(): Uint8Array;
  dispose(): Promise<void>;
}

export type TrainingState = Readonly<Record<string, Float32Array>>;
