export type * from './contract.js';
export { openOnnxModel } from './onnx/index.js';
