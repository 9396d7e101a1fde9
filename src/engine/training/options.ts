/**
 * How gradients move weights, in the form of PyTorch's optimizers of the same names.
 *
 * - `sgd`: v <- momentum v + g, w <- w - rate v (Sutskever et al. 2013); with `nesterov` w <- w - rate (g + momentum v)
 * - `adam`: Kingma & Ba 2015, algorithm 1, with weight decay added to the gradient
 * - `adamw`: Loshchilov & Hutter 2019, algorithm 2: w <- w - rate weightDecay w in front of Adam's step
 */
export type Optimizer =
  | { readonly kind: 'sgd'; readonly momentum: number; readonly nesterov?: boolean }
  | {
      readonly kind: 'adam' | 'adamw';
      /** 0.9 and 0.999 when left out. */
      readonly betas?: readonly [number, number];
      /** Added to the root of the second moment; 1e-8 when left out. */
      readonly epsilon?: number;
    };

/**
 * The learning rate of each step, counted from 0.
 *
 * - `constant`
 * - `cyclic`: from `lowest` to `highest` within `rise` steps, back within `fall`, again and again (Smith 2017, triangular);
 *   `rise` and `fall` that fill the training together give the one cycle of fast adversarial training
 * - `cosine`: half a cosine from `highest` to `lowest` over `steps`, where it stays (Loshchilov & Hutter 2017, eq. 5),
 *   behind a linear warm-up of `warmUp` steps
 * - `steps`: `rate`, times `factor` for every milestone, a count of steps, that is reached (MultiStepLR in PyTorch)
 */
export type LearningRate =
  | { readonly kind: 'constant'; readonly rate: number }
  | {
      readonly kind: 'cyclic';
      readonly lowest: number;
      readonly highest: number;
      readonly rise: number;
      readonly fall: number;
    }
  | {
      readonly kind: 'cosine';
      readonly highest: number;
      readonly lowest: number;
      readonly steps: number;
      readonly warmUp?: number;
    }
  | {
      readonly kind: 'steps';
      readonly rate: number;
      readonly milestones: readonly number[];
      readonly factor: number;
    };

/**
 * Which activations a dropout layer keeps: 1 or 0 for each element, row-major.
 *
 * @param layer the name of the Dropout node
 * @param step counted from 0
 * @param shape of the layer's input, samples first as the model has it
 * @param ratio the share that the layer drops
 */
export type DropoutMasks = (layer: string, step: number, shape: readonly number[], ratio: number) => Uint8Array;

export interface TrainingOptions {
  readonly optimizer: Optimizer;
  readonly learningRate: LearningRate;
  /** Of every weight, biases and normalization included, as PyTorch has it. None when left out. */
  readonly weightDecay?: number;
  /** Weights that stay as they are: their names, or the path of a module in front of a dot. */
  readonly frozen?: readonly string[];
  /**
   * `batch`: normalized by the statistics of the batch, which move the running ones (Ioffe & Szegedy 2015); `running`: by the
   * running ones, which stay. `batch` when left out.
   */
  readonly batchNormalization?: 'batch' | 'running';
  /** Layers drop nothing when it is left out. */
  readonly dropout?: DropoutMasks;
}
