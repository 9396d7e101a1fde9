import { floatOf, floatsOf, intsOf, stringOf } from '../../graph/attributes.js';
import { float32Constant, float64Constant } from '../../graph/constants.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { ElementType } from '../../graph/ir.js';
import type { Decomposition, DecompositionTable } from './layer.js';

// Features of classical models, as skl2onnx writes them. Whatever goes in, real numbers of float32 come out.

/** y = (x - offset) scale, before anything is rounded to float32 */
const scaler: Decomposition = (layer) => {
  const { node, builder } = layer;
  const [offset, scale] = [floatsOf(node, 'offset'), floatsOf(node, 'scale')];
  if (offset === null || scale === null || layer.type(0) === null) return null;
  const type = layer.type(0) === 'float64' ? 'float64' : 'float32';
  const centered = builder.node('Sub', [layer.inType(0, type), reals(builder, type, offset)]);
  const scaled = builder.node('Mul', [centered, reals(builder, type, scale)]);
  return [type === 'float32' ? scaled : builder.cast(scaled, 'float32')];
};

/** One value, or NaN, gives way to another for each feature; all others go through. */
const imputer: Decomposition = (layer) => {
  const { node, builder } = layer;
  const imputed = floatsOf(node, 'imputed_value_floats');
  if (imputed === null || layer.type(0) !== 'float32') return null;
  const x = layer.input(0) ?? '';
  const replaced = floatOf(node, 'replaced_value_float', 0);
  const isMissing = Number.isNaN(replaced)
    ? builder.node('IsNaN', [x])
    : builder.node('Equal', [x, builder.scalar(replaced)]);
  return [builder.node('Where', [isMissing, reals(builder, 'float32', imputed), x])];
};

const NORMS: ReadonlyMap<string, string> = new Map([
  ['MAX', 'ReduceMax'],
  ['L1', 'ReduceL1'],
  ['L2', 'ReduceL2'],
]);

/** y = x / norm(x) along the features, and x where the norm is 0. ONNX Runtime's MAX is the largest value, signed. */
const normalizer: Decomposition = (layer) => {
  const { node, builder } = layer;
  const reduction = NORMS.get(stringOf(node, 'norm', 'MAX'));
  if (reduction === undefined || layer.type(0) === null) return null;
  const x = layer.inType(0, 'float32');
  const norm = builder.node(reduction, [x, builder.integers([-1])], { keepdims: 1 });
  const isZero = builder.cast(builder.node('Equal', [norm, builder.scalar(0)]), 'float32');
  return [builder.node('Div', [x, builder.node('Add', [norm, isZero])])];
};

/** Columns side by side. An input of another width than it is said to have would be cut or filled up. */
const featureVectorizer: Decomposition = (layer) => {
  const { node, builder } = layer;
  const widths = intsOf(node, 'inputdimensions') ?? [];
  const isWhole = node.inputs.every((_, i) => layer.shape(i)?.length === 2 && layer.size(i, 1) === widths[i]);
  if (!isWhole) return null;
  const columns = node.inputs.map((_, i) => layer.inType(i, 'float32'));
  return [builder.node('Concat', columns, { axis: 1 })];
};

/** Chosen columns; of a vector, as one row. */
const arrayFeatureExtractor: Decomposition = (layer) => {
  const { builder } = layer;
  const rank = layer.shape(0)?.length ?? 0;
  const isReal = layer.type(0) === 'float32' || layer.type(0) === 'float64';
  if (!isReal || rank === 0) return null;
  const chosen = builder.reshape(layer.input(1) ?? '', [-1]);
  const columns = builder.node('Gather', [layer.input(0) ?? '', chosen], { axis: rank - 1 });
  return [rank === 1 ? builder.reshape(columns, [1, -1]) : columns];
};

export const featureLayers: DecompositionTable = {
  'ai.onnx.ml.ArrayFeatureExtractor': arrayFeatureExtractor,
  'ai.onnx.ml.FeatureVectorizer': featureVectorizer,
  'ai.onnx.ml.Imputer': imputer,
  'ai.onnx.ml.Normalizer': normalizer,
  'ai.onnx.ml.Scaler': scaler,
};

function reals(builder: GraphBuilder, type: ElementType, values: readonly number[]): string {
  const make = type === 'float64' ? float64Constant : float32Constant;
  return builder.constant(make([values.length], values));
}
