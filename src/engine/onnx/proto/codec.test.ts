import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Long from 'long';
import { packageRoot } from '#base/package-root';
import { rng } from '#stats/random';
import {
  attributeMessage,
  bytesOf,
  expectSameExecution,
  modelFile,
  nodeMessage,
  opsetImport,
  read,
  tensorMessage,
  valueMessage,
} from '../../../../test/onnx-files.js';
import { execute, executeGraph, float, float32, graphOf, int, ints, node, text } from '../../../../test/onnx-graphs.js';
import { float32Constant, int64Constant, integersOf } from '../graph/constants.js';
import type { Attribute, Graph } from '../graph/ir.js';
import { encodeModel } from './codec.js';
import { AttributeProto, FunctionProto, GraphProto, SparseTensorProto } from './schema.js';

describe('round trips', () => {
  const tensor: Attribute = { kind: 'tensor', value: float32Constant([2], [1, 2]) };
  const everything: Graph = {
    name: 'everything',
    irVersion: 9,
    opsets: new Map([
      ['', 20],
      ['com.microsoft', 1],
      ['ai.onnx.ml', 3],
      ['mine', 1],
    ]),
    inputs: [
      { name: 'x', type: 'float32', shape: ['batch', 3, null, 0] },
      { name: 'scalar', type: 'int64', shape: [] },
      { name: 'unknown', type: 'bool', shape: null },
    ],
    outputs: [
      { name: 'y', type: 'float32', shape: null },
      { name: 'x', type: 'other', shape: null },
    ],
    nodes: [
      node(
        'Many',
        ['x', '', 'w'],
        ['a', '', 'b'],
        {
          float: float(Math.fround(0.1)),
          not_a_number: float(NaN),
          minus_zero: float(-0),
          largest: int(2 ** 63),
          smallest: int(-(2 ** 63)),
          text: text('größe ∇ \u{1F9EA}'),
          empty: text(''),
          tensor,
          floats: { kind: 'floats', value: [1, -Infinity, 0.5] },
          ints: ints(2 ** 63, -(2 ** 63), 0, 2 ** 53 - 1),
          no_ints: ints(),
          strings: { kind: 'strings', value: ['', 'ß'] },
          binary: {
            kind: 'opaque',
            captures: [],
            bytes: attributeMessage('binary', 3, { s: Uint8Array.of(0xff, 0xfe) }),
          },
        },
        'com.microsoft',
      ),
      node('Own', ['a', 'scalar'], ['y'], {}, 'mine'),
    ],
    constants: new Map([
      ['w', float32Constant([2, 2], [1, -0, NaN, Infinity])],
      ['empty', int64Constant([0, 3], [])],
      ['flags', { type: 'bool', shape: [2], bytes: Uint8Array.of(1, 0) }],
      ['double', { type: 'float64', shape: [1], bytes: bytesOf(Float64Array.of(Math.PI)) }],
      ['half', { type: 'float16', shape: [1], bytes: bytesOf(Uint16Array.of(0x3c00)) }],
    ]),
    functions: [FunctionProto.encode({ name: 'Own', domain: 'mine' })],
  };

  test('decode undoes encode', () => {
    expect(read(encodeModel(everything))).toEqual(everything);
  });

  test('the largest int64 is written as it was', () => {
    const [first] = read(encodeModel(everything)).nodes;
    expect(first?.attributes.get('largest')).toEqual(int(2 ** 63));
    const expected = AttributeProto.encode({ name: 'largest', type: 2, i: Long.MAX_VALUE });
    expect(Buffer.from(encodeModel(everything)).includes(Buffer.from(expected))).toBe(true);
  });

  test.each(['fashion-mlp', 'fashion-cnn'])('%s: the same graph and the same scores', async (name) => {
    const file = readFileSync(join(packageRoot(), `fixtures/models/${name}.onnx`));
    const graph = read(file);
    const rewritten = encodeModel(graph);
    const again = read(rewritten);
    expect({ ...again, constants: null }).toEqual({ ...graph, constants: null });
    // Buffers compare far faster than typed arrays do in jest.
    for (const [key, { bytes }] of graph.constants) {
      expect(Buffer.compare(bytes, again.constants.get(key)?.bytes ?? Buffer.of())).toBe(0);
    }
    const random = rng(name);
    const images = float32(
      [4, 1, 28, 28],
      Float32Array.from({ length: 4 * 784 }, () => random.uniform()),
    );
    expect(await execute(rewritten, { images }, ['logits'])).toEqual(await execute(file, { images }, ['logits']));
  });
});

describe('nodes', () => {
  test('Constant nodes of every kind become constants', async () => {
    const attribute: Readonly<Record<string, Uint8Array>> = {
      value: attributeMessage('value', 4, { t: [tensorMessage('', 1, [1], { floatData: [4] })] }),
      value_float: attributeMessage('value_float', 1, { f: 0.5 }),
      value_int: attributeMessage('value_int', 2, { i: Long.MAX_VALUE }),
      value_string: attributeMessage('value_string', 3, { s: new Uint8Array(Buffer.from('ß')) }),
      value_floats: attributeMessage('value_floats', 6, { floats: [1, 2] }),
      value_ints: attributeMessage('value_ints', 7, { ints: [Long.fromNumber(-1)] }),
      value_strings: attributeMessage('value_strings', 8, { strings: [new Uint8Array(Buffer.from('a'))] }),
      sparse_value: attributeMessage('sparse_value', 11, {
        sparseTensor: [
          SparseTensorProto.encode({
            values: [tensorMessage('', 1, [1], { floatData: [6] })],
            indices: [tensorMessage('', 7, [1], { int64Data: [Long.ONE] })],
            dims: [Long.fromNumber(2)],
          }),
        ],
      }),
    };
    const names = Object.keys(attribute);
    const file = modelFile({
      node: [
        ...names.map((name) =>
          nodeMessage('Constant', [], [name], { attribute: [attribute[name] ?? new Uint8Array()] }),
        ),
        ...names.map((name) => nodeMessage('Identity', [name], [`${name} out`])),
      ],
      output: names.map((name) => valueMessage(`${name} out`)),
    });
    const graph = read(file);
    expect([...graph.constants.keys()]).toEqual(names);
    expect(graph.nodes.map(({ op }) => op)).toEqual(names.map(() => 'Identity'));
    expect(integersOf(graph.constants.get('value_int') ?? int64Constant([], [0]))).toEqual([2 ** 63]);
    await expectSameExecution(
      file,
      names.map((name) => `${name} out`),
    );
  });

  test('are sorted when the file has them in another order, and kept when it does not', async () => {
    const chain = ['x', 'a', 'b', 'c', 'y'];
    const sorted = chain.slice(1).map((name, i) => node(i % 2 === 0 ? 'Relu' : 'Neg', [chain[i] ?? ''], [name]));
    const graph = (nodes: Graph['nodes']) =>
      graphOf({ opset: 17, nodes, inputs: [{ name: 'x', type: 'float32', shape: [1] }], outputs: ['y'] });
    expect(read(encodeModel(graph(sorted))).nodes).toEqual(sorted);
    const shuffled = [2, 0, 3, 1].flatMap((i) => sorted[i] ?? []);
    expect(read(encodeModel(graph(shuffled))).nodes).toEqual(sorted);
    const result = await executeGraph(read(encodeModel(graph(shuffled))), { x: float32([1], [2]) });
    expect(result.get('y')).toEqual(float32([1], [-0]));
  });

  test('what subgraphs read counts as read by the node', async () => {
    const branch = (op: string) =>
      GraphProto.encode({
        name: op,
        initializer: [tensorMessage('own', 1, [1], { floatData: [1] })],
        node: [nodeMessage(op, ['outer', 'own'], ['inner'])],
        output: [valueMessage('inner', 1, [1])],
      });
    const file = modelFile({
      input: [valueMessage('c', 9, []), valueMessage('x', 1, [1])],
      node: [
        nodeMessage('If', ['c'], ['y'], {
          attribute: [
            attributeMessage('then_branch', 5, { g: [branch('Add')] }),
            attributeMessage('else_branch', 5, { g: [branch('Sub')] }),
          ],
        }),
        nodeMessage('Neg', ['x'], ['outer']),
      ],
      output: [valueMessage('y', 1, [1])],
    });
    const graph = read(file);
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Neg', 'If']);
    expect(graph.nodes[1]?.attributes.get('then_branch')).toMatchObject({ kind: 'opaque', captures: ['outer'] });
    const c = { type: 'bool', shape: [], data: Uint8Array.of(0) } as const;
    expect((await executeGraph(graph, { c, x: float32([1], [3]) })).get('y')).toEqual(float32([1], [-4]));
    expect(read(encodeModel(graph))).toEqual(graph);
  });
});

describe('the graph', () => {
  test('inputs that are constants are no inputs', () => {
    const file = modelFile(
      {
        input: [valueMessage('x', 1, [1]), valueMessage('w', 1, [1])],
        initializer: [tensorMessage('w', 1, [1], { floatData: [2] })],
        node: [nodeMessage('Mul', ['x', 'w'], ['y'])],
        output: [valueMessage('y', 1, [1])],
      },
      { irVersion: Long.fromNumber(3) },
    );
    expect(read(file).inputs.map(({ name }) => name)).toEqual(['x']);
    expect(read(file).irVersion).toBe(4);
  });

  test('a format newer than the runtime is written as one that it takes', async () => {
    const parts = {
      input: [valueMessage('x', 1, [1])],
      node: [nodeMessage('Neg', ['x'], ['y'])],
      output: [valueMessage('y', 1, [1])],
    };
    const newest = read(modelFile(parts, { irVersion: Long.fromNumber(99) }));
    expect((await executeGraph(newest, { x: float32([1], [2]) })).get('y')).toEqual(float32([1], [-2]));
  });

  test('ai.onnx is the standard domain', () => {
    const file = modelFile(
      {
        input: [valueMessage('x', 1, [1])],
        node: [nodeMessage('Relu', ['x'], ['y'], { domain: 'ai.onnx' })],
        output: [valueMessage('y')],
      },
      { opsetImport: [opsetImport('ai.onnx', 13)] },
    );
    expect(read(file).opsets).toEqual(new Map([['', 13]]));
    expect(read(file).nodes[0]?.domain).toBe('');
  });

  test('a dimension of -1 is an unknown one', () => {
    const file = modelFile({ input: [valueMessage('x', 1, [-1, 3])], output: [valueMessage('x', 1, [-1, 3])] });
    expect(read(file).inputs[0]?.shape).toEqual([null, 3]);
  });

  test('a graph in two parts is one graph, as protocol buffers have it', () => {
    const whole = modelFile({ node: [nodeMessage('Relu', ['w'], ['y'])], output: [valueMessage('y')] });
    const more = modelFile({ initializer: [tensorMessage('w', 1, [1], { floatData: [2] })] });
    expect([...read(new Uint8Array(Buffer.concat([whole, more]))).constants.keys()]).toEqual(['w']);
  });

  test('Buffers and typed arrays read the same', () => {
    const file = modelFile({
      initializer: [tensorMessage('w', 1, [1], { floatData: [2] })],
      output: [valueMessage('w')],
    });
    expect(read(Buffer.from(file))).toEqual(read(file));
  });
});
