export type * from './contract.js';
export { openOnnxModel } from './onnx/index.js';
export { describeOnnxModel, type ModelDescription } from './onnx/model.js';
export { encodeModelFiles, externalDataFiles } from './onnx/proto/external-files.js';
export { decodeModel, encodeModel } from './onnx/proto/codec.js';
