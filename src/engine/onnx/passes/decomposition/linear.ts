import { floatsOf, intOf, stringOf } from '../../graph/attributes.js';
import { float32Constant } from '../../graph/constants.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Node } from '../../graph/ir.js';
import type { Decomposition, DecompositionTable, Layer } from './layer.js';
import { biasOf, LOWEST } from './scaled-dot-product.js';

/** Transforms of the scores of several classes or targets. */
const TRANSFORMS: ReadonlyMap<string, (builder: GraphBuilder, scores: string) => string> = new Map([
  ['NONE', (_, scores) => scores],
  ['LOGISTIC', (builder, scores) => builder.node('Sigmoid', [scores])],
  ['SOFTMAX', (builder, scores) => builder.node('Softmax', [scores], { axis: -1 })],
  ['SOFTMAX_ZERO', softmaxZero],
  ['PROBIT', probit],
]);

/** ONNX Runtime hands a single target out as it is, whatever transform is asked for, unless that is PROBIT. */
const linearRegressor: Decomposition = (layer) => {
  const { node, builder } = layer;
  const targets = intOf(node, 'targets', 1);
  const name = stringOf(node, 'post_transform', 'NONE');
  const transform = TRANSFORMS.get(targets > 1 || name === 'PROBIT' ? name : 'NONE');
  if (transform === undefined || !isCovered(layer, targets)) return null;
  return [transform(builder, scoresOf(layer, targets))];
};

/** The scores, which are the second output. */
const linearClassifier: Decomposition = (layer) => {
  const { node, builder } = layer;
  const classes = labelsOf(node);
  const rows = floatsOf(node, 'intercepts')?.length ?? classes;
  const name = stringOf(node, 'post_transform', 'NONE');
  const transform = TRANSFORMS.get(name);
  if (transform === undefined || !isCovered(layer, rows)) return null;
  if (rows > 1) return [null, transform(builder, scoresOf(layer, rows))];
  // A single score is that of the second class. The first gets what is left to 1, whether these are probabilities or not.
  if (classes !== 2 || name === 'PROBIT') return null;
  const scores = scoresOf(layer, 1);
  const second = name === 'LOGISTIC' ? builder.node('Sigmoid', [scores]) : scores;
  return [null, builder.node('Concat', [builder.node('Sub', [builder.scalar(1), second]), second], { axis: 1 })];
};

export const linearLayers: DecompositionTable = {
  'ai.onnx.ml.LinearClassifier': linearClassifier,
  'ai.onnx.ml.LinearRegressor': linearRegressor,
};

function labelsOf({ attributes }: Node): number {
  const lists = ['classlabels_ints', 'classlabels_strings'].map((name) => attributes.get(name));
  return Math.max(...lists.map((list) => (list?.kind === 'ints' || list?.kind === 'strings' ? list.value.length : 0)));
}

function isCovered(layer: Layer, rows: number): boolean {
  const width = layer.size(0, 1);
  const coefficients = floatsOf(layer.node, 'coefficients');
  return layer.shape(0)?.length === 2 && width !== null && coefficients?.length === rows * width;
}

/** x W^T + b, [n, rows] */
function scoresOf(layer: Layer, rows: number): string {
  const { node, builder } = layer;
  const coefficients = floatsOf(node, 'coefficients') ?? [];
  const weights = builder.constant(float32Constant([rows, coefficients.length / rows], coefficients));
  const intercepts = floatsOf(node, 'intercepts');
  const bias = intercepts === null ? [] : [builder.constant(float32Constant([rows], intercepts))];
  return builder.node('Gemm', [layer.inType(0, 'float32'), weights, ...bias], { transB: 1 });
}

/** Softmax over the scores that are not 0, and 0 for those that are. */
function softmaxZero(builder: GraphBuilder, scores: string): string {
  const isSome = builder.node('Greater', [builder.node('Abs', [scores]), builder.scalar(1e-7)]);
  const shifted = builder.node('Add', [scores, biasOf(builder, isSome, LOWEST)]);
  return builder.masked(builder.node('Softmax', [shifted], { axis: -1 }), isSome);
}

/** sqrt(2) erfinv(2 p - 1), where ONNX Runtime approximates the inverse error function (Winitzki 2008). */
function probit(builder: GraphBuilder, scores: string): string {
  const number = (value: number): string => builder.scalar(value);
  const binary = (op: string, a: string, b: string): string => builder.node(op, [a, b]);
  const a = 0.147;
  const x = binary('Sub', binary('Mul', number(2), scores), number(1));
  const log = builder.node('Log', [binary('Sub', number(1), binary('Mul', x, x))]);
  const u = binary('Add', number(2 / (Math.PI * a)), binary('Mul', number(0.5), log));
  const root = builder.node('Sqrt', [binary('Sub', binary('Mul', u, u), binary('Div', log, number(a)))]);
  const size = builder.node('Sqrt', [binary('Sub', root, u)]);
  return binary('Mul', binary('Mul', builder.node('Sign', [x]), size), number(Math.SQRT2));
}
