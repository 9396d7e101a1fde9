/** Models that no engine can execute: each ends in one sentence that names the culprit, within a second, in a live process. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Long from 'long';
import { packageRoot } from '#base/package-root';
import { EngineProcess, type OpeningRequest, type OpeningResult } from '../../../../test/engine-process.js';
import { graphOf, modelOf, specOf, type GraphParts } from '../../../../test/linear-model.js';
import {
  attributeMessage,
  modelFile,
  nodeMessage,
  opsetImport,
  tensorMessage,
  valueMessage,
} from '../../../../test/onnx-files.js';
import { float, int, ints, text } from '../../../../test/onnx-graphs.js';
import { float32Constant, int64Constant } from '../graph/constants.js';
import type { Constant } from '../graph/ir.js';
import { FunctionProto, GraphProto } from '../proto/schema.js';

const BILLIONS = 4_000_000_000;
const x = valueMessage('x', 1, [2, 2]);
const y = valueMessage('y', 1, [2, 2]);

/** A graph from `x` [n, 2] to `y`. */
function model(nodes: GraphParts['nodes'], constants: Readonly<Record<string, Constant>> = {}, opset = 20): Uint8Array {
  const graph = graphOf({
    nodes,
    constants: new Map(Object.entries(constants)),
    inputShape: ['n', 2],
    outputShape: ['n', 2],
    opset,
  });
  return modelOf(graph).files.get('test.onnx') ?? new Uint8Array();
}

/** A graph that makes `z` and adds what it sums up to to `x`. */
function making(node: GraphParts['nodes'][number], constants: Readonly<Record<string, Constant>> = {}): Uint8Array {
  return model(
    [
      node,
      { op: 'ReduceSum', inputs: ['z'], outputs: ['sum'], attributes: { keepdims: int(0) } },
      { op: 'Add', inputs: ['x', 'sum'], outputs: ['y'] },
    ],
    constants,
  );
}

const shape = (...sizes: number[]): Constant => int64Constant([sizes.length], sizes);
const floats = (...values: number[]): Constant => float32Constant([values.length], values);
const one = (op: string, inputs: string[], attributes = {}, constants = {}): Uint8Array =>
  model([{ op, inputs, outputs: ['y'], attributes }], constants);

const HUGE: readonly (readonly [string, Uint8Array, RegExp])[] = [
  [
    'ConstantOfShape',
    making({ op: 'ConstantOfShape', inputs: ['s'], outputs: ['z'] }, { s: shape(BILLIONS) }),
    /14\.9 GiB/,
  ],
  [
    'ConstantOfShape of 2^62',
    making({ op: 'ConstantOfShape', inputs: ['s'], outputs: ['z'] }, { s: shape(2 ** 31, 2 ** 31) }),
    /GiB/,
  ],
  ['Expand', making({ op: 'Expand', inputs: ['x', 's'], outputs: ['z'] }, { s: shape(BILLIONS, 1, 1) }), /GiB/],
  ['Tile', making({ op: 'Tile', inputs: ['x', 's'], outputs: ['z'] }, { s: shape(2_000_000, 2000) }), /GiB/],
  ['Pad', making({ op: 'Pad', inputs: ['x', 's'], outputs: ['z'] }, { s: shape(0, 0, 0, BILLIONS) }), /GiB/],
  [
    'Resize by sizes',
    making({ op: 'Resize', inputs: ['x', '', '', 's'], outputs: ['z'] }, { s: shape(BILLIONS, 2) }),
    /GiB/,
  ],
  [
    'Resize by scales',
    making({ op: 'Resize', inputs: ['x', '', 's'], outputs: ['z'] }, { s: floats(1e5, 1e5) }),
    /GiB/,
  ],
  [
    'Range',
    making(
      { op: 'Range', inputs: ['a', 'b', 'c'], outputs: ['z'] },
      { a: float32Constant([], [0]), b: float32Constant([], [3e9]), c: float32Constant([], [1]) },
    ),
    /GiB/,
  ],
  [
    'RandomNormal',
    making({ op: 'RandomNormal', inputs: [], outputs: ['z'], attributes: { shape: ints(BILLIONS) } }),
    /GiB/,
  ],
  [
    'two vectors that are broadcast',
    making(
      { op: 'Add', inputs: ['a', 'b'], outputs: ['z'] },
      { a: float32Constant([40_000], Array(40_000).fill(1)), b: float32Constant([40_000, 1], Array(40_000).fill(1)) },
    ),
    /GiB/,
  ],
  [
    'a product of vectors',
    making(
      { op: 'MatMul', inputs: ['a', 'b'], outputs: ['z'] },
      {
        a: float32Constant([40_000, 1], Array(40_000).fill(1)),
        b: float32Constant([1, 40_000], Array(40_000).fill(1)),
      },
    ),
    /GiB/,
  ],
];

test.each(HUGE)('%s of billions of elements is refused before it is executed', async (op, file, sentence) => {
  const { message } = await refused(file);
  expect(message).toMatch(sentence);
  expect(message).toMatch(/node `node_0` \(\w+\) gives `z` of shape \[/);
  if (/^\w+$/.test(op)) expect(message).toContain(`(${op})`);
});

const BROKEN: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['an operator that is unknown', one('Fourier', ['x']), /Fourier/],
  [
    'a domain that is unknown',
    withNodes([nodeMessage('A', ['x'], ['y'], { domain: 'd' })]),
    /`A to y` \(d\.A\).*domain/,
  ],
  ['an opset of the future', model([{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], {}, 99), /opset 99.*7 to 26/],
  ['an opset of the past', model([{ op: 'Relu', inputs: ['x'], outputs: ['y'] }], {}, 1), /opset 1\./],
  ['a missing initializer', one('Add', ['x', 'w']), /`node_0` \(Add\) reads `w`/],
  [
    'an output that nothing gives',
    model([{ op: 'Relu', inputs: ['x'], outputs: ['z'] }]),
    /output `y` is given by no node/,
  ],
  [
    'a cycle',
    model([
      { op: 'Add', inputs: ['x', 'b'], outputs: ['a'] },
      { op: 'Relu', inputs: ['a'], outputs: ['b'] },
      { op: 'Relu', inputs: ['b'], outputs: ['y'] },
    ]),
    /`node_[01]` \((Add|Relu)\) is on a cycle/,
  ],
  [
    'two nodes that give one name',
    model([
      { op: 'Relu', inputs: ['x'], outputs: ['y'] },
      { op: 'Neg', inputs: ['x'], outputs: ['y'] },
    ]),
    /`node_1` \(Neg\) gives `y`/,
  ],
  ['operands of two types', one('Add', ['x', 'w'], {}, { w: shape(1, 2) }), /node_0/],
  ['operands that do not fit', one('Add', ['x', 'w'], {}, { w: floats(1, 2, 3) }), /node_0/],
  ['indices of real numbers', one('Gather', ['x', 'w'], {}, { w: floats(1) }), /Gather/],
  ['a missing input', one('Gemm', ['x']), /Gemm/],
  [
    'an operand of Einsum left out',
    one('Einsum', ['x', ''], { equation: text('bi,ki->bk') }),
    /`node_0` \(Einsum\) leaves out an input that it needs/,
  ],
  [
    'a Split into fewer parts than outputs',
    model([
      { op: 'Split', inputs: ['x'], outputs: ['y', 'a', 'b'], attributes: { axis: int(1), num_outputs: int(2) } },
    ]),
    /`node_0` \(Split\) splits into 2 parts and has 3 outputs/,
  ],
  [
    'a part of a Split left out',
    model([{ op: 'Split', inputs: ['x', 's'], outputs: ['y', ''], attributes: { axis: int(1) } }], { s: shape(1, 1) }),
    /`node_0` \(Split\) leaves out an output that it needs/,
  ],
  [
    'an operand left out in a subgraph',
    withNodes([nestedIf(2, nodeMessage('Sum', ['x', ''], ['y']))]),
    /the Sum node of `y` in attribute `then_branch` .* leaves out an input/,
  ],
  [
    'an operand left out in a function',
    calling([['A', ['B']]], nodeMessage('Sum', ['a', ''], ['c'])),
    /the Sum node of `c` in the function `A` leaves out an input/,
  ],
  ['too many inputs', one('Relu', ['x', 'x']), /Relu/],
  ['a missing attribute', one('Cast', ['x']), /Cast/],
  ['an attribute of another type', one('Softmax', ['x'], { axis: float(1) }), /axis|Softmax/],
  ['an attribute that is no such', one('Relu', ['x'], { magic: int(1) }), /magic/],
  ['a cast to no type', one('Cast', ['x'], { to: int(99) }), /Cast|node_0/],
  ['an axis outside', one('Softmax', ['x'], { axis: int(7) }), /Softmax|node_0/],
  [
    'a mode that is unknown',
    one('Pad', ['x', 's'], { mode: text('magic') }, { s: shape(0, 0, 0, 0) }),
    /Pad|node_0|mode/,
  ],
  ['a negative size', one('Expand', ['x', 's'], {}, { s: shape(-5, 2) }), /-5/],
  [
    'a negative shape',
    making({ op: 'ConstantOfShape', inputs: ['s'], outputs: ['z'] }, { s: shape(-5) }),
    /ConstantOfShape/,
  ],
  ['a permutation that is none', one('Transpose', ['x'], { perm: ints(0, 0) }), /Transpose/],
  ['a kernel of size 0', image('MaxPool', [], { kernel_shape: ints(0, 0) }), /MaxPool|node/],
  ['strides of size 0', image('MaxPool', [], { kernel_shape: ints(1, 1), strides: ints(0, 0) }), /MaxPool|node/],
  ['groups of 0', image('Conv', ['w'], { group: int(0) }, { w: float32Constant([1, 1, 1, 1], [1]) }), /Conv|node/],
  ['a split into nothing', one('Split', ['x', 's'], { axis: int(1) }, { s: shape(0, 0) }), /Split|node_0/],
  [
    'an output of millions of numbers a sample',
    one('Tile', ['x', 's'], {}, { s: shape(20_000_000, 1) }),
    /output `y` of shape \[40000000, 2\] holds too many numbers to be scores of 2 samples/,
  ],
  ['a huge initializer', initializer([2 ** 20, 2 ** 20]), /`w` claims the shape \[1048576, 1048576\]/],
  ['a negative initializer', initializer([-1, 2]), /`w` has the dimension -1/],
  ['an initializer that is not filled', initializer([2, 2]), /`w` has 0 bytes.* 16/],
  ['nested subgraphs', withNodes([nestedIf(10_000)]), /more than 64 deep/],
  [
    'functions that call each other',
    calling([
      ['A', ['B']],
      ['B', ['A']],
    ]),
    /`f\/[AB]` calls itself/,
  ],
  ['a function that calls itself', calling([['A', ['A']]]), /`f\/A` calls itself/],
  [
    'functions in a long chain',
    calling(Array.from({ length: 10_000 }, (_, i) => [i === 0 ? 'A' : `F${i}`, [`F${i + 1}`]])),
    /more than 64 deep/,
  ],
  [
    'functions that double each other',
    calling(Array.from({ length: 40 }, (_, i) => [i === 0 ? 'A' : `F${i}`, [`F${i + 1}`, `F${i + 1}`]])),
    /stands for over 1048576 nodes/,
  ],
  ['a loop without end', loop(2 ** 62), /\(Loop\) repeats its body \d+ times and never ends/],
  ['an empty file', new Uint8Array(), /holds no graph/],
  ['a claim of 2 GiB', Uint8Array.of(0x3a, 0xff, 0xff, 0xff, 0xff, 0x07, 0x00), /cannot be read/],
  ['a claim of 2^63 bytes', Uint8Array.of(0x3a, ...Array<number>(9).fill(0xff), 0x00), /cannot be read/],
];

test.each(BROKEN)('%s', async (_, file, sentence) => {
  expect((await refused(file)).message).toMatch(sentence);
});

test('what the file itself is at fault for is found without executing it', async () => {
  const { message } = await refused(one('Add', ['x', 'w']), 'description');
  expect(message).toMatch(/`node_0` \(Add\) reads `w`/);
});

test.each(['fashion-cnn', 'fashion-binary'])('%s cut off at every 1,000th byte', async (name) => {
  const file = new Uint8Array(readFileSync(join(packageRoot(), `fixtures/models/${name}.onnx`)));
  for (let length = 0; length < file.length; length += 1000) {
    await refused(file.subarray(0, length), 'description');
  }
  await refused(file.subarray(0, file.length - 1), 'execution', [1, 28, 28]);
});

test('models that are sound are opened in the same process', async () => {
  expect(await opened(one('Relu', ['x']))).toMatchObject({ error: null });
  expect(await opened(loop(3))).toMatchObject({ error: null });
  expect(await opened(calling([['A', ['B']]]))).toMatchObject({ error: null });
  const million = making({ op: 'ConstantOfShape', inputs: ['s'], outputs: ['z'] }, { s: shape(1000, 1000) });
  expect(await opened(million)).toMatchObject({ error: null });
});

let engine: EngineProcess;
beforeAll(async () => {
  engine = await EngineProcess.create();
});
afterAll(() => engine.dispose());

async function opened(
  file: Uint8Array,
  through: OpeningRequest['through'] = 'execution',
  sample: readonly number[] = [2],
): Promise<OpeningResult> {
  const result = await engine.open({ file, spec: specOf('classes', sample, 2), through });
  if ('death' in result) throw new Error(`the process died: ${result.death}`);
  return result;
}

/** The error, which is of the engine's own kind, came within a second and took no memory worth speaking of. */
async function refused(
  file: Uint8Array,
  through: OpeningRequest['through'] = 'execution',
  sample: readonly number[] = [2],
): Promise<{ readonly message: string }> {
  const { error, cpuSeconds, peakMiB } = await opened(file, through, sample);
  expect(error?.code).toBe('model');
  expect(cpuSeconds).toBeLessThan(1);
  expect(peakMiB).toBeLessThan(1024);
  return { message: error?.message ?? '' };
}

function withNodes(node: readonly Uint8Array[]): Uint8Array {
  return modelFile({ input: [x], output: [y], node }, { opsetImport: [opsetImport('', 20)] });
}

function initializer(dims: readonly number[]): Uint8Array {
  return modelFile({
    input: [x],
    output: [y],
    node: [nodeMessage('Add', ['x', 'w'], ['y'])],
    initializer: [tensorMessage('w', 1, dims, {})],
  });
}

/** One operator on `x` as images of one pixel row. */
function image(
  op: string,
  inputs: readonly string[],
  attributes: NonNullable<GraphParts['nodes'][number]['attributes']>,
  constants: Readonly<Record<string, Constant>> = {},
): Uint8Array {
  return model(
    [
      { op: 'Reshape', inputs: ['x', 'to_image'], outputs: ['i'] },
      { op, inputs: ['i', ...inputs], outputs: ['o'], attributes },
      { op: 'Flatten', inputs: ['o'], outputs: ['y'] },
    ],
    { to_image: shape(-1, 1, 1, 2), ...constants },
  );
}

/** Put together from the outside in, as encoding level by level copies what is inside every time. */
function nestedIf(depth: number, core = nodeMessage('Relu', ['x'], ['y'])): Uint8Array {
  const node = nodeMessage('If', ['x'], ['y']);
  const attribute = attributeMessage('then_branch', 5, {});
  const tail = GraphProto.encode({ output: [y] });
  const heads: Uint8Array[] = [];
  let length = core.length;
  for (let i = 0; i < depth; i++) {
    // graph.node, attribute.g, node.attribute
    const inGraph = Uint8Array.of(0x0a, ...varint(length));
    const inAttribute = Uint8Array.of(...attribute, 0x32, ...varint(inGraph.length + length + tail.length));
    const inNode = inAttribute.length + inGraph.length + length + tail.length;
    heads.push(Uint8Array.of(...node, 0x2a, ...varint(inNode), ...inAttribute, ...inGraph));
    length += (heads.at(-1)?.length ?? 0) + tail.length;
  }
  return new Uint8Array(Buffer.concat([...heads.reverse(), core, ...heads.map(() => tail)]));
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** A model that calls `A`; each function calls others, one after another, and what is not defined is Relu. `more` nodes stand in each. */
function calling(
  functions: readonly (readonly [string, readonly string[]])[],
  ...more: readonly Uint8Array[]
): Uint8Array {
  const defined = new Set(functions.map(([name]) => name));
  const call = (name: string, i: number, count: number): Uint8Array =>
    nodeMessage(defined.has(name) ? name : 'Relu', [i === 0 ? 'a' : `t${i}`], [i === count - 1 ? 'b' : `t${i + 1}`], {
      domain: defined.has(name) ? 'f' : '',
    });
  const opsets = [opsetImport('', 20), opsetImport('f', 1)];
  return modelFile(
    { input: [x], output: [y], node: [nodeMessage('A', ['x'], ['y'], { domain: 'f' })] },
    {
      irVersion: Long.fromNumber(9),
      opsetImport: opsets,
      functions: functions.map(([name, calls]) =>
        FunctionProto.encode({
          name,
          domain: 'f',
          input: ['a'],
          output: ['b'],
          opsetImport: opsets,
          node: [...calls.map((callee, i) => call(callee, i, calls.length)), ...more],
        }),
      ),
    },
  );
}

/** x, passed through a body `turns` times. */
function loop(turns: number): Uint8Array {
  const body = GraphProto.encode({
    name: 'body',
    input: [valueMessage('i', 7, []), valueMessage('condition', 9, []), valueMessage('state', 1, [2, 2])],
    output: [valueMessage('go_on', 9, []), valueMessage('next', 1, [2, 2])],
    node: [nodeMessage('Identity', ['condition'], ['go_on']), nodeMessage('Relu', ['state'], ['next'])],
  });
  return modelFile(
    {
      input: [x],
      output: [y],
      initializer: [
        tensorMessage('turns', 7, [], { int64Data: [Long.fromNumber(turns)] }),
        tensorMessage('true', 9, [], { int32Data: [1] }),
      ],
      node: [
        nodeMessage('Loop', ['turns', 'true', 'x'], ['y'], { attribute: [attributeMessage('body', 5, { g: [body] })] }),
      ],
    },
    { opsetImport: [opsetImport('', 20)] },
  );
}
