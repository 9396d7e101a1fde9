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
  type Fed,
  type NodeDef,
  type Weight,
} from '../../../../../test/graph-models.js';

const OUTPUT = 1e-5;
const GRADIENT = 1e-4;

interface Case {
  readonly title: string;
  readonly op: string;
  readonly shape: readonly number[];
  /** Inputs behind `x`, constants all of them. */
  readonly weights?: Readonly<Record<string, Weight>>;
  readonly attributes?: Readonly<Record<string, Attr>>;
  /** Where `x` stands among the inputs. */
  readonly at?: number;
  readonly outputs?: readonly string[];
  readonly gradients?: GradientOracle;
}

const table = (rows: number, columns: number, ...values: number[]): Weight => ({
  dtype: 'int32',
  shape: [rows, columns],
  values,
});

const reductions = ['Mean', 'Sum', 'Max', 'Min', 'Prod'].flatMap((op): Case[] =>
  [
    [[1], false],
    [[1], true],
    [[2, 0], false],
    [[0, 1, 2], true],
  ].map(([axes, keeps]) => ({
    title: `${op} along [${String(axes)}], ${keeps ? 'kept' : 'gone'}`,
    op,
    shape: [2, 3, 4],
    weights: { axes: ints(...(axes as number[])) },
    attributes: { keep_dims: attr.bool(keeps === true) },
  })),
);

const slices = (
  title: string,
  shape: readonly number[],
  begin: number[],
  end: number[],
  steps: number[],
  masks: Readonly<Record<string, number>> = {},
): Case => ({
  title: `StridedSlice ${title}`,
  op: 'StridedSlice',
  shape,
  weights: { begin: ints(...begin), end: ints(...end), steps: ints(...steps) },
  gradients: 'linear',
  attributes: Object.fromEntries(Object.entries(masks).map(([name, bits]) => [`${name}_mask`, attr.int(bits)])),
});

const CASES: readonly Case[] = [
  ...reductions,
  { title: 'EuclideanNorm', op: 'EuclideanNorm', shape: [2, 3, 4], weights: { axes: ints(1) } },
  {
    title: 'EuclideanNorm, kept',
    op: 'EuclideanNorm',
    shape: [2, 3, 4],
    weights: { axes: ints(2) },
    attributes: { keep_dims: attr.bool(true) },
  },
  { title: 'Cumsum', op: 'Cumsum', shape: [2, 3, 4], weights: { axis: int(1) }, gradients: 'linear' },
  {
    title: 'Cumsum, exclusive and backwards',
    op: 'Cumsum',
    shape: [2, 5],
    weights: { axis: int(1) },
    gradients: 'linear',
    attributes: { exclusive: attr.bool(true), reverse: attr.bool(true) },
  },
  { title: 'ArgMax', op: 'ArgMax', shape: [3, 5], weights: { axis: int(-1) }, gradients: 'none' },
  { title: 'ArgMin', op: 'ArgMin', shape: [3, 5, 2], weights: { axis: int(1) }, gradients: 'none' },
  { title: 'Reshape', op: 'Reshape', shape: [2, 3, 4], weights: { shape: ints(4, 6) } },
  { title: 'Reshape with a rest', op: 'Reshape', shape: [2, 3, 4], weights: { shape: ints(2, -1) } },
  { title: 'ExpandDims', op: 'ExpandDims', shape: [2, 3], weights: { axis: int(1) } },
  { title: 'ExpandDims at the end', op: 'ExpandDims', shape: [2, 3], weights: { axis: int(-1) } },
  { title: 'Squeeze', op: 'Squeeze', shape: [2, 1, 3, 1] },
  { title: 'Squeeze of one axis', op: 'Squeeze', shape: [2, 1, 3, 1], attributes: { squeeze_dims: attr.ints(-1) } },
  { title: 'Transpose', op: 'Transpose', shape: [2, 3, 4], weights: { order: ints(2, 0, 1) } },
  { title: 'Tile', op: 'Tile', shape: [2, 3], weights: { times: ints(2, 3) } },
  { title: 'BroadcastTo', op: 'BroadcastTo', shape: [2, 1, 3], weights: { shape: ints(2, 4, 3) } },
  { title: 'Slice', op: 'Slice', shape: [3, 4, 5], weights: { begin: ints(1, 0, 2), size: ints(2, -1, 1) } },
  slices('[1:3]', [4, 5], [1], [3], [1]),
  slices('[::2, 1:-1]', [4, 5], [0, 1], [0, -1], [2, 1], { begin: 1, end: 1 }),
  slices('[..., 1]', [2, 3, 4], [0, 1], [0, 2], [1, 1], { ellipsis: 1, shrink_axis: 2 }),
  slices('[:, None, -1]', [2, 3, 4], [0, 0, -1], [0, 0, 0], [1, 1, 1], {
    begin: 1,
    end: 1,
    new_axis: 2,
    shrink_axis: 4,
  }),
  slices('[0]', [2, 3], [0], [1], [1], { shrink_axis: 1 }),
  slices('[1, ..., 2:]', [2, 3, 4, 5], [1, 0, 2], [2, 0, 0], [1, 1, 1], { ellipsis: 2, shrink_axis: 1, end: 4 }),
  slices('[::-1]', [4, 5], [0], [0], [-1], { begin: 1, end: 1 }),
  slices('[3:0:-2]', [5, 2], [3], [0], [-2]),
  { title: 'ReverseV2', op: 'ReverseV2', shape: [3, 4], weights: { axes: ints(1) } },
  { title: 'Gather', op: 'Gather', shape: [4, 3], weights: { indices: ints(2, 0, 0) } },
  { title: 'GatherV2', op: 'GatherV2', shape: [2, 4, 3], weights: { indices: table(2, 2, 3, 1, 1, 0), axis: int(1) } },
  {
    title: 'GatherNd',
    op: 'GatherNd',
    shape: [3, 4, 2],
    weights: { indices: table(2, 2, 2, 3, 0, 1) },
    gradients: 'linear',
  },
  {
    title: 'ConcatV2',
    op: 'ConcatV2',
    shape: [2, 3],
    weights: { other: floats([2, 4]), axis: int(-1) },
    attributes: { N: attr.int(2) },
  },
  {
    title: 'Concat',
    op: 'Concat',
    shape: [2, 3],
    at: 1,
    weights: { axis: int(0), other: floats([1, 3]) },
    attributes: { N: attr.int(2) },
  },
  { title: 'Pack', op: 'Pack', shape: [2, 3], weights: { other: floats([2, 3]) }, attributes: { axis: attr.int(1) } },
  {
    title: 'Unpack',
    op: 'Unpack',
    shape: [2, 3, 4],
    attributes: { axis: attr.int(1), num: attr.int(3) },
    outputs: ['y:1', 'y:0', 'y:2'],
  },
  {
    title: 'Split',
    op: 'Split',
    shape: [2, 6],
    at: 1,
    weights: { axis: int(1) },
    attributes: { num_split: attr.int(3) },
    outputs: ['y:2', 'y'],
  },
  {
    title: 'SplitV',
    op: 'SplitV',
    shape: [2, 6],
    weights: { sizes: ints(1, 3, 2), axis: int(1) },
    outputs: ['y:1', 'y:2'],
  },
  { title: 'Pad', op: 'Pad', shape: [2, 3], weights: { pads: table(2, 2, 1, 0, 2, 1) } },
  { title: 'PadV2', op: 'PadV2', shape: [2, 3], weights: { pads: table(2, 2, 1, 0, 2, 1), value: floats([], [1.5]) } },
  {
    title: 'MirrorPad REFLECT',
    op: 'MirrorPad',
    shape: [1, 4, 4, 2],
    weights: { pads: table(4, 2, 0, 0, 2, 1, 1, 3, 0, 0) },
    attributes: { mode: attr.text('REFLECT') },
    gradients: 'linear',
  },
  {
    title: 'MirrorPad SYMMETRIC',
    op: 'MirrorPad',
    shape: [1, 4, 4, 2],
    weights: { pads: table(4, 2, 0, 0, 2, 1, 1, 4, 0, 0) },
    attributes: { mode: attr.text('SYMMETRIC') },
    gradients: 'linear',
  },
  {
    title: 'TopKV2',
    op: 'TopKV2',
    shape: [2, 5],
    weights: { k: int(2) },
    attributes: { sorted: attr.bool(true) },
    outputs: ['y', 'y:1'],
    gradients: 'none',
  },
  { title: 'Shape', op: 'Shape', shape: [2, 5], gradients: 'none' },
  { title: 'Size', op: 'Size', shape: [2, 5], gradients: 'none' },
  { title: 'Rank', op: 'Rank', shape: [2, 5], gradients: 'none' },
  { title: 'ZerosLike', op: 'ZerosLike', shape: [2, 5], gradients: 'none' },
  { title: 'OnesLike', op: 'OnesLike', shape: [2, 5], gradients: 'none' },
  {
    title: 'DepthToSpace',
    op: 'DepthToSpace',
    shape: [2, 2, 3, 8],
    attributes: { block_size: attr.int(2), data_format: attr.text('NHWC') },
    gradients: 'linear',
  },
  {
    title: 'SpaceToBatchND',
    op: 'SpaceToBatchND',
    shape: [2, 4, 5, 3],
    weights: { block: ints(2, 3), pads: table(2, 2, 0, 0, 1, 0) },
  },
  {
    title: 'BatchToSpaceND',
    op: 'BatchToSpaceND',
    shape: [12, 2, 2, 3],
    weights: { block: ints(2, 3), crops: table(2, 2, 0, 1, 1, 0) },
  },
  { title: 'EnsureShape', op: 'EnsureShape', shape: [2, 3], weights: { shape: ints(2, 3) }, gradients: 'linear' },
];

describe('operators that move, cut, join and add up agree with TensorFlow.js', () => {
  test.each(CASES.map((one) => [one.title, one] as const))('%s', async (title, one) => {
    const { op, shape, weights = {}, attributes = {}, at = 0, outputs = ['y'], gradients: oracle = 'own' } = one;
    const names = Object.keys(weights);
    const model = graphModel({
      inputs: { x: { shape } },
      weights,
      nodes: [{ name: 'y', op, input: [...names.slice(0, at), 'x', ...names.slice(at)], attr: attributes }],
      outputs,
    });
    const size = shape.reduce((a, b) => a * b, 1);
    const feeds: Record<string, Fed> = { x: fed(shape, noise(size, 2)) };
    const { outputs: output, gradients } = await differences(model, feeds, oracle);
    expect([title, output]).toEqual([title, expect.closeTo(0, -Math.log10(2 * OUTPUT))]);
    expect(gradients).toBeLessThan(GRADIENT);
  });

  test.each([
    ['All', [1, 1, 0, 1, 1, 1]],
    ['Any', [0, 0, 0, 0, 1, 0]],
  ])('%s', async (op, values) => {
    const model = graphModel({
      inputs: { x: { shape: [-1, 3], dtype: 'DT_BOOL' } },
      weights: { axis: ints(1) },
      nodes: [{ name: 'y', op, input: ['x', 'axis'] }],
      outputs: ['y'],
    });
    expect((await differences(model, { x: { shape: [2, 3], values, dtype: 'bool' } }, 'none')).outputs).toBe(0);
  });

  test('Where, GatherNd and ScatterNd by what is found', async () => {
    const model = graphModel({
      inputs: { x: { shape: [-1, 4] } },
      weights: { zero: floats([], [0]), shape: ints(3, 4) },
      nodes: [
        { name: 'positive', op: 'Greater', input: ['x', 'zero'] },
        { name: 'places', op: 'Where', input: ['positive'] },
        { name: 'found', op: 'GatherNd', input: ['x', 'places'] },
        { name: 'y', op: 'ScatterNd', input: ['places', 'found', 'shape'] },
      ],
      outputs: ['y', 'found'],
    });
    expect((await differences(model, { x: fed([3, 4]) }, 'none')).outputs).toBe(0);
  });

  test('GatherV2 with an axis of samples in common', async () => {
    const model = graphModel({
      inputs: { x: { shape: [-1, 4, 2] }, i: { shape: [-1, 3], dtype: 'DT_INT32' } },
      weights: { axis: int(1) },
      nodes: [{ name: 'y', op: 'GatherV2', input: ['x', 'i', 'axis'], attr: { batch_dims: attr.int(1) } }],
      outputs: ['y'],
    });
    const feeds = { x: fed([2, 4, 2]), i: { shape: [2, 3], values: [3, 0, 1, 2, 2, 0], dtype: 'int32' } } as const;
    expect((await differences(model, feeds, 'none')).outputs).toBe(0);
  });

  test('OneHot', async () => {
    const model = graphModel({
      inputs: { x: { shape: [-1], dtype: 'DT_INT32' } },
      weights: { depth: int(3), on: floats([], [2]), off: floats([], [-1]) },
      nodes: [
        {
          name: 'y',
          op: 'OneHot',
          input: ['x', 'depth', 'on', 'off'],
          attr: { axis: attr.int(-1), T: attr.type('DT_FLOAT') },
        },
      ],
      outputs: ['y'],
    });
    expect(
      (await differences(model, { x: { shape: [4], values: [2, 0, 1, 5], dtype: 'int32' } }, 'none')).outputs,
    ).toBe(0);
  });

  test('TensorScatterUpdate', async () => {
    const model = graphModel({
      inputs: { x: { shape: [4, 2] } },
      weights: { places: table(2, 1, 3, 1), rows: floats([2, 2]) },
      nodes: [{ name: 'y', op: 'TensorScatterUpdate', input: ['x', 'places', 'rows'] }],
      outputs: ['y'],
    });
    expect((await differences(model, { x: fed([4, 2]) }, 'none')).outputs).toBe(0);
  });

  test('SpaceToDepth is the inverse of DepthToSpace', async () => {
    const block = { block_size: attr.int(2), data_format: attr.text('NHWC') };
    const model = (nodes: readonly NodeDef[]) =>
      graphModel({ inputs: { x: { shape: [2, 4, 6, 3] } }, nodes, outputs: ['y'] });
    const there = model([
      { name: 'deep', op: 'SpaceToDepth', input: ['x'], attr: block },
      { name: 'y', op: 'DepthToSpace', input: ['deep'], attr: block },
    ]);
    const { executeGraph } = await import('../../../../../test/onnx-graphs.js');
    const x = noise(144);
    const { runtimeFeeds } = await import('../../../../../test/graph-models.js');
    const result = await executeGraph(await loweredGraph(there), runtimeFeeds({ x: fed([2, 4, 6, 3], x) }));
    expect(Array.from(result.get('y')?.data as Float32Array)).toEqual(Array.from(Float32Array.from(x)));
  });
});

describe('shapes that are computed', () => {
  const flattened = (rest: readonly NodeDef[], weights: Readonly<Record<string, Weight>>) =>
    graphModel({
      inputs: { x: { shape: [-1, 3, 4] } },
      weights: { begin: ints(0), end: ints(1), step: ints(1), ...weights },
      nodes: [
        { name: 'shape', op: 'Shape', input: ['x'] },
        {
          name: 'samples',
          op: 'StridedSlice',
          input: ['shape', 'begin', 'end', 'step'],
          attr: { shrink_axis_mask: attr.int(1) },
        },
        ...rest,
      ],
      outputs: ['y'],
    });

  test('from the number of samples alone are no computation in ONNX', async () => {
    const model = flattened(
      [
        { name: 'target', op: 'Pack', input: ['samples', 'rest'], attr: { axis: attr.int(0) } },
        { name: 'y', op: 'Reshape', input: ['x', 'target'] },
      ],
      { rest: int(-1) },
    );
    expect((await loweredGraph(model)).nodes.map(({ op }) => op)).toEqual(['Reshape']);
    const { outputs, gradients } = await differences(model, { x: fed([5, 3, 4]) });
    expect([outputs, gradients]).toEqual([0, 0]);
  });

  test('of states of zeros for each sample', async () => {
    const model = flattened(
      [
        { name: 'dims', op: 'Pack', input: ['samples', 'units'], attr: { axis: attr.int(0) } },
        { name: 'zeros', op: 'Fill', input: ['dims', 'half'] },
        { name: 'sum', op: 'Sum', input: ['x', 'axis'] },
        { name: 'y', op: 'AddV2', input: ['sum', 'zeros'] },
      ],
      { units: int(4), half: floats([], [0.5]), axis: ints(1) },
    );
    const { outputs, gradients } = await differences(model, { x: fed([5, 3, 4]) });
    expect(outputs).toBeLessThan(OUTPUT);
    expect(gradients).toBeLessThan(GRADIENT);
  });

  test('with two sizes that are open', async () => {
    const model = graphModel({
      inputs: { x: { shape: [-1, -1, 4] } },
      weights: { begin: ints(0), end: ints(2), step: ints(1), heads: ints(2, 2), axis: int(0) },
      nodes: [
        { name: 'shape', op: 'Shape', input: ['x'] },
        { name: 'front', op: 'StridedSlice', input: ['shape', 'begin', 'end', 'step'] },
        { name: 'target', op: 'ConcatV2', input: ['front', 'heads', 'axis'] },
        { name: 'y', op: 'Reshape', input: ['x', 'target'] },
      ],
      outputs: ['y'],
    });
    expect((await differences(model, { x: fed([2, 3, 4]) })).outputs).toBe(0);
  });

  test('Range over a size, Prod, Maximum and FloorDiv of sizes', async () => {
    const model = graphModel({
      inputs: { x: { shape: [-1, -1] } },
      weights: {
        zero: int(0),
        one: int(1),
        two: int(2),
        axis: int(0),
        all: ints(0),
        begin: ints(1),
        end: ints(2),
        step: ints(1),
      },
      nodes: [
        { name: 'shape', op: 'Shape', input: ['x'] },
        {
          name: 'width',
          op: 'StridedSlice',
          input: ['shape', 'begin', 'end', 'step'],
          attr: { shrink_axis_mask: attr.int(1) },
        },
        { name: 'steps', op: 'Range', input: ['zero', 'width', 'one'], attr: { Tidx: attr.type('DT_INT32') } },
        { name: 'real', op: 'Cast', input: ['steps'], attr: { DstT: attr.type('DT_FLOAT') } },
        { name: 'y', op: 'AddV2', input: ['x', 'real'] },
        { name: 'count', op: 'Prod', input: ['shape', 'all'] },
        { name: 'half', op: 'FloorDiv', input: ['count', 'two'] },
        { name: 'most', op: 'Maximum', input: ['half', 'width'] },
      ],
      outputs: ['y', 'most'],
    });
    expect((await differences(model, { x: fed([2, 3]) }, 'none')).outputs).toBe(0);
  });
});
