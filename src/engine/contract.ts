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
