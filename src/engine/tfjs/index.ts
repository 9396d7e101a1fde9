import type { EngineModel, EngineSpec, ModelBytes } from '../contract.js';

/**
 * Opens an ONNX model, a LayersModel, a GraphModel or a SavedModel on TensorFlow.js, which is loaded when the first one is opened.
 *
 * @throws AssayError `model` where the file is no model or does not run on the probe; `operator` where it has an operator that
 *   this engine does not have.
 */
export async function openTfjsModel(model: ModelBytes, spec: EngineSpec): Promise<EngineModel> {
  const { openModel } = await import('./open.js');
  return openModel(model, spec);
}
