import type { Tensor } from '@tensorflow/tfjs-core';

/** A named place of a model as it is. */
export interface ExecutableLayer {
  readonly name: string;
  readonly operator: string;
}

export interface ExecutableInput {
  readonly name: string;
  readonly dtype: string;
  /** With the batch in front; null where the file leaves a size open. */
  readonly shape: readonly (number | null)[] | null;
}

/** A model that TensorFlow.js executes by itself, in operations that it records. */
export interface Executable {
  readonly name: string;
  readonly kind: 'LayersModel' | 'GraphModel' | 'SavedModel';
  readonly inputs: readonly ExecutableInput[];
  readonly outputs: readonly string[];
  /** In the order in which they run. */
  readonly layers: readonly ExecutableLayer[];
  /** The layer that looks tokens up in a table, where the file tells it. */
  readonly embedding: string | null;
  /** Why it cannot be recorded while it runs; null where it can. */
  readonly noGradients: string | null;
  /**
   * What `run` has to be asked for to get what stands in front of the last activation of an output, and the layer that gives the
   * output; null where no softmax or sigmoid stands there.
   */
  readonly logits: (output: string) => { readonly output: string; readonly layer: string } | null;
  readonly run: (inputs: ReadonlyMap<string, Tensor>, output: string) => Tensor | Promise<Tensor>;
  /** The same, with what `replace` makes of a layer's value in its place. */
  readonly runAt: (
    inputs: ReadonlyMap<string, Tensor>,
    output: string,
    layer: string,
    replace: (value: Tensor) => Tensor,
  ) => Tensor;
  readonly dispose: () => void;
}
