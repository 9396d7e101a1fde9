import type { EngineSpec, OutputScale } from '../contract.js';
import type { NamedTensors } from '../onnx/inputs.js';
import type { FileModel } from '../onnx/model.js';
import type { Backend } from './backend.js';
import type { Interpreter } from './interpreter.js';

/** A model that is ready for execution. */
export interface Preparation {
  readonly file: FileModel;
  readonly spec: EngineSpec;
  /** Real samples. */
  readonly probe: NamedTensors;
  readonly backend: Backend;
  readonly interpreter: Interpreter;
  /** Samples in one execution, where that has to be one number. */
  readonly rows: number;
  readonly head: { readonly scale: OutputScale; readonly width: number };
}
