import type { EngineModel, EngineSpec, ModelBytes } from '../contract.js';

/** Opens an ONNX model: refuses what is not one, traces it on the probe and compiles its gradient on first use. */
export async function openOnnxModel(model: ModelBytes, spec: EngineSpec): Promise<EngineModel> {
  void model;
  void spec;
  return Promise.reject(new Error('in progress'));
}
