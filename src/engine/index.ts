export type * from './contract.js';
export { openOnnxModel } from './onnx/index.js';
export { installCuda, removeCuda, type CudaInstallation } from './onnx/cuda/index.js';
export {
  fastestOf,
  proveDevice,
  proveDevices,
  resolveDevice,
  UNPROVED_ON_HARDWARE,
  type DeviceChoice,
  type DeviceProof,
} from './onnx/devices/index.js';
export { describeOnnxModel, type ModelDescription } from './onnx/model.js';

// Tools on graphs: what is read, rewritten, traced, walked and written here can be used without a model being opened.
export type { Attribute, Constant, ElementType, Graph, Node, ValueInfo } from './onnx/graph/ir.js';
export type { Trace } from './onnx/graph/trace.js';
export { GraphBuilder } from './onnx/graph/builder.js';
export { embeddingOf, type Embedding } from './onnx/graph/embedding.js';
export { layersOf } from './onnx/graph/layers.js';
export { upgradeGraph } from './onnx/graph/upgrade.js';
export { dependentsOf, readsOf, walkBackward, walkForward } from './onnx/graph/walk.js';
export { foldBatchNormalization } from './onnx/passes/batch-normalization.js';
export { foldConstants } from './onnx/passes/constant-folding.js';
export { foldNormalization } from './onnx/passes/normalization.js';
export { decodeModel, encodeModel } from './onnx/proto/codec.js';
export { encodeModelFiles, externalDataFiles } from './onnx/proto/external-files.js';
export { traceGraph, type TraceFeeds } from './onnx/tracing.js';
