import {
  attr,
  differences,
  fed,
  floats,
  graphModel,
  loweredGraph,
  noise,
  type Attr,
  type GradientOracle,
} from '../../../../../test/graph-models.js';

const OUTPUT = 1e-5;
const GRADIENT = 1e-4;

/** Away from kinks and poles. */
const away = (values: readonly number[], least: number): number[] =>
  values.map((value) => (Math.abs(value) < least ? least * 2 : value));
const positive = (length: number): number[] => noise(length).map((value) => Math.abs(value) + 0.3);
const inside = (length: number): number[] => noise(length).map((value) => value * 0.8);

type Unary = readonly [string, ((length: number) => number[])?, Readonly<Record<string, Attr>>?];

/** Each with what it is fed. */
const complete = (cases: readonly Unary[]) =>
  cases.map(([op, values = noise, attributes = {}]) => ({ op, values, attributes }));

const SMOOTH: readonly Unary[] = [
  ['Abs', (length) => away(noise(length), 0.05)],
  ['Acos', inside],
  ['Acosh', (length) => positive(length).map((value) => value + 1)],
  ['Asin', inside],
  ['Asinh'],
  ['Atan'],
  ['Atanh', inside],
  ['Cos'],
  ['Cosh'],
  ['Elu', (length) => away(noise(length), 0.05)],
  ['Erf'],
  ['Exp'],
  ['Expm1'],
  ['LeakyRelu', (length) => away(noise(length), 0.05), { alpha: attr.float(0.3) }],
  ['LeakyRelu', (length) => away(noise(length), 0.05)],
  ['Log', positive],
  ['Log1p', positive],
  ['Neg'],
  ['Reciprocal', positive],
  ['Relu', (length) => away(noise(length), 0.05)],
  ['Relu6', (length) => away(noise(length), 0.05).map((value) => 8 * value)],
  ['Rsqrt', positive],
  ['Selu', (length) => away(noise(length), 0.05)],
  ['Sigmoid'],
  ['Sin'],
  ['Sinh'],
  ['Softplus'],
  ['Sqrt', positive],
  ['Square'],
  ['Tan', inside],
  ['Tanh'],
  ['Identity'],
  ['StopGradient'],
  ['Softmax'],
  ['LogSoftmax'],
];

/** Without gradients: they are 0, or not asked of TensorFlow.js. */
const STEPS: readonly Unary[] = [
  ['Ceil', (length) => noise(length).map((value) => 3 * value)],
  ['Floor', (length) => noise(length).map((value) => 3 * value)],
  ['Round', () => [0.5, 1.5, 2.5, -0.5, -1.5, 0.49, 2.51, -2.51, 3, 0, 7.5, -7.5]],
  ['Sign', () => [0, -1, 2, 0.5, -0.25, 3, 0, 1, -2, 4, 5, 6]],
  ['IsNan', () => [NaN, 1, Infinity, -Infinity, 0, 1, 2, 3, 4, 5, NaN, 6]],
  ['IsInf', () => [NaN, 1, Infinity, -Infinity, 0, 1, 2, 3, 4, 5, NaN, 6]],
  ['IsFinite', () => [NaN, 1, Infinity, -Infinity, 0, 1, 2, 3, 4, 5, NaN, 6]],
];

const unaryModel = (op: string, attributes: Readonly<Record<string, Attr>> = {}) =>
  graphModel({
    inputs: { x: { shape: [-1, 4] } },
    nodes: [{ name: 'y', op, input: ['x'], attr: attributes }],
    outputs: ['y'],
  });

describe('operators of one tensor agree with TensorFlow.js', () => {
  test.each(complete(SMOOTH))('$op and its gradient', async ({ op, values, attributes }) => {
    const { outputs, gradients } = await differences(unaryModel(op, attributes), { x: fed([3, 4], values(12)) });
    expect(outputs).toBeLessThan(OUTPUT);
    expect(gradients).toBeLessThan(GRADIENT);
  });

  test.each(complete(STEPS))('$op', async ({ op, values }) => {
    const { outputs } = await differences(unaryModel(op), { x: fed([3, 4], values(12)) }, 'none');
    expect(outputs).toBeLessThan(OUTPUT);
  });

  test('ClipByValue', async () => {
    const model = graphModel({
      inputs: { x: { shape: [-1, 4] } },
      weights: { low: floats([], [-0.4]), high: floats([], [0.3]) },
      nodes: [{ name: 'y', op: 'ClipByValue', input: ['x', 'low', 'high'] }],
      outputs: ['y'],
    });
    const { outputs, gradients } = await differences(model, { x: fed([3, 4]) });
    expect(outputs).toBeLessThan(OUTPUT);
    expect(gradients).toBeLessThan(GRADIENT);
  });

  test.each([
    ['DT_INT32', [1.7, -1.7, 0.2, -0.2]],
    ['DT_BOOL', [0, 1, -0.5, 0.1]],
    ['DT_FLOAT', [0, 1, -0.5, 0.1]],
  ])('Cast to %s', async (type, values) => {
    const model = unaryModel('Cast', { DstT: attr.type(type), SrcT: attr.type('DT_FLOAT') });
    expect((await differences(model, { x: fed([1, 4], values) }, 'none')).outputs).toBe(0);
  });
});

interface Binary {
  readonly op: string;
  readonly a?: (length: number) => number[];
  readonly b?: (length: number) => number[];
  readonly gradients?: GradientOracle;
}

const BINARY: readonly Binary[] = [
  { op: 'Add' },
  { op: 'AddV2' },
  { op: 'Sub' },
  { op: 'Mul' },
  { op: 'RealDiv', b: positive },
  { op: 'Div', b: (length) => positive(length).map((value) => -value) },
  // What TensorFlow.js has no gradients of, or none where shapes differ, is differentiated by rules that are tested elsewhere.
  { op: 'DivNoNan', gradients: 'none', b: (length) => positive(length).map((value, i) => (i % 3 === 0 ? 0 : value)) },
  { op: 'Maximum' },
  { op: 'Minimum' },
  { op: 'Pow', a: positive, b: (length) => noise(length, 5).map((value) => 2 * value) },
  { op: 'SquaredDifference' },
  { op: 'Prelu', a: (length) => away(noise(length), 0.05), b: positive },
  { op: 'FloorDiv', a: (length) => noise(length).map((value) => 9 * value), b: positive, gradients: 'none' },
  {
    op: 'FloorMod',
    a: (length) => noise(length).map((value) => 9 * value),
    b: (length) => away(noise(length, 7), 0.1),
    gradients: 'none',
  },
  {
    op: 'Mod',
    a: (length) => noise(length).map((value) => 9 * value),
    b: (length) => away(noise(length, 7), 0.1),
    gradients: 'none',
  },
  {
    op: 'Equal',
    a: (length) => noise(length).map(Math.round),
    b: (length) => noise(length, 3).map(Math.round),
    gradients: 'none',
  },
  {
    op: 'NotEqual',
    a: (length) => noise(length).map(Math.round),
    b: (length) => noise(length, 3).map(Math.round),
    gradients: 'none',
  },
  { op: 'Greater', gradients: 'none' },
  { op: 'GreaterEqual', a: (length) => noise(length).map(Math.round), gradients: 'none' },
  { op: 'Less', gradients: 'none' },
  { op: 'LessEqual', a: (length) => noise(length).map(Math.round), gradients: 'none' },
];

describe('operators of two tensors agree with TensorFlow.js', () => {
  const shapes = [
    [
      [2, 3, 4],
      [2, 3, 4],
    ],
    [[2, 3, 4], [4]],
    [
      [2, 1, 4],
      [3, 1],
    ],
    [[], [2, 3]],
  ] as const;
  const cases = BINARY.flatMap((one) =>
    shapes
      .filter(([a]) => one.op !== 'Prelu' || (a.length === 3 && a[1] === 3))
      .map(([a, b]) => [one.op, a, b, one] as const),
  );
  test.each(cases)('%s of %j and %j', async (op, a, b, { a: first = noise, b: second, gradients: oracle = 'own' }) => {
    const size = (shape: readonly number[]): number => shape.reduce((x, y) => x * y, 1);
    const model = graphModel({
      inputs: { a: { shape: a }, b: { shape: b } },
      nodes: [{ name: 'y', op, input: ['a', 'b'] }],
      outputs: ['y'],
    });
    const feeds = { a: fed(a, first(size(a))), b: fed(b, (second ?? ((length) => noise(length, 4)))(size(b))) };
    const isStretched = a.length !== b.length || a.some((length, axis) => length !== b[axis]);
    const lacks = isStretched && ['Maximum', 'Minimum', 'SquaredDifference'].includes(op);
    const { outputs, gradients } = await differences(model, feeds, lacks ? 'none' : oracle);
    expect(outputs).toBeLessThan(OUTPUT);
    expect(gradients).toBeLessThan(GRADIENT);
  });

  test.each(['FloorDiv', 'FloorMod', 'Mod', 'RealDiv', 'AddV2', 'Mul', 'Maximum', 'SquaredDifference'])(
    '%s of whole numbers of either sign',
    async (op) => {
      const model = graphModel({
        inputs: { a: { shape: [-1], dtype: 'DT_INT32' }, b: { shape: [-1], dtype: 'DT_INT32' } },
        nodes: [{ name: 'y', op, input: ['a', 'b'] }],
        outputs: ['y'],
      });
      const a = [7, -7, 7, -7, 6, -6, 0, 5];
      const b = [2, 2, -2, -2, 3, 3, 5, 7];
      const feeds = { a: { ...fed([8], a), dtype: 'int32' }, b: { ...fed([8], b), dtype: 'int32' } } as const;
      expect((await differences(model, feeds, 'none')).outputs).toBe(0);
    },
  );

  test('AddN of three, and BiasAdd', async () => {
    const model = graphModel({
      inputs: { a: { shape: [-1, 3] }, b: { shape: [-1, 3] } },
      weights: { c: floats([2, 3]), d: floats([3]) },
      nodes: [
        { name: 'sum', op: 'AddN', input: ['a', 'b', 'c'] },
        { name: 'y', op: 'BiasAdd', input: ['sum', 'd'] },
      ],
      outputs: ['y'],
    });
    const { outputs, gradients } = await differences(model, { a: fed([2, 3]), b: fed([2, 3], noise(6, 9)) });
    expect(outputs).toBeLessThan(OUTPUT);
    expect(gradients).toBeLessThan(GRADIENT);
  });

  test.each(['Select', 'SelectV2'])('%s by LogicalAnd, LogicalOr and LogicalNot', async (op) => {
    const model = graphModel({
      inputs: { a: { shape: [-1, 6] }, b: { shape: [-1, 6] } },
      weights: { zero: floats([], [0]), low: floats([], [-0.5]) },
      nodes: [
        { name: 'p', op: 'Greater', input: ['a', 'zero'] },
        { name: 'q', op: 'Greater', input: ['b', 'zero'] },
        { name: 'r', op: 'Less', input: ['a', 'low'] },
        { name: 'and', op: 'LogicalAnd', input: ['p', 'q'] },
        { name: 'or', op: 'LogicalOr', input: ['and', 'r'] },
        { name: 'not', op: 'LogicalNot', input: ['or'] },
        { name: 'y', op, input: ['not', 'a', 'b'] },
      ],
      outputs: ['y'],
    });
    const { outputs } = await differences(model, { a: fed([3, 6]), b: fed([3, 6], noise(18, 6)) }, 'none');
    expect(outputs).toBe(0);
  });
});

describe('images keep their channels first', () => {
  /** Two convolutions with what classifiers have between them. */
  const network = graphModel({
    inputs: { x: { shape: [-1, 8, 8, 3] } },
    weights: {
      w1: floats([3, 3, 3, 4]),
      w2: floats([3, 3, 4, 4]),
      bias: floats([4]),
      one: floats([], [1.25]),
      scale: floats([1, 1, 1, 4]),
      map: floats([8, 8, 1]),
      axes: { dtype: 'int32', shape: [2], values: [1, 2] },
    },
    nodes: [
      { name: 'c1', op: 'Conv2D', input: ['x', 'w1'], attr: SAME() },
      { name: 'b1', op: 'BiasAdd', input: ['c1', 'bias'] },
      { name: 'r1', op: 'Elu', input: ['b1'] },
      { name: 's1', op: 'Mul', input: ['r1', 'scale'] },
      { name: 's2', op: 'AddV2', input: ['one', 's1'] },
      { name: 's3', op: 'Mul', input: ['s2', 'map'] },
      { name: 'gate', op: 'Mean', input: ['s3', 'axes'], attr: { keep_dims: attr.bool(true) } },
      { name: 'gated', op: 'Mul', input: ['s3', 'gate'] },
      { name: 'c2', op: 'Conv2D', input: ['gated', 'w2'], attr: SAME() },
      { name: 'sum', op: 'AddV2', input: ['c2', 'gated'] },
      { name: 'y', op: 'Mean', input: ['sum', 'axes'] },
    ],
    outputs: ['y'],
  });

  test('through everything between convolutions, which one transposition of the input shows', async () => {
    const graph = await loweredGraph(network);
    const turned = graph.nodes.filter(({ op }) => op === 'Transpose');
    expect(turned.map(({ inputs }) => inputs)).toEqual([['x']]);
  });

  test('and gives the same', async () => {
    const { outputs, gradients } = await differences(network, { x: fed([2, 8, 8, 3]) });
    expect(outputs).toBeLessThan(OUTPUT);
    expect(gradients).toBeLessThan(GRADIENT);
  });
});

function SAME(): Record<string, Attr> {
  return { strides: attr.ints(1, 1, 1, 1), padding: attr.text('SAME'), dilations: attr.ints(1, 1, 1, 1) };
}
