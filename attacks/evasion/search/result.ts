import type { Tensor } from '#base/tensor';
import type { RandomStreams } from '#stats/random';
import type { Samples, Target } from '#target/target';
import type { Norm, Norms } from '../geometry/norms.js';

/**
 * How a sample ended at one epsilon.
 *
 * - `misclassified`: wrong without an adversary, so never attacked, and robust at no epsilon, zero included
 * - `broken`: an adversarial input was found at this epsilon
 * - `carried`: one was found at a smaller epsilon; it counts here too, and the sample was not attacked again
 * - `survived`: none was found
 */
export type Fate = 'misclassified' | 'broken' | 'carried' | 'survived';

/** The loss that was climbed, along the iterates of the restart that came highest. */
export interface LossTrace {
  readonly start: number;
  readonly end: number;
  readonly best: number;
  /** At each iterate, in order. */
  readonly path: readonly number[];
}

export interface SampleOutcome {
  readonly fate: Fate;
  /** The head's margin at the kept input: zero or less where the adversary won. */
  readonly margin: number;
  /** Sizes of the change from the original to the kept input, in the units of the data. */
  readonly norms: Norms;
  /** Rows of forward passes, and rows of gradients, spent on this sample at this epsilon. */
  readonly queries: number;
  readonly gradientQueries: number;
  /** Null where no gradient was followed. */
  readonly loss: LossTrace | null;
  readonly flags: {
    /** In some restart the first gradient was zero or not finite: there was nothing to follow. */
    readonly zeroGradientAtStart: boolean;
  };
  /** Of an ensemble: the member whose input is kept. */
  readonly by?: string;
}

export interface EpsilonResult {
  /** In the units of the data. */
  readonly epsilon: number;
  /** [n, ...shape]: the adversarial input, or the iterate with the least margin, or the original where none was tried. */
  readonly inputs: Tensor;
  readonly outcomes: readonly SampleOutcome[];
}

/** What an attack found: for each epsilon, ascending, and each sample. */
export interface AttackResult {
  readonly norm: Norm;
  readonly epsilons: readonly EpsilonResult[];
  /** Of minimum-norm attacks. */
  readonly closest?: ClosestInputs;
}

/** The adversarial input of each sample that is closest to the original, whatever epsilon was asked for. */
export interface ClosestInputs {
  /** [n, ...shape]: the original where none was found. */
  readonly inputs: Tensor;
  /** In the norm of the attack; Infinity where none was found, 0 where the original is wrong. */
  readonly distances: readonly number[];
}

export type OnProgress = (done: number, total: number) => void;

/**
 * An attack as a pure function: the same target, samples, options and streams give the same result, whatever else is in
 * the batch. `samples.labels` are the truth, never a prediction.
 */
export type RunAttack<On extends Target, Options> = (
  target: On,
  samples: Samples,
  options: Options,
  random: RandomStreams,
  progress?: OnProgress,
) => Promise<AttackResult>;
