import Long from 'long';
import { openOnnxModel } from '../../index.js';
import { float32Constant, int64Constant } from '../../graph/constants.js';
import type { Attribute, Constant, Graph, Node } from '../../graph/ir.js';
import { decodeModel, encodeModel } from '../../proto/codec.js';
import { FunctionProto, GraphProto, ModelProto } from '../../proto/schema.js';
import { writeTensor } from '../../proto/tensor.js';
import {
  attributeMessage,
  modelBytes,
  nodeMessage,
  opsetImport,
  valueMessage,
} from '../../../../../test/onnx-files.js';
import { float32, graphOf, int, node } from '../../../../../test/onnx-graphs.js';
import { specOf } from '../../../../../test/linear-model.js';
import { straighten } from './control-flow.js';
import { inlineFunctions } from './functions.js';

function graphMessage(name: string, nodes: readonly Uint8Array[]): Uint8Array {
  return GraphProto.encode({ name, node: nodes, output: [valueMessage('r')] });
}

function graphAttribute(name: string, graph: Uint8Array, captures: readonly string[]): Attribute {
  return { kind: 'opaque', bytes: attributeMessage(name, 5, { g: [graph] }), captures };
}

function branches(then: readonly Uint8Array[], otherwise: readonly Uint8Array[], captures: readonly string[]) {
  return {
    then_branch: graphAttribute('then_branch', graphMessage('then', then), captures),
    else_branch: graphAttribute('else_branch', graphMessage('else', otherwise), captures),
  };
}

const doubled = [nodeMessage('Add', ['h', 'h'], ['r'])];
const kept = [nodeMessage('Identity', ['h'], ['r'])];
const W: Constant = float32Constant([2, 2], [1, -2, 0.5, 3]);

/** x -> h -> what `middle` makes of it, b -> y = b W */
function sandwich(middle: readonly Node[], constants: Readonly<Record<string, Constant>> = {}, opset = 17): Graph {
  return graphOf({
    opset,
    nodes: [node('Identity', ['x'], ['h']), ...middle, node('MatMul', ['b', 'w'], ['y'])],
    inputs: [{ name: 'x', type: 'float32', shape: ['n', 2] }],
    outputs: ['y'],
    constants: { w: W, ...constants },
  });
}

const typed = (graph: Graph): Graph => ({ ...graph, outputs: [{ name: 'y', type: 'float32', shape: ['n', 2] }] });

async function gradientOf(graph: Graph, x: readonly number[], score: number) {
  const model = await openOnnxModel(modelBytes(encodeModel(typed(graph))), specOf('classes', [2]));
  const { noGradients, notes } = model.facts;
  if (noGradients !== null) {
    await model.dispose();
    return { noGradients, notes, gradient: [] };
  }
  const inputs = { shape: [1, 2], data: Float32Array.from(x) };
  const { gradient } = await model.gradient(inputs, { kind: 'score', labels: Float64Array.of(score) });
  await model.dispose();
  return { noGradients, notes, gradient: [...gradient.data] };
}

describe('branches', () => {
  test('a condition on shapes is decided, as PyTorch writes squeeze', async () => {
    const graph = sandwich(
      [
        node('Shape', ['h'], ['s'], { start: int(1), end: int(2) }),
        node('Squeeze', ['s'], ['d']),
        node('Equal', ['d', 'two'], ['is_two']),
        node('If', ['is_two'], ['b'], branches(doubled, kept, ['h'])),
      ],
      { two: int64Constant([], [2]) },
    );
    expect(await gradientOf(graph, [1, 1], 0)).toEqual({ noGradients: null, notes: [], gradient: [2, 1] });
  });

  test('a condition on data that is the same on real inputs is assumed in front of the first layer, and noted', async () => {
    const graph = sandwich(
      [
        node('ReduceMax', ['h'], ['top'], { keepdims: int(0) }),
        node('Greater', ['top', 'ten'], ['is_large']),
        node('If', ['is_large'], ['b'], branches(doubled, kept, ['h'])),
      ],
      { ten: float32Constant([], [10]) },
    );
    const { gradient, notes } = await gradientOf(graph, [1, 1], 1);
    expect(gradient).toEqual([-2, 3]);
    expect(notes).toEqual([
      'node `If to b` (If) was taken for constant: it is, on real inputs, and no weighted layer stands before it',
    ]);
  });

  test('a condition behind a layer leaves the scores and names the node', async () => {
    const graph = sandwich(
      [
        node('MatMul', ['h', 'w'], ['z']),
        node('ReduceMax', ['z'], ['top'], { keepdims: int(0) }),
        node('Greater', ['top', 'ten'], ['is_large']),
        node('If', ['is_large'], ['b'], branches(doubled, kept, ['h'])),
      ],
      { ten: float32Constant([], [10]) },
    );
    const { noGradients } = await gradientOf(graph, [1, 1], 0);
    expect(noGradients).toBe(
      'node `If to b` (If) is control flow, which has no gradient, and stands behind a weighted layer',
    );
  });

  test('branches in branches, with names that are taken outside', async () => {
    const inner = nodeMessage('If', ['yes'], ['r'], {
      attribute: [
        attributeMessage('then_branch', 5, { g: [graphMessage('then', doubled)] }),
        attributeMessage('else_branch', 5, { g: [graphMessage('else', kept)] }),
      ],
    });
    const graph = sandwich(
      [
        node('Neg', ['h'], ['r']),
        node('If', ['yes'], ['b0'], branches([inner], kept, ['h', 'yes'])),
        node('Add', ['b0', 'r'], ['b']),
      ],
      { yes: { type: 'bool', shape: [], bytes: Uint8Array.of(1) } },
    );
    // 2 x - x = x.
    expect((await gradientOf(graph, [3, 4], 0)).gradient).toEqual([1, 0.5]);
  });
});

describe('loops and sequences', () => {
  const carried = [valueMessage('i', 7), valueMessage('go', 9), valueMessage('v', 1, [2])];
  const doubling = GraphProto.encode({
    name: 'body',
    node: [nodeMessage('Identity', ['go'], ['still']), nodeMessage('Add', ['v', 'v'], ['twice'])],
    input: carried,
    output: [valueMessage('still', 9), valueMessage('twice', 1, [2])],
  });
  const body = graphAttribute('body', doubling, []);
  const constants = {
    three: int64Constant([], [3]),
    yes: { type: 'bool', shape: [], bytes: Uint8Array.of(1) },
    one: float32Constant([2], [1, 0.5]),
  } as const;

  test('a loop over constants is its result', async () => {
    const graph = sandwich(
      [node('Loop', ['three', 'yes', 'one'], ['eight'], { body }), node('Mul', ['h', 'eight'], ['b'])],
      constants,
    );
    // 2^3 (1, 0.5)
    expect(await gradientOf(graph, [1, 1], 0)).toEqual({ noGradients: null, notes: [], gradient: [8, 2] });
  });

  test('a loop that gives other results for other inputs has no gradient', async () => {
    const graph = sandwich(
      [
        node('ReduceSum', ['h', 'rows'], ['start'], { keepdims: int(0) }),
        node('Loop', ['three', 'yes', 'start'], ['eight'], { body }),
        node('Mul', ['h', 'eight'], ['b']),
      ],
      { ...constants, rows: int64Constant([1], [0]) },
    );
    expect((await gradientOf(graph, [1, 1], 0)).noGradients).toBe(
      'node `Loop to eight` (Loop) is control flow, which has no gradient, and gives other results for other inputs',
    );
  });

  test('a sequence of constants is constant', async () => {
    const graph = sandwich(
      [
        node('SequenceConstruct', ['one', 'one'], ['q']),
        node('SequenceAt', ['q', 'zero'], ['first']),
        node('Mul', ['h', 'first'], ['b']),
      ],
      { one: constants.one, zero: int64Constant([], [0]) },
    );
    expect((await gradientOf(graph, [1, 1], 0)).gradient).toEqual([1, 0.25]);
  });

  test('a graph without control flow stays as it is', async () => {
    const graph = sandwich([node('Relu', ['h'], ['b'])]);
    expect((await straighten(graph, [{ x: float32([2, 2], [1, 2, 3, 4]) }])).graph).toBe(graph);
  });
});

describe('functions of the model', () => {
  /** scale(x) = LeakyRelu(x, alpha = slope) * factor, and twice(x) = scale(scale(x)) */
  const scale = FunctionProto.encode({
    name: 'scale',
    domain: 'my.module',
    input: ['v'],
    output: ['out'],
    opsetImport: [opsetImport('', 17)],
    attributeProto: [attributeMessage('slope', 1, { f: 0.5 })],
    node: [
      nodeMessage('Constant', [], ['factor'], {
        attribute: [attributeMessage('value', 4, { t: [writeTensor(float32Constant([], [3]), 'factor')] })],
      }),
      nodeMessage('LeakyRelu', ['v'], ['h'], {
        attribute: [attributeMessage('alpha', 1, { refAttrName: 'slope' })],
      }),
      nodeMessage('Mul', ['h', 'factor'], ['out']),
    ],
  });
  const twice = FunctionProto.encode({
    name: 'twice',
    domain: 'my.module',
    input: ['v'],
    output: ['out'],
    opsetImport: [opsetImport('', 17), opsetImport('my.module', 1)],
    node: [
      nodeMessage('scale', ['v'], ['once'], {
        domain: 'my.module',
        attribute: [attributeMessage('slope', 1, { f: 0.25 })],
      }),
      nodeMessage('scale', ['once'], ['out'], { domain: 'my.module' }),
    ],
  });
  const itself = FunctionProto.encode({
    name: 'itself',
    domain: 'my.module',
    input: ['v'],
    output: ['out'],
    opsetImport: [opsetImport('', 17), opsetImport('my.module', 1)],
    node: [nodeMessage('itself', ['v'], ['out'], { domain: 'my.module' })],
  });

  const calling = (functions: readonly Uint8Array[], op: string): Graph => {
    const graph = sandwich([node(op, ['h'], ['b'], {}, 'my.module')]);
    const file = ModelProto.decode(
      encodeModel({
        ...typed(graph),
        opsets: new Map([
          ['', 17],
          ['my.module', 1],
        ]),
      }),
    );
    return decodeModel(modelBytes(ModelProto.encode({ ...file, irVersion: Long.fromNumber(8), functions })));
  };

  test('calls give way to bodies, attributes and their defaults included', async () => {
    const graph = calling([scale, twice], 'twice');
    expect(inlineFunctions(graph).nodes.map(({ op }) => op)).toEqual(
      'Identity LeakyRelu Mul Identity LeakyRelu Mul Identity Identity MatMul'.split(' '),
    );
    // x_0 > 0: 3 * 3; x_1 < 0: 3 * 0.25 * 3 * 0.5.
    const { gradient, noGradients } = await gradientOf(graph, [1, -1], 0);
    expect(noGradients).toBeNull();
    expect(gradient).toEqual([9, 0.5 * 9 * 0.125]);
  });

  test('a function that calls itself is refused', () => {
    expect(() => inlineFunctions(calling([itself], 'itself'))).toThrow('calls itself');
  });

  test('a function in another opset is refused', () => {
    const old = FunctionProto.encode({ ...FunctionProto.decode(scale), opsetImport: [opsetImport('', 13)] });
    expect(() => inlineFunctions(calling([old], 'scale'))).toThrow(
      'is a function in opset 13, and the model is in opset 17',
    );
  });
});
