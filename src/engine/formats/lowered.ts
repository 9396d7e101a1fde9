import type { ModelBytes } from '../contract.js';
import type { StoredWeight } from './keras/reading/hdf5.js';

/** A model of another format as an ONNX file: the same inputs, outputs and layout. */
export interface Lowered {
  readonly model: ModelBytes;
  /** What differs from the original, one sentence each. */
  readonly notes: readonly string[];
}

/** Gives the values that a graph is written with for a weight that was read, in the same shape; of each name always the same. */
export type Seen = (name: string, weight: StoredWeight) => StoredWeight;

export const asStored: Seen = (_name, weight) => weight;
