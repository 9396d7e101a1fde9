import type { StoredWeight } from '../reading/hdf5.js';

/** The weights of one layer, or of one part of it. */
export interface LayerWeights {
  /**
   * A weight by its name in Keras (`kernel`) and its place among the layer's own, as files have one or the other.
   * Null where the file has none.
   */
  readonly read: (name: string, position: number) => StoredWeight | null;
  /**
   * A part that holds weights of its own.
   *
   * @param attributes how Keras 3 and Keras 2 call it within the layer, such as `query_dense` and `_query_dense`
   * @param names how it is called among the names of weights, such as `query`
   */
  readonly part: (attributes: readonly string[], names: readonly string[]) => LayerWeights;
  /** Of a layer that is a model. */
  readonly network: (layers: readonly LayerIdentity[]) => NetworkWeights;
}

/** The weights of the layers of a model, by their names. */
export interface NetworkWeights {
  readonly layer: (name: string) => LayerWeights;
}

export interface LayerIdentity {
  readonly name: string;
  readonly className: string;
}
