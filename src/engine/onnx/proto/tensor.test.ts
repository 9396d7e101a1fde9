import Long from 'long';
import {
  attributeMessage,
  bytesOf,
  expectSameExecution,
  externalTensor,
  modelFile,
  nodeMessage,
  read,
  tensorMessage,
  valueMessage,
} from '../../../../test/onnx-files.js';
import { executeGraph, float32 } from '../../../../test/onnx-graphs.js';
import { float32Constant, float32Of } from '../graph/constants.js';
import { encodeModel } from './codec.js';
import { GraphProto, NodeProto, SparseTensorProto } from './schema.js';

const NO_FEEDS = {};

describe('tensors of every form', () => {
  const forms: readonly (readonly [string, number, number[], Parameters<typeof tensorMessage>[3]])[] = [
    ['float32 raw', 1, [2], { rawData: bytesOf(Float32Array.of(1.5, -2)) }],
    ['float32', 1, [2], { floatData: [1.5, -2] }],
    ['float64', 11, [2], { doubleData: [Math.PI, -1] }],
    ['int64', 7, [3], { int64Data: [Long.MAX_VALUE, Long.MIN_VALUE, Long.fromNumber(-3)] }],
    ['uint64', 13, [1], { uint64Data: [Long.MAX_UNSIGNED_VALUE] }],
    ['uint32', 12, [1], { uint64Data: [Long.fromNumber(2 ** 32 - 1, true)] }],
    ['int32', 6, [2], { int32Data: [-(2 ** 31), 2 ** 31 - 1] }],
    ['int16', 5, [2], { int32Data: [-32768, 32767] }],
    ['uint16', 4, [2], { int32Data: [0, 65535] }],
    ['int8', 3, [2], { int32Data: [-128, 127] }],
    ['uint8', 2, [2], { int32Data: [0, 255] }],
    ['bool', 9, [2], { int32Data: [1, 0] }],
    ['float16', 10, [2], { int32Data: [0x3c00, 0xc000] }],
    ['string', 8, [2], { stringData: [Buffer.from('a'), Buffer.from('ß')].map((text) => new Uint8Array(text)) }],
    ['no elements', 1, [0, 4], {}],
    ['scalar', 1, [], { floatData: [3] }],
  ];

  test.each(forms)('%s', async (name, dataType, dims, data) => {
    const file = modelFile({
      initializer: [tensorMessage('c', dataType, dims, data)],
      node: [nodeMessage('Identity', ['c'], ['y'])],
      output: [valueMessage('y', dataType, dims)],
    });
    expect(read(file).constants.get('c')?.shape).toEqual(dims);
    expect(read(encodeModel(read(file)))).toEqual(read(file));
    if (name !== 'no elements') await expectSameExecution(file, ['y']);
  });

  test('types that Assay does not compute with are written back', () => {
    const complex = tensorMessage('c', 14, [1], { rawData: bytesOf(Float32Array.of(1, 2)) });
    const graph = read(modelFile({ initializer: [complex], output: [valueMessage('c', 14, [1])] }));
    expect(graph.constants.get('c')?.type).toBe('other');
    expect(Buffer.from(encodeModel(graph)).includes(Buffer.from(bytesOf(Float32Array.of(1, 2))))).toBe(true);
    expect(read(encodeModel(graph))).toEqual(graph);
  });

  test('sparse tensors are laid out, by positions and by coordinates', async () => {
    const sparse = (name: string, indexDims: number[], indices: BigInt64Array) =>
      SparseTensorProto.encode({
        values: [tensorMessage(name, 1, [2], { floatData: [5, 7] })],
        indices: [tensorMessage('', 7, indexDims, { rawData: bytesOf(indices) })],
        dims: [2, 3].map((size) => Long.fromNumber(size)),
      });
    const file = modelFile({
      sparseInitializer: [
        sparse('p', [2], BigInt64Array.of(1n, 5n)),
        sparse('q', [2, 2], BigInt64Array.of(0n, 2n, 1n, 0n)),
      ],
      node: [nodeMessage('Identity', ['p'], ['y']), nodeMessage('Identity', ['q'], ['z'])],
      output: [valueMessage('y', 1, [2, 3]), valueMessage('z', 1, [2, 3])],
    });
    const results = await executeGraph(read(file), NO_FEEDS);
    expect(results.get('y')).toEqual(float32([2, 3], [0, 5, 0, 0, 0, 7]));
    expect(results.get('z')).toEqual(float32([2, 3], [0, 0, 5, 7, 0, 0]));
    await expectSameExecution(file, ['y', 'z']);
  });
});

describe('external data', () => {
  const weights = bytesOf(Float32Array.of(9, 1, 2, 3));
  const file = (entries: Record<string, string>) =>
    modelFile({
      initializer: [externalTensor('w', [3], { location: 'w.bin', ...entries })],
      node: [nodeMessage('Identity', ['w'], ['y'])],
      output: [valueMessage('y', 1, [3])],
    });

  test('is inlined', async () => {
    const graph = read(file({ offset: '4', length: '12' }), { 'w.bin': weights });
    expect(float32Of(graph.constants.get('w') ?? float32Constant([], [0]))).toEqual(Float32Array.of(1, 2, 3));
    expect((await executeGraph(graph, NO_FEEDS)).get('y')).toEqual(float32([3], [1, 2, 3]));
  });

  test('goes to the end of its file when no length is given', () => {
    expect(read(file({ offset: '4' }), { 'w.bin': weights }).constants.get('w')?.bytes).toEqual(weights.subarray(4));
  });

  test('is inlined in subgraphs too', async () => {
    const branch = (value: Uint8Array) =>
      GraphProto.encode({
        name: 'branch',
        initializer: [value],
        node: [nodeMessage('Identity', ['w'], ['r'])],
        output: [valueMessage('r', 1, [3])],
      });
    const constant = NodeProto.encode({
      opType: 'Constant',
      output: ['r'],
      attribute: [attributeMessage('value', 4, { t: [externalTensor('', [3], { location: 'w.bin', length: '12' })] })],
    });
    const model = modelFile({
      input: [valueMessage('c', 9, [])],
      node: [
        nodeMessage('If', ['c'], ['y'], {
          attribute: [
            attributeMessage('then_branch', 5, {
              g: [branch(externalTensor('w', [3], { location: 'w.bin', offset: '4' }))],
            }),
            attributeMessage('else_branch', 5, {
              g: [GraphProto.encode({ name: 'else', node: [constant], output: [valueMessage('r', 1, [3])] })],
            }),
          ],
        }),
      ],
      output: [valueMessage('y', 1, [3])],
    });
    const graph = read(model, { 'w.bin': weights });
    const run = async (c: number) =>
      (await executeGraph(graph, { c: { type: 'bool', shape: [], data: Uint8Array.of(c) } })).get('y');
    expect(await run(1)).toEqual(float32([3], [1, 2, 3]));
    expect(await run(0)).toEqual(float32([3], [9, 1, 2]));
  });
});
