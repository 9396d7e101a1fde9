/**
 * TensorFlow's protocol buffers, as far as a SavedModel is checked. Field numbers: saved_model.proto, meta_graph.proto,
 * graph.proto, function.proto, op_def.proto, node_def.proto, attr_value.proto, saver.proto and tensor_shape.proto in
 * tensorflow/core of TensorFlow 2.21. Messages inside a message are bytes, read one level at a time as those of ONNX are.
 */
import { many, message, one } from '../../onnx/proto/schema.js';

const nested = (id: number) => many('bytes', id);

export const SavedModel = message('SavedModel', { schemaVersion: one('int64', 1), metaGraphs: many('bytes', 2) });

export const MetaGraphDef = message('MetaGraphDef', {
  metaInfoDef: nested(1),
  graphDef: nested(2),
  saverDef: nested(3),
  signatureDef: many('bytes', 5),
});

export const MetaInfoDef = message('MetaInfoDef', { tags: many('string', 4), tensorflowVersion: one('string', 5) });

export const GraphDef = message('GraphDef', { node: many('bytes', 1), library: nested(2) });

export const FunctionDefLibrary = message('FunctionDefLibrary', { function: many('bytes', 1) });

export const FunctionDef = message('FunctionDef', { signature: nested(1), nodeDef: many('bytes', 3) });

export const OpDef = message('OpDef', { name: one('string', 1), inputArg: many('bytes', 2) });

export const ArgDef = message('ArgDef', { name: one('string', 1) });

export const NodeDef = message('NodeDef', {
  name: one('string', 1),
  op: one('string', 2),
  input: many('string', 3),
  attr: many('bytes', 5),
});

export const AttrValue = message('AttrValue', { list: nested(1), func: nested(10) });

export const ListValue = message('ListValue', { func: many('bytes', 9) });

export const NameAttrList = message('NameAttrList', { name: one('string', 1), attr: many('bytes', 2) });

/** An entry of any map from text to a message. */
export const MapEntry = message('MapEntry', { key: one('string', 1), value: nested(2) });

export const SaverDef = message('SaverDef', {
  filenameTensorName: one('string', 1),
  saveTensorName: one('string', 2),
  restoreOpName: one('string', 3),
});

export const SignatureDef = message('SignatureDef', {
  inputs: many('bytes', 1),
  outputs: many('bytes', 2),
  methodName: one('string', 3),
});

export const TensorInfo = message('TensorInfo', { name: one('string', 1), dtype: one('int32', 2), shape: nested(3) });

export const TensorShapeProto = message('TensorShapeProto', { dim: many('bytes', 2), unknownRank: one('int32', 3) });

export const Dim = message('Dim', { size: one('int64', 1) });
