export type * from './contract.js';
export { jacobianByRows, rowsAsked } from './jacobian.js';
export { openOnnxModel } from './onnx/index.js';
export { openTfjsModel } from './tfjs/index.js';
export { installCuda, removeCuda } from './onnx/cuda/index.js';
export type { Installation } from './installation/manifest.js';
export {
  describeNativeTensorFlow,
  removeTensorFlow,
  setUpTensorFlow,
  type NativeTensorFlowDescription,
  type TensorFlowSetup,
} from './tfjs/native/index.js';
export {
  fastestOf,
  LEAST_SPEEDUP,
  proveDevice,
  proveDevices,
  resolveDevice,
  UNPROVED_ON_HARDWARE,
  type DeviceChoice,
  type DeviceProof,
} from './onnx/devices/index.js';
export { formatOf, type ModelFormat } from './formats/format.js';
export { lowerToOnnx } from './formats/lower.js';
export { isWritable, writeTrained, type WritableFormat } from './formats/rewriting/index.js';
export {
  checkSavedModel,
  savedModelFiles,
  servingSignature,
  type SavedModelFacts,
  type SavedTensor,
} from './formats/saved-model/index.js';
export { readModelJson } from './formats/model-json.js';
export { manifestFiles } from './formats/weights-manifest.js';
export { describeOnnxModel, type ModelDescription } from './onnx/model.js';
export { tokenInputs, type TokenInput } from './onnx/token-inputs.js';
export { logitsFromProbabilities } from './onnx/scale.js';

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
