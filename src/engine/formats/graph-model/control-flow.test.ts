import {
  attr,
  differences,
  fed,
  floats,
  graphModel,
  int,
  ints,
  loweredGraph,
  type NodeDef,
  type Weight,
} from '../../../../test/graph-models.js';

const OUTPUT = 1e-5;

interface FunctionParts {
  readonly inputs: readonly (readonly [string, string])[];
  readonly nodes: readonly NodeDef[];
  /** Outputs with their types, and what gives them. */
  readonly outputs: readonly (readonly [string, string, string])[];
}

function definition(name: string, { inputs, nodes, outputs }: FunctionParts): object {
  return {
    signature: {
      name,
      inputArg: inputs.map(([argument, type]) => ({ name: argument, type })),
      outputArg: outputs.map(([argument, type]) => ({ name: argument, type })),
    },
    nodeDef: nodes,
    ret: Object.fromEntries(outputs.map(([argument, , reference]) => [argument, reference])),
  };
}

/** h <- tanh(x_t w + h) for every step t of x [n, 5, 3], as TensorFlow 2 writes a recurrent layer. */
const WEIGHTS: Readonly<Record<string, Weight>> = {
  w: floats([3, 3]),
  order: ints(1, 0, 2),
  element: ints(-1, 3),
  steps: int(5),
  zero: int(0),
  one: int(1),
  none: ints(0),
  first: ints(1),
};

const CONDITION = definition('condition', {
  inputs: [
    ['step', 'DT_INT32'],
    ['h', 'DT_FLOAT'],
    ['given', 'DT_VARIANT'],
    ['made', 'DT_VARIANT'],
    ['count', 'DT_INT32'],
    ['more', 'DT_INT32'],
  ],
  nodes: [{ name: 'less', op: 'Less', input: ['step', 'count'] }],
  outputs: [['less', 'DT_BOOL', 'less:z:0']],
});

const BODY = definition('body', {
  inputs: [
    ['step', 'DT_INT32'],
    ['h', 'DT_FLOAT'],
    ['given', 'DT_VARIANT'],
    ['made', 'DT_VARIANT'],
    ['count', 'DT_INT32'],
    ['more', 'DT_INT32'],
  ],
  nodes: [
    { name: 'w', op: 'Const', attr: { dtype: attr.type('DT_FLOAT') } },
    { name: 'element', op: 'Const', attr: { dtype: attr.type('DT_INT32') } },
    {
      name: 'x',
      op: 'TensorListGetItem',
      input: ['given', 'step', 'element'],
      attr: { element_dtype: attr.type('DT_FLOAT') },
    },
    { name: 'product', op: 'MatMul', input: ['x:item:0', 'w'] },
    { name: 'sum', op: 'AddV2', input: ['product:product:0', 'h'] },
    { name: 'state', op: 'Tanh', input: ['sum:z:0'] },
    {
      name: 'written',
      op: 'TensorListSetItem',
      input: ['made', 'step', 'state:y:0'],
      attr: { element_dtype: attr.type('DT_FLOAT') },
    },
    { name: 'next', op: 'AddV2', input: ['step', 'more'] },
  ],
  outputs: [
    ['a', 'DT_INT32', 'next:z:0'],
    ['b', 'DT_FLOAT', 'state:y:0'],
    ['c', 'DT_VARIANT', 'given'],
    ['d', 'DT_VARIANT', 'written:output_handle:0'],
    ['e', 'DT_INT32', 'count'],
    ['f', 'DT_INT32', 'more'],
  ],
});

const recurrent = graphModel({
  inputs: { x: { shape: [-1, 5, 3] } },
  weights: WEIGHTS,
  nodes: [
    { name: 'major', op: 'Transpose', input: ['x', 'order'] },
    {
      name: 'given',
      op: 'TensorListFromTensor',
      input: ['major', 'element'],
      attr: { element_dtype: attr.type('DT_FLOAT') },
    },
    {
      name: 'made',
      op: 'TensorListReserve',
      input: ['element', 'steps'],
      attr: { element_dtype: attr.type('DT_FLOAT') },
    },
    { name: 'start', op: 'Sum', input: ['x', 'first'] },
    {
      name: 'loop',
      op: 'StatelessWhile',
      input: ['zero', 'start', 'given', 'made', 'steps', 'one'],
      attr: { cond: attr.func('condition'), body: attr.func('body') },
    },
    {
      name: 'all',
      op: 'TensorListStack',
      input: ['loop:3', 'element'],
      attr: { element_dtype: attr.type('DT_FLOAT') },
    },
    { name: 'y', op: 'Transpose', input: ['all', 'order'] },
    { name: 'last', op: 'Identity', input: ['loop:1'] },
  ],
  outputs: ['y', 'last'],
  functions: [CONDITION, BODY],
});

describe('loops over the steps of a sequence', () => {
  test('are written out and give the same', async () => {
    const graph = await loweredGraph(recurrent);
    expect(graph.nodes.filter(({ op }) => op === 'Tanh')).toHaveLength(5);
    expect(graph.nodes.filter(({ op }) => op === 'Split')).toHaveLength(1);
    expect((await differences(recurrent, { x: fed([2, 5, 3]) }, 'none')).outputs).toBeLessThan(OUTPUT);
  });
});

describe('branches', () => {
  const branch = (name: string, op: string) =>
    definition(name, {
      inputs: [['x', 'DT_FLOAT']],
      nodes: [{ name: 'r', op, input: ['x'] }],
      outputs: [['r', 'DT_FLOAT', 'r:y:0']],
    });
  const model = (condition: NodeDef, weights: Readonly<Record<string, Weight>> = {}) =>
    graphModel({
      inputs: { x: { shape: [-1, 3] } },
      weights: { axes: ints(0, 1), zero: floats([], [0]), ...weights },
      nodes: [
        { name: 'sum', op: 'Sum', input: ['x', 'axes'] },
        condition,
        {
          name: 'y',
          op: 'StatelessIf',
          input: ['p', 'x'],
          attr: { then_branch: attr.func('positive'), else_branch: attr.func('negative') },
        },
      ],
      outputs: ['y'],
      functions: [branch('positive', 'Exp'), branch('negative', 'Sin')],
    });

  test('that depend on a computation are both computed', async () => {
    const computed = model({ name: 'p', op: 'Greater', input: ['sum', 'zero'] });
    for (const values of [
      [1, 2, 3],
      [-1, -2, -3],
    ]) {
      expect((await differences(computed, { x: fed([1, 3], values) }, 'none')).outputs).toBeLessThan(OUTPUT);
    }
  });

  test('that are known are taken alone', async () => {
    const known = model(
      { name: 'p', op: 'Identity', input: ['flag'] },
      { flag: { dtype: 'bool', shape: [], values: [0] } },
    );
    expect((await loweredGraph(known)).nodes.map(({ op }) => op)).toEqual(['Sin']);
    expect((await differences(known, { x: fed([1, 3]) }, 'none')).outputs).toBeLessThan(OUTPUT);
  });

  test('of TensorFlow 1 are taken where they are known', async () => {
    const switched = graphModel({
      inputs: { x: { shape: [-1, 3] } },
      weights: { training: { dtype: 'bool', shape: [], values: [0] }, half: floats([], [0.5]) },
      nodes: [
        { name: 'switch', op: 'Switch', input: ['x', 'training'] },
        { name: 'dropped', op: 'Mul', input: ['switch:1', 'half'] },
        { name: 'kept', op: 'Sin', input: ['switch'] },
        { name: 'y', op: 'Merge', input: ['kept', 'dropped'] },
      ],
      outputs: ['y'],
    });
    expect((await loweredGraph(switched)).nodes.map(({ op }) => op)).toEqual(['Sin']);
    expect((await differences(switched, { x: fed([2, 3]) }, 'none')).outputs).toBeLessThan(OUTPUT);
  });
});
