import {
  attr,
  differences,
  fed,
  floats,
  graphModel,
  int,
  ints,
  loweredGraph,
  noise,
  type Attr,
  type GradientOracle,
  type Weight,
} from '../../../../../test/graph-models.js';

const OUTPUT = 1e-5;
const GRADIENT = 1e-4;

interface Case {
  readonly title: string;
  readonly op: string;
  readonly shape: readonly number[];
  readonly weights?: Readonly<Record<string, Weight>>;
  readonly attributes?: Readonly<Record<string, Attr>>;
  readonly gradients?: GradientOracle;
}

const pool = (size: number, stride: number, padding: string, rank = 4): Record<string, Attr> => ({
  ksize: attr.ints(1, ...Array.from({ length: rank - 2 }, () => size), 1),
  strides: attr.ints(1, ...Array.from({ length: rank - 2 }, () => stride), 1),
  padding: attr.text(padding),
});

const positive = (shape: readonly number[]): Weight =>
  floats(
    shape,
    noise(shape[0] ?? 1, 3).map((value) => Math.abs(value) + 0.2),
  );

const sampling = (corners: boolean, half: boolean): Record<string, Attr> => ({
  align_corners: attr.bool(corners),
  half_pixel_centers: attr.bool(half),
});

const CASES: readonly Case[] = [
  ...['AvgPool', 'MaxPool'].flatMap((op) =>
    ['SAME', 'VALID'].flatMap((padding) =>
      [
        [2, 2],
        [3, 2],
        [3, 1],
      ].map(([size = 1, stride = 1]): Case => ({
        title: `${op} ${padding} ${size} by ${stride}`,
        op,
        shape: [2, 7, 6, 3],
        attributes: pool(size, stride, padding),
        // TensorFlow.js's own gradient divides by the whole window, where its average leaves padding out.
        gradients: op === 'AvgPool' ? 'linear' : 'own',
      })),
    ),
  ),
  ...['AvgPool3D', 'MaxPool3D'].flatMap((op) =>
    ['SAME', 'VALID'].map((padding): Case => ({
      title: `${op} ${padding}`,
      op,
      shape: [1, 5, 4, 5, 2],
      attributes: pool(2, 2, padding, 5),
      gradients: op === 'AvgPool3D' ? 'linear' : 'own',
    })),
  ),
  {
    title: 'MaxPoolWithArgmax',
    op: 'MaxPoolWithArgmax',
    shape: [2, 6, 6, 2],
    attributes: pool(2, 2, 'VALID'),
    gradients: 'none',
  },
  ...['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'].flatMap((op) =>
    [
      [2, 3, 3, 4],
      [2, 2, 3, 3, 4],
    ].map((shape): Case => ({
      title: `${op} of rank ${shape.length}`,
      op,
      shape,
      weights: {
        scale: floats([4]),
        offset: floats([4], noise(4, 2)),
        mean: floats([4], noise(4, 5)),
        variance: positive([4]),
      },
      attributes: { epsilon: attr.float(0.01), is_training: attr.bool(false), data_format: attr.text('NHWC') },
      gradients: 'linear',
    })),
  ),
  {
    title: 'LRN',
    op: 'LRN',
    shape: [1, 3, 3, 7],
    attributes: { depth_radius: attr.int(2), bias: attr.float(1.5), alpha: attr.float(0.3), beta: attr.float(0.6) },
  },
  { title: 'LRN by its defaults', op: 'LRN', shape: [1, 2, 2, 5] },
  { title: 'MatMul', op: 'MatMul', shape: [3, 4], weights: { w: floats([4, 5]) } },
  {
    title: 'MatMul, transposed',
    op: 'MatMul',
    shape: [4, 3],
    weights: { w: floats([5, 4]) },
    attributes: { transpose_a: attr.bool(true), transpose_b: attr.bool(true) },
  },
  { title: 'BatchMatMul', op: 'BatchMatMul', shape: [2, 3, 4], weights: { w: floats([2, 4, 5]) } },
  {
    title: 'BatchMatMulV2, adjoint',
    op: 'BatchMatMulV2',
    shape: [2, 4, 3],
    weights: { w: floats([2, 5, 4]) },
    attributes: { adj_x: attr.bool(true), adj_y: attr.bool(true) },
  },
  ...['', 'Relu', 'Relu6', 'Elu', 'Sigmoid', 'LeakyRelu', 'Prelu'].map((activation): Case => ({
    title: `_FusedMatMul with BiasAdd ${activation}`,
    op: '_FusedMatMul',
    shape: [3, 4],
    weights: {
      w: floats([4, 5]),
      bias: floats([5]),
      ...(activation === 'Prelu' ? { alpha: floats([5], noise(5, 8)) } : {}),
    },
    attributes: {
      fused_ops: attr.texts('BiasAdd', ...(activation === '' ? [] : [activation])),
      num_args: attr.int(activation === 'Prelu' ? 2 : 1),
      leakyrelu_alpha: attr.float(0.3),
      transpose_a: attr.bool(false),
      transpose_b: attr.bool(false),
    },
  })),
  {
    title: 'Einsum of a stack',
    op: 'Einsum',
    shape: [2, 3, 4],
    weights: { w: floats([4, 2, 5]) },
    attributes: { equation: attr.text('abc,cde->abde'), N: attr.int(2) },
    gradients: 'none',
  },
  {
    title: 'Einsum of heads',
    op: 'Einsum',
    shape: [2, 3, 2, 4],
    weights: { w: floats([2, 5, 2, 4]) },
    attributes: { equation: attr.text('aecd,abcd->acbe'), N: attr.int(2) },
    gradients: 'none',
  },
  ...[
    [false, false],
    [true, false],
    [false, true],
  ].flatMap(([corners = false, half = false]) =>
    ['ResizeBilinear', 'ResizeNearestNeighbor'].flatMap((op) =>
      [
        [8, 6],
        [5, 7],
        [2, 2],
        [1, 9],
      ].map((size): Case => ({
        title: `${op} to ${size.join(' x ')}, corners ${String(corners)}, half pixels ${String(half)}`,
        op,
        shape: [1, 4, 3, 2],
        weights: { size: ints(...size) },
        attributes: sampling(corners, half),
        // TensorFlow.js's own gradients fail for images that are not square and know no half pixels.
        gradients: 'linear',
      })),
    ),
  ),
];

describe('operators of networks agree with TensorFlow.js', () => {
  test.each(CASES.map((one) => [one.title, one] as const))('%s', async (_, one) => {
    const { op, shape, weights = {}, attributes = {}, gradients: oracle = 'own' } = one;
    const model = graphModel({
      inputs: { x: { shape } },
      weights,
      nodes: [{ name: 'y', op, input: ['x', ...Object.keys(weights)], attr: attributes }],
      outputs: ['y'],
    });
    const { outputs, gradients } = await differences(model, { x: fed(shape) }, oracle);
    expect(outputs).toBeLessThan(OUTPUT);
    expect(gradients).toBeLessThan(GRADIENT);
  });
});

describe('zeros around an image', () => {
  const around = (op: string, padding: string) =>
    graphModel({
      inputs: { x: { shape: [-1, 6, 7, 2] } },
      weights: { pads: { dtype: 'int32', shape: [4, 2], values: [0, 0, 1, 2, 0, 3, 0, 0] }, w: floats([3, 3, 2, 2]) },
      nodes: [
        { name: 'padded', op: 'Pad', input: ['x', 'pads'] },
        {
          name: 'y',
          op,
          input: ['padded', 'w'],
          attr: { strides: attr.ints(1, 2, 2, 1), padding: attr.text(padding), dilations: attr.ints(1, 1, 1, 1) },
        },
      ],
      outputs: ['y'],
    });
  test.each(
    ['Conv2D', 'DepthwiseConv2dNative'].flatMap((op) => ['SAME', 'VALID'].map((padding) => [op, padding] as const)),
  )('are padding of a %s that is %s', async (op, padding) => {
    const model = around(op, padding);
    expect((await loweredGraph(model)).nodes.map((node) => node.op)).not.toContain('Pad');
    const { outputs, gradients } = await differences(model, { x: fed([2, 6, 7, 2]) });
    expect(outputs).toBeLessThan(OUTPUT);
    expect(gradients).toBeLessThan(GRADIENT);
  });
});

describe('a convolution along a sequence', () => {
  test('is one of images of height 1', async () => {
    const model = graphModel({
      inputs: { x: { shape: [-1, 9, 3] } },
      weights: { w: floats([1, 4, 3, 5]), axis: int(1), bias: floats([5]), reduce: ints(1) },
      nodes: [
        { name: 'image', op: 'ExpandDims', input: ['x', 'axis'] },
        {
          name: 'conv',
          op: 'Conv2D',
          input: ['image', 'w'],
          attr: { strides: attr.ints(1, 1, 2, 1), padding: attr.text('SAME'), dilations: attr.ints(1, 1, 1, 1) },
        },
        { name: 'line', op: 'Squeeze', input: ['conv'], attr: { squeeze_dims: attr.ints(1) } },
        { name: 'biased', op: 'BiasAdd', input: ['line', 'bias'] },
        { name: 'act', op: 'Tanh', input: ['biased'] },
        { name: 'y', op: 'Mean', input: ['act', 'reduce'] },
      ],
      outputs: ['y'],
    });
    const { outputs, gradients } = await differences(model, { x: fed([2, 9, 3]) });
    expect(outputs).toBeLessThan(OUTPUT);
    expect(gradients).toBeLessThan(GRADIENT);
    expect((await loweredGraph(model)).nodes.filter(({ op }) => op === 'Transpose')).toHaveLength(1);
  });
});
