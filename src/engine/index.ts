export type * from './contract.js';
export { openOnnxModel } from './onnx/index.js';
export { describeOnnxModel, type ModelDescription } from './onnx/model.js';
