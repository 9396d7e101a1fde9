import {
  attr,
  differences,
  fed,
  floats,
  graphModel,
  int,
  ints,
  loweredGraph,
  type Attr,
  type NodeDef,
  type Weight,
} from '../../../../../test/graph-models.js';

/** Sums in another order, of the largest value. */
const OUTPUT = 1e-5;
const GRADIENT = 1e-4;

interface Case {
  readonly title: string;
  readonly op: string;
  readonly image: readonly number[];
  readonly filter: readonly number[];
  readonly attributes: Readonly<Record<string, Attr>>;
  readonly more?: Readonly<Record<string, Weight>>;
}

const window = (strides: number, padding: string, dilations = 1, height = strides): Record<string, Attr> => ({
  strides: attr.ints(1, height, strides, 1),
  padding: attr.text(padding),
  dilations: attr.ints(1, dilations, dilations, 1),
  data_format: attr.text('NHWC'),
});

const explicit = (...pads: number[]): Record<string, Attr> => ({
  ...window(1, 'EXPLICIT'),
  explicit_paddings: attr.ints(0, 0, ...pads, 0, 0),
});

const fusedOps = (...names: string[]): Record<string, Attr> => ({
  fused_ops: attr.texts(...names),
  num_args: attr.int(names.includes('Prelu') ? 2 : 1),
});

const CASES: readonly Case[] = [
  ...['SAME', 'VALID'].flatMap((padding) =>
    [1, 2, 3].flatMap((stride) =>
      [
        [7, 8],
        [6, 9],
      ].map((size): Case => ({
        title: `Conv2D ${padding}, stride ${stride}, ${size.join(' x ')}`,
        op: 'Conv2D',
        image: [2, ...size, 3],
        filter: [3, 2, 3, 4],
        attributes: window(stride, padding),
      })),
    ),
  ),
  {
    title: 'Conv2D, two strides',
    op: 'Conv2D',
    image: [2, 7, 8, 2],
    filter: [3, 3, 2, 3],
    attributes: window(1, 'SAME', 1, 2),
  },
  {
    title: 'Conv2D, dilated',
    op: 'Conv2D',
    image: [2, 8, 8, 2],
    filter: [3, 3, 2, 3],
    attributes: window(1, 'SAME', 2),
  },
  {
    title: 'Conv2D, dilated and valid',
    op: 'Conv2D',
    image: [2, 8, 8, 2],
    filter: [3, 3, 2, 3],
    attributes: window(1, 'VALID', 3),
  },
  {
    title: 'Conv2D, explicit',
    op: 'Conv2D',
    image: [2, 5, 6, 2],
    filter: [3, 3, 2, 3],
    attributes: explicit(1, 2, 0, 3),
  },
  ...['SAME', 'VALID'].flatMap((padding) =>
    [1, 2].map((stride): Case => ({
      title: `DepthwiseConv2dNative ${padding}, stride ${stride}`,
      op: 'DepthwiseConv2dNative',
      image: [2, 7, 7, 3],
      filter: [3, 3, 3, 2],
      attributes: window(stride, padding),
    })),
  ),
  {
    title: 'DepthwiseConv2dNative, dilated',
    op: 'DepthwiseConv2dNative',
    image: [2, 7, 7, 3],
    filter: [3, 3, 3, 1],
    attributes: window(1, 'SAME', 2),
  },
  ...['', 'Relu', 'Relu6', 'Elu', 'Sigmoid', 'LeakyRelu', 'Prelu'].flatMap((activation) =>
    // TensorFlow.js does not read the slope of a fused depthwise convolution, and gives NaN.
    ['_FusedConv2D', ...(activation === 'LeakyRelu' ? [] : ['FusedDepthwiseConv2dNative'])].map((op): Case => ({
      title: `${op} with BiasAdd ${activation}`,
      op,
      image: [2, 6, 6, 3],
      filter: op === '_FusedConv2D' ? [3, 3, 3, 4] : [3, 3, 3, 2],
      attributes: {
        ...window(2, 'SAME'),
        ...fusedOps('BiasAdd', ...(activation === '' ? [] : [activation])),
        leakyrelu_alpha: attr.float(0.3),
      },
      more: {
        bias: floats([op === '_FusedConv2D' ? 4 : 6]),
        ...(activation === 'Prelu' ? { alpha: floats([1, 1, op === '_FusedConv2D' ? 4 : 6]) } : {}),
      },
    })),
  ),
  {
    title: 'Conv1D',
    op: 'Conv1D',
    image: [2, 9, 3],
    filter: [4, 3, 5],
    attributes: { stride: attr.int(2), padding: attr.text('SAME') },
  },
  {
    title: 'Conv1D, dilated',
    op: 'Conv1D',
    image: [2, 9, 3],
    filter: [3, 3, 5],
    attributes: { stride: attr.int(1), padding: attr.text('VALID'), dilation: attr.int(2) },
  },
  ...['SAME', 'VALID'].map((padding): Case => ({
    title: `Conv3D ${padding}`,
    op: 'Conv3D',
    image: [1, 5, 6, 5, 2],
    filter: [2, 3, 3, 2, 3],
    attributes: {
      strides: attr.ints(1, 2, 1, 2, 1),
      padding: attr.text(padding),
      data_format: attr.text('NDHWC'),
      dilations: attr.ints(1, 1, 1, 1, 1),
    },
  })),
];

describe('convolutions agree with TensorFlow.js', () => {
  test.each(CASES.map((one) => [one.title, one] as const))(
    '%s',
    async (title, { op, image, filter, attributes, more = {} }) => {
      const model = graphModel({
        inputs: { x: { shape: [-1, ...image.slice(1)] } },
        weights: { w: floats(filter), ...more },
        nodes: [{ name: 'y', op, input: ['x', 'w', ...Object.keys(more)], attr: attributes }],
        outputs: ['y'],
      });
      // TensorFlow.js has no gradients of dilated convolutions, which are linear.
      const oracle = title.includes('dilated') ? 'linear' : 'own';
      const { outputs, gradients } = await differences(model, { x: fed(image) }, oracle);
      expect(outputs).toBeLessThan(OUTPUT);
      expect(gradients).toBeLessThan(GRADIENT);
    },
  );
});

describe('transposed convolutions agree with TensorFlow.js', () => {
  const CASES = [
    [2, 'SAME', [3, 3], [8, 8], [4, 4]],
    [2, 'SAME', [3, 3], [7, 7], [4, 4]],
    [2, 'SAME', [2, 2], [8, 8], [4, 4]],
    [1, 'SAME', [3, 3], [5, 5], [5, 5]],
    [2, 'VALID', [3, 3], [9, 9], [4, 4]],
    [2, 'VALID', [3, 3], [10, 10], [4, 4]],
    [3, 'VALID', [2, 2], [12, 12], [4, 4]],
    [3, 'SAME', [2, 2], [12, 12], [4, 4]],
  ] as const;
  test.each(CASES)('stride %i, %s, kernel %j, image %j', async (stride, padding, kernel, size, steps) => {
    const nodes: NodeDef[] = [
      { name: 'shape', op: 'Shape', input: ['x'] },
      {
        name: 'samples',
        op: 'StridedSlice',
        input: ['shape', 'zero', 'one', 'one'],
        attr: { shrink_axis_mask: attr.int(1) },
      },
      { name: 'sizes', op: 'Pack', input: ['samples', 'height', 'width', 'channels'], attr: { axis: attr.int(0) } },
      { name: 'y', op: 'Conv2DBackpropInput', input: ['sizes', 'w', 'x'], attr: window(stride, padding) },
    ];
    const model = graphModel({
      inputs: { x: { shape: [-1, ...steps, 3] } },
      weights: {
        w: floats([...kernel, 2, 3]),
        zero: ints(0),
        one: ints(1),
        height: int(size[0]),
        width: int(size[1]),
        channels: int(2),
      },
      nodes,
      outputs: ['y'],
    });
    const { outputs, gradients } = await differences(model, { x: fed([2, ...steps, 3]) });
    expect(outputs).toBeLessThan(OUTPUT);
    expect(gradients).toBeLessThan(GRADIENT);
  });
});

describe('dilated convolutions as TensorFlow writes them', () => {
  const folded = (op: string, filter: readonly number[], pads: readonly number[], fused: Record<string, Attr> = {}) =>
    graphModel({
      inputs: { x: { shape: [-1, 8, 8, 3] } },
      weights: {
        w: floats(filter),
        block: ints(2, 2),
        bias: floats([filter.length === 4 && op.includes('Depth') ? 3 : 4]),
        pads: { dtype: 'int32', shape: [2, 2], values: pads },
        crops: { dtype: 'int32', shape: [2, 2], values: [0, 0, 0, 0] },
      },
      nodes: [
        { name: 'fold', op: 'SpaceToBatchND', input: ['x', 'block', 'pads'] },
        {
          name: 'conv',
          op,
          input: ['fold', 'w', ...(op === '_FusedConv2D' ? ['bias'] : [])],
          attr: { ...window(1, 'VALID'), ...fused },
        },
        {
          name: 'biased',
          op: op === '_FusedConv2D' ? 'Identity' : 'BiasAdd',
          input: ['conv', ...(op === '_FusedConv2D' ? [] : ['bias'])],
        },
        { name: 'y', op: 'BatchToSpaceND', input: ['biased', 'block', 'crops'] },
      ],
      outputs: ['y'],
    });
  test.each([
    ['Conv2D', folded('Conv2D', [3, 3, 3, 4], [2, 2, 2, 2])],
    ['DepthwiseConv2dNative', folded('DepthwiseConv2dNative', [3, 3, 3, 1], [2, 2, 2, 2])],
    ['_FusedConv2D', folded('_FusedConv2D', [3, 3, 3, 4], [2, 2, 2, 2], fusedOps('BiasAdd', 'Relu'))],
  ])('%s is one convolution with holes in its kernel', async (_, model) => {
    const graph = await loweredGraph(model);
    expect(graph.nodes.filter(({ op }) => op === 'Conv')).toHaveLength(1);
    expect(graph.nodes.filter(({ op }) => op === 'Reshape')).toHaveLength(0);
    const { outputs } = await differences(model, { x: fed([2, 8, 8, 3]) }, 'none');
    expect(outputs).toBeLessThan(OUTPUT);
  });
});
