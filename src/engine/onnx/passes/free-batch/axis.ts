import { AssayError } from '#base/errors';
import { intOf, intsOf } from '../../graph/attributes.js';
import { integersOf } from '../../graph/constants.js';
import { describeNode } from '../../graph/describe.js';
import type { Constant, Node } from '../../graph/ir.js';

/** What is known while samples are followed through a graph that was traced with a fixed batch. */
export interface Following {
  /** The axis that counts samples, possibly merged with what stands behind it; undefined where a value holds none. */
  axisOf(name: string | undefined): number | undefined;
  shapeOf(name: string | undefined): readonly number[];
  constantOf(name: string | undefined): Constant | undefined;
}

/** The axis of samples of each output of a node. */
export type AxisRule = (node: Node, following: Following) => readonly (number | undefined)[];

/** Ends the rewrite: the reason completes a sentence about the node. */
export function stuck(node: Node, reason: string): never {
  throw new AssayError('operator', { what: `${describeNode(node)} ${reason}` });
}

/** The axis of samples of a node's outputs. */
export const followSamples: AxisRule = (node, following) => {
  const rule = node.domain === '' ? RULES[node.op] : undefined;
  return (rule ?? alongBroadcast)(node, following);
};

/** Operands are aligned at their last axes, and so is the result. */
const alongBroadcast: AxisRule = (node, following) => {
  const rank = following.shapeOf(node.outputs[0]).length;
  const axes = node.inputs.flatMap((name) => {
    const axis = following.axisOf(name);
    return axis === undefined ? [] : [axis + rank - following.shapeOf(name).length];
  });
  if (new Set(axes).size > 1) stuck(node, 'joins samples that lie along different axes');
  if ((axes[0] ?? 0) < 0) stuck(node, 'takes samples out of their axis');
  return node.outputs.map(() => axes[0]);
};

const ownAxis = (node: Node, following: Following): number | undefined => following.axisOf(node.inputs[0]);

/** An operator with the attribute `axis` that must not be the samples'. */
const besideAxis: AxisRule = (node, following) => {
  const rank = following.shapeOf(node.outputs[0]).length;
  const axes = node.inputs.map((name) => following.axisOf(name)).filter((axis) => axis !== undefined);
  if (axes.includes(positive(intOf(node, 'axis', node.op === 'Concat' ? 0 : -1), rank))) {
    stuck(node, 'works along the samples');
  }
  if (new Set(axes).size > 1) stuck(node, 'joins samples that lie along different axes');
  return node.outputs.map(() => axes[0]);
};

const transpose: AxisRule = (node, following) => {
  const axis = ownAxis(node, following);
  const rank = following.shapeOf(node.inputs[0]).length;
  const permutation = intsOf(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  return [axis === undefined ? undefined : permutation.indexOf(axis)];
};

const squeeze: AxisRule = (node, following) => {
  const axis = ownAxis(node, following);
  const shape = following.shapeOf(node.inputs[0]);
  const given = integersIn(node, 1, following);
  const axes = (given ?? shape.flatMap((size, i) => (size === 1 ? [i] : []))).map((each) =>
    positive(each, shape.length),
  );
  if (axis === undefined) return [undefined];
  if (axes.includes(axis)) stuck(node, 'drops the axis of samples');
  return [axis - axes.filter((each) => each < axis).length];
};

const unsqueeze: AxisRule = (node, following) => {
  const axis = ownAxis(node, following);
  if (axis === undefined) return [undefined];
  const rank = following.shapeOf(node.outputs[0]).length;
  const added = (integersIn(node, 1, following) ?? []).map((each) => positive(each, rank));
  const kept = Array.from({ length: rank }, (_, i) => i).filter((i) => !added.includes(i));
  return [kept[axis]];
};

/** Samples stay the first axis that the same number of elements stands in front of. */
const reshape: AxisRule = (node, following) => {
  const axis = ownAxis(node, following);
  if (axis === undefined) return [undefined];
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
  const front = product(following.shapeOf(node.inputs[0]).slice(0, axis));
  const target = following.shapeOf(node.outputs[0]);
  const found = target.findIndex((_, i) => product(target.slice(0, i)) === front);
  return [found === -1 ? stuck(node, 'takes samples out of their axis') : found];
};

const reduce: AxisRule = (node, following) => {
  const axis = ownAxis(node, following);
  if (axis === undefined) return [undefined];
  const rank = following.shapeOf(node.inputs[0]).length;
  const axes = reducedAxes(node, following, rank);
  if (axes.includes(axis)) stuck(node, 'works along the samples');
  return [intOf(node, 'keepdims', 1) === 1 ? axis : axis - axes.filter((each) => each < axis).length];
};

function reducedAxes(node: Node, following: Following, rank: number): number[] {
  if (node.op.startsWith('Arg')) return [positive(intOf(node, 'axis', 0), rank)];
  const given = integersIn(node, 1, following);
  return given === null ? Array.from({ length: rank }, (_, i) => i) : given.map((axis) => positive(axis, rank));
}

const gather: AxisRule = (node, following) => {
  const [data, indices] = node.inputs;
  const along = positive(intOf(node, 'axis', 0), following.shapeOf(data).length);
  const rows = following.axisOf(data);
  const chosen = following.axisOf(indices);
  if (rows === along || (rows !== undefined && chosen !== undefined)) stuck(node, 'chooses among the samples');
  if (chosen !== undefined) return [along + chosen];
  if (rows === undefined || rows < along) return [rows];
  return [rows - 1 + following.shapeOf(indices).length];
};

/** Rows of the left operand, or a stack of matrices. */
const matMul: AxisRule = (node, following) => {
  const [left, right] = node.inputs;
  const rank = following.shapeOf(node.outputs[0]).length;
  const ofLeft = following.axisOf(left);
  const rightAxis = following.axisOf(right);
  if (ofLeft !== undefined) return [ofLeft + Math.max(rank - following.shapeOf(left).length, 0)];
  if (rightAxis === undefined) return [undefined];
  const fromEnd = following.shapeOf(right).length - rightAxis;
  return fromEnd === 2 ? stuck(node, 'sums over the samples') : [rank - fromEnd];
};

const gemm: AxisRule = (node, following) => {
  const axis = ownAxis(node, following);
  if (axis === undefined) return alongBroadcast(node, following);
  if (axis !== (intOf(node, 'transA', 0) === 1 ? 1 : 0)) stuck(node, 'sums over the samples');
  return [0];
};

/** [time, samples, width] -> [time, directions, samples, width] and twice [directions, samples, width] */
const recurrent: AxisRule = (node, following) => {
  const axis = ownAxis(node, following);
  if (axis === undefined) return node.outputs.map(() => undefined);
  const first = intOf(node, 'layout', 0) === 1;
  if (axis !== (first ? 0 : 1)) stuck(node, 'takes time for samples');
  return (first ? [0, 0, 0] : [2, 1, 1]).slice(0, node.outputs.length);
};

const likeFirst: AxisRule = (node, following) => {
  const axis = ownAxis(node, following);
  const rank = following.shapeOf(node.inputs[0]).length;
  return node.outputs.map((name) => (following.shapeOf(name).length === rank ? axis : undefined));
};

const none: AxisRule = (node) => node.outputs.map(() => undefined);

function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

function integersIn(node: Node, index: number, following: Following): number[] | null {
  const name = node.inputs[index];
  if (name === undefined || name === '') return null;
  const constant = following.constantOf(name);
  return constant === undefined ? stuck(node, `takes \`${name}\` from a computation`) : integersOf(constant);
}

const SAME_PLACE =
  'AveragePool BatchNormalization Cast Clip Conv ConvTranspose DepthToSpace Dropout GlobalAveragePool GlobalLpPool ' +
  'GlobalMaxPool GroupNormalization InstanceNormalization LRN LayerNormalization LpPool MaxPool Pad PRelu Resize Slice ' +
  'SpaceToDepth Tile TopK Trilu QuantizeLinear DequantizeLinear CumSum';
const REDUCTIONS =
  'ArgMax ArgMin ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ' +
  'ReduceSumSquare';

const RULES: Readonly<Record<string, AxisRule>> = {
  ...Object.fromEntries(SAME_PLACE.split(' ').map((op) => [op, likeFirst])),
  ...Object.fromEntries(REDUCTIONS.split(' ').map((op) => [op, reduce])),
  Concat: besideAxis,
  ConstantOfShape: none,
  Flatten: reshape,
  GRU: recurrent,
  Gather: gather,
  Gemm: gemm,
  LSTM: recurrent,
  LogSoftmax: besideAxis,
  MatMul: matMul,
  RNN: recurrent,
  Range: none,
  Reshape: reshape,
  Shape: none,
  Size: none,
  Softmax: besideAxis,
  Split: besideAxis,
  Squeeze: squeeze,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
};
