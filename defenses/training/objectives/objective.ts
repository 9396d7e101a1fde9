import type { Tensor } from '#base/tensor';
import type { OutputHead } from '#engine/index';

/** What the model says of a batch of clean inputs and of the same inputs perturbed, and the truth. */
export interface PairedScores {
  readonly head: OutputHead;
  /** [n, width], as the head has them: hard labels. */
  readonly labels: Float64Array;
  /** [n, scores]: the probabilities that are learned; one for the label where nothing was smoothed or mixed. */
  readonly targets: Float64Array;
  /** Raw scores, [n, scores]. */
  readonly clean: Tensor;
  readonly perturbed: Tensor;
}

/** A loss of each pair, and its derivative by both scores. */
export interface PairedLoss {
  /** [n] */
  readonly value: Float64Array;
  /** [n, scores], of the pair's own loss. */
  readonly byClean: Float64Array;
  readonly byPerturbed: Float64Array;
}

/** In double precision, with the derivative in closed form. */
export type PairedObjective = (scores: PairedScores) => PairedLoss;
