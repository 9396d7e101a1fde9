import type { ModelBytes } from '../contract.js';

/** A model of another format as an ONNX file: the same inputs, outputs and layout. */
export interface Lowered {
  readonly model: ModelBytes;
  /** What differs from the original, one sentence each. */
  readonly notes: readonly string[];
}
