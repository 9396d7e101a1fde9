/** Nodes in the forms of old opsets, for upgrade.test.ts. */
import { sizeOf } from '#base/tensor';
import { rng } from '#stats/random';
import { float32Constant, int64Constant } from '../src/engine/onnx/graph/constants.js';
import type { Attribute, Constant } from '../src/engine/onnx/graph/ir.js';
import { float, int, ints, text } from './onnx-graphs.js';

/** One node on a float32 value `x`. */
export interface UpgradeCase {
  readonly op: string;
  /** Opsets that have this form. */
  readonly opsets: readonly number[];
  readonly shape: readonly number[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Inputs after the first. */
  readonly constants?: readonly Constant[];
  /** 1 when left out. */
  readonly outputs?: number;
  readonly note?: string;
  /** The operators that take its place, where that is not the same one. */
  readonly becomes?: readonly string[];
  /** The new form sums in another order: results agree to rounding instead of in every bit. */
  readonly rounds?: true;
}

const random = rng('upgrade');

export function randomValues(size: number): Float32Array {
  return Float32Array.from({ length: size }, () => random.normal());
}

const weights = (...shape: number[]) => float32Constant(shape, randomValues(sizeOf(shape)));
const positive = (...shape: number[]) =>
  float32Constant(
    shape,
    randomValues(sizeOf(shape)).map((value) => 0.5 + value * value),
  );

const IMAGE = [2, 3, 6, 5];
const REDUCTIONS = ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'].map(
  (name) => `Reduce${name}`,
);

export const UPGRADE_CASES: readonly UpgradeCase[] = [
  ...REDUCTIONS.flatMap((op): UpgradeCase[] => [
    { op, opsets: [7, 11, 12, 13, 17], shape: [2, 3, 4], note: 'all axes', attributes: { keepdims: int(0) } },
  ]),
  ...REDUCTIONS.filter((op) => op !== 'ReduceSum').map((op): UpgradeCase => ({
    op,
    opsets: [7, 11, 12, 13, 17],
    shape: [2, 3, 4],
    attributes: { axes: ints(0, 2), keepdims: int(1) },
  })),
  { op: 'ReduceSum', opsets: [7, 11, 12], shape: [2, 3, 4], attributes: { axes: ints(1), keepdims: int(0) } },
  { op: 'ReduceSum', opsets: [13, 19], shape: [2, 3, 4], constants: [int64Constant([1], [1])] },
  { op: 'Squeeze', opsets: [7, 11, 12], shape: [2, 1, 3, 1], attributes: { axes: ints(1) } },
  { op: 'Squeeze', opsets: [11, 12], shape: [2, 1, 3, 1], attributes: { axes: ints(-1) } },
  { op: 'Squeeze', opsets: [7, 11, 12], shape: [2, 1, 3, 1], note: 'all axes' },
  { op: 'Unsqueeze', opsets: [7, 11, 12], shape: [2, 3], attributes: { axes: ints(0, 3) } },
  { op: 'Clip', opsets: [7, 10], shape: [3, 4], attributes: { min: float(-0.5), max: float(0.25) } },
  { op: 'Clip', opsets: [7, 10], shape: [3, 4], attributes: { min: float(0) } },
  { op: 'Clip', opsets: [7, 10], shape: [3, 4], note: 'no bounds' },
  { op: 'Pad', opsets: [7, 10], shape: [2, 3], attributes: { pads: ints(1, 0, 2, 1), value: float(1.5) } },
  { op: 'Pad', opsets: [7, 10], shape: [2, 3], attributes: { pads: ints(1, 0, 2, -1) }, note: 'zeros' },
  { op: 'Pad', opsets: [7, 10], shape: [3, 3], attributes: { pads: ints(1, 2, 1, 0), mode: text('reflect') } },
  {
    op: 'Pad',
    opsets: [7, 10],
    shape: [3, 3],
    attributes: { pads: ints(1, 2, 1, 0), mode: text('edge'), value: float(2) },
  },
  { op: 'Slice', opsets: [7, 9], shape: [4, 5], attributes: { starts: ints(1, 0), ends: ints(2 ** 63, -1) } },
  { op: 'Slice', opsets: [7, 9], shape: [4, 5], attributes: { starts: ints(-3), ends: ints(1000), axes: ints(1) } },
  { op: 'TopK', opsets: [7, 9], shape: [3, 6], attributes: { k: int(2) }, outputs: 2 },
  { op: 'TopK', opsets: [7, 9], shape: [3, 6], attributes: { k: int(2), axis: int(0) }, outputs: 2 },
  { op: 'Split', opsets: [7, 11, 12], shape: [6, 2], attributes: { split: ints(1, 2, 3) }, outputs: 3 },
  { op: 'Split', opsets: [7, 11, 12, 13, 17], shape: [6, 2], outputs: 3, note: 'equal parts' },
  { op: 'Split', opsets: [7, 11, 12, 13, 17], shape: [2, 6], attributes: { axis: int(1) }, outputs: 2 },
  { op: 'Split', opsets: [13, 17], shape: [6, 2], constants: [int64Constant([2], [4, 2])], outputs: 2 },
  { op: 'DFT', opsets: [17, 19], shape: [2, 5, 1], attributes: { axis: int(1) } },
  { op: 'DFT', opsets: [17, 19], shape: [2, 5, 6, 2], attributes: { axis: int(2), inverse: int(1) } },
  {
    op: 'DFT',
    opsets: [17, 19],
    shape: [2, 5, 1],
    constants: [int64Constant([], [4])],
    attributes: { onesided: int(1) },
  },
  ...['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((op): UpgradeCase[] => [
    { op, opsets: [7, 11, 12], shape: [3, 5], note: 'default axis, which is the last' },
    {
      op,
      opsets: [7, 11, 12],
      shape: [2, 3, 4],
      note: 'default axis, which is not',
      becomes: ['Flatten', op, 'Shape', 'Reshape'],
    },
    { op, opsets: [7, 11, 12], shape: [2, 3, 4], attributes: { axis: int(2) } },
    {
      op,
      opsets: [7, 11, 12],
      shape: [2, 3, 4],
      attributes: { axis: int(0) },
      becomes: ['Flatten', op, 'Shape', 'Reshape'],
    },
    { op, opsets: [11, 12], shape: [2, 3, 4], attributes: { axis: int(-1) } },
    {
      op,
      opsets: [11, 12],
      shape: [2, 3, 4],
      attributes: { axis: int(-2) },
      becomes: ['Flatten', op, 'Shape', 'Reshape'],
    },
    { op, opsets: [13, 17], shape: [2, 3, 4], attributes: { axis: int(1) } },
  ]),
  {
    op: 'BatchNormalization',
    opsets: [7, 8, 9, 13, 14, 15],
    shape: IMAGE,
    constants: [weights(3), weights(3), weights(3), positive(3)],
    attributes: { epsilon: float(0.01), momentum: float(0.8) },
  },
  {
    op: 'BatchNormalization',
    opsets: [7, 8],
    shape: IMAGE,
    constants: [weights(3, 6, 5), weights(3, 6, 5), weights(3, 6, 5), positive(3, 6, 5)],
    attributes: { spatial: int(0) },
    becomes: ['Add', 'Sqrt', 'Sub', 'Div', 'Mul', 'Add'],
    rounds: true,
  },
  { op: 'Dropout', opsets: [7, 10, 11], shape: [3, 4], attributes: { ratio: float(0.9) } },
  { op: 'Dropout', opsets: [12, 13], shape: [3, 4], constants: [float32Constant([], [0.9])] },
  ...['nearest', 'linear'].flatMap((mode): UpgradeCase[] => [
    {
      op: 'Upsample',
      opsets: [7, 8],
      shape: IMAGE,
      attributes: { mode: text(mode), scales: { kind: 'floats', value: [1, 1, 2, 3] } },
      becomes: ['Resize'],
    },
    {
      op: 'Upsample',
      opsets: [9],
      shape: IMAGE,
      attributes: { mode: text(mode) },
      constants: [float32Constant([4], [1, 1, 1.5, 2.25])],
      becomes: ['Resize'],
    },
    {
      op: 'Resize',
      opsets: [10],
      shape: IMAGE,
      attributes: { mode: text(mode) },
      constants: [float32Constant([4], [1, 1, 1.75, 2])],
    },
    {
      op: 'Resize',
      opsets: [10],
      shape: IMAGE,
      attributes: { mode: text(mode) },
      constants: [float32Constant([4], [1, 1, 0.5, 0.7])],
    },
  ]),
  ...['half_pixel', 'asymmetric', 'align_corners', 'pytorch_half_pixel'].flatMap((coordinates): UpgradeCase[] =>
    ['nearest', 'linear', 'cubic'].flatMap((mode): UpgradeCase[] => [
      {
        op: 'Resize',
        opsets: [11, 12, 13, 17, 18],
        shape: IMAGE,
        attributes: { mode: text(mode), coordinate_transformation_mode: text(coordinates) },
        constants: [float32Constant([0], []), float32Constant([4], [1, 1, 1.5, 0.6])],
      },
      {
        op: 'Resize',
        opsets: [11, 12, 13, 17, 18],
        shape: IMAGE,
        attributes: { mode: text(mode), coordinate_transformation_mode: text(coordinates) },
        constants: [float32Constant([0], []), float32Constant([0], []), int64Constant([4], [2, 3, 9, 4])],
      },
    ]),
  ),
  {
    op: 'Scatter',
    opsets: [9, 10],
    shape: [3, 3],
    attributes: { axis: int(1) },
    constants: [int64Constant([3, 1], [2, 0, 1]), weights(3, 1)],
    becomes: ['ScatterElements'],
  },
  ...['bilinear', 'nearest', 'bicubic'].map((mode): UpgradeCase => ({
    op: 'GridSample',
    opsets: [16, 19],
    shape: IMAGE,
    attributes: { mode: text(mode) },
    constants: [weights(2, 4, 4, 2)],
  })),
  {
    op: 'RoiAlign',
    opsets: [10, 15, 16],
    shape: IMAGE,
    attributes: { output_height: int(2), output_width: int(2) },
    constants: [float32Constant([1, 4], [0.3, 0.6, 4.1, 3.2]), int64Constant([1], [1])],
  },
  // Operators that the table leaves alone.
  ...[0, 1].flatMap((ceil): UpgradeCase[] =>
    [0, 1].map((include): UpgradeCase => ({
      op: 'AveragePool',
      rounds: true,
      opsets: [10, 11, 18],
      shape: IMAGE,
      attributes: {
        kernel_shape: ints(3, 2),
        strides: ints(2, 2),
        pads: ints(1, 0, 1, 1),
        ceil_mode: int(ceil),
        count_include_pad: int(include),
      },
    })),
  ),
  ...['SAME_UPPER', 'SAME_LOWER', 'VALID'].flatMap((pad): UpgradeCase[] => [
    {
      op: 'AveragePool',
      rounds: true,
      opsets: [7, 10, 18],
      shape: IMAGE,
      attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2), auto_pad: text(pad) },
    },
    {
      op: 'MaxPool',
      opsets: [7, 8, 10, 11, 12],
      shape: IMAGE,
      attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2), auto_pad: text(pad) },
    },
    {
      op: 'LpPool',
      opsets: [7, 11, 17],
      shape: IMAGE,
      attributes: { kernel_shape: ints(2, 2), strides: ints(2, 2), auto_pad: text(pad) },
    },
    {
      op: 'Conv',
      opsets: [7, 11],
      shape: IMAGE,
      constants: [weights(4, 3, 2, 2), weights(4)],
      attributes: { auto_pad: text(pad) },
    },
    {
      op: 'ConvTranspose',
      opsets: [7, 11],
      shape: IMAGE,
      constants: [weights(3, 4, 2, 2)],
      attributes: { auto_pad: text(pad), strides: ints(2, 2) },
    },
  ]),
  {
    op: 'Gemm',
    opsets: [7, 9, 11, 13],
    shape: [2, 3],
    constants: [weights(3, 4), weights(4)],
    attributes: { alpha: float(0.5), beta: float(2) },
  },
  { op: 'Gemm', opsets: [11, 13], shape: [2, 3], constants: [weights(3, 4)] },
  { op: 'PRelu', opsets: [7, 9, 16], shape: [2, 3, 4], constants: [weights(3, 1)] },
  { op: 'InstanceNormalization', opsets: [7, 19], shape: IMAGE, constants: [weights(3), weights(3)] },
  { op: 'Add', opsets: [7, 13, 14], shape: [2, 3, 4], constants: [weights(4)], note: 'broadcast' },
  { op: 'Max', opsets: [8, 12, 13], shape: [2, 3], constants: [weights(3)], note: 'broadcast' },
  { op: 'Reshape', opsets: [7, 13, 14, 19], shape: [2, 3, 4], constants: [int64Constant([2], [0, -1])] },
  { op: 'Flatten', opsets: [7, 9, 11, 13], shape: [2, 3, 4], attributes: { axis: int(2) } },
  { op: 'LRN', opsets: [7, 13], shape: IMAGE, attributes: { size: int(3) } },
  { op: 'MeanVarianceNormalization', opsets: [9, 13], shape: IMAGE },
  { op: 'ArgMax', opsets: [7, 11, 12, 13], shape: [3, 4], attributes: { axis: int(1) } },
  { op: 'DepthToSpace', opsets: [7, 11, 13], shape: [1, 4, 2, 2], attributes: { blocksize: int(2) } },
  { op: 'Cast', opsets: [7, 9, 13, 19], shape: [3, 3], attributes: { to: int(7) } },
];
