/** A model of its own format with other weights. */
export interface Written {
  /** All files of the model, by the names that they had. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** What differs from the original beside the weights, one sentence each. */
  readonly notes: readonly string[];
}

/** Weights that changed, by their names in the file and in its own form. */
export type Trained = ReadonlyMap<string, Float32Array>;

export const WITHOUT_OPTIMIZER = 'The state of the optimizer is left out, for it belongs to the weights before.';
