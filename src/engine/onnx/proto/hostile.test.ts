/** Files that are no sound models: each ends in one AssayError that names the culprit, whatever is wrong with it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Long from 'long';
import { AssayError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { rng } from '#stats/random';
import {
  attributeMessage,
  externalTensor,
  MODEL_NAME,
  modelBytes,
  modelFile,
  nodeMessage,
  opsetImport,
  tensorMessage,
  valueMessage,
} from '../../../../test/onnx-files.js';
import { decodeModel } from './codec.js';
import { FunctionProto, GraphProto, SparseTensorProto } from './schema.js';

const x = valueMessage('x', 1, [1]);
const y = valueMessage('y', 1, [1]);
const relu = nodeMessage('Relu', ['x'], ['y']);
const long = (value: number) => Long.fromNumber(value);

/** A model that is sound but for one tensor. */
const withTensor = (tensor: Uint8Array) => modelFile({ input: [x], output: [y], node: [relu], initializer: [tensor] });
/** A model that is sound but for its nodes. */
const withNodes = (...node: readonly Uint8Array[]) => modelFile({ input: [x], output: [y], node });
const withAttribute = (...attribute: readonly Uint8Array[]) =>
  withNodes(nodeMessage('Relu', ['x'], ['y'], { attribute }));
const withOpsets = (...opsetImports: readonly Uint8Array[]) =>
  modelFile({ input: [x], output: [y], node: [relu] }, { opsetImport: opsetImports });
const sparse = (dims: readonly number[], indices: readonly number[], indexDims = [indices.length]) =>
  modelFile({
    input: [x],
    output: [y],
    node: [relu],
    sparseInitializer: [
      SparseTensorProto.encode({
        values: [tensorMessage('s', 1, [1], { floatData: [1] })],
        indices: [tensorMessage('', 7, indexDims, { int64Data: indices.map(long) })],
        dims: dims.map(long),
      }),
    ],
  });

function nested(depth: number): Uint8Array {
  let graph = GraphProto.encode({ output: [x] });
  for (let i = 0; i < depth; i++) {
    const attribute = [attributeMessage('body', 5, { g: [graph] })];
    graph = GraphProto.encode({ node: [nodeMessage('Loop', [], ['x'], { attribute })], output: [x] });
  }
  return withAttribute(attributeMessage('body', 5, { g: [graph] }));
}

function message(bytes: Uint8Array, others: Readonly<Record<string, Uint8Array>> = {}): string {
  try {
    decodeModel(modelBytes(bytes, others));
  } catch (thrown) {
    if (!(thrown instanceof AssayError)) throw thrown;
    expect(thrown.code).toBe('model');
    expect(thrown.where).toBe(MODEL_NAME);
    return thrown.message;
  }
  return 'no error';
}

test('the model that the others are broken forms of is sound', () => {
  expect(message(withNodes(relu))).toBe('no error');
  expect(message(nested(60))).toBe('no error');
  expect(message(sparse([4], [3]))).toBe('no error');
});

const BROKEN: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['no bytes', new Uint8Array(), /holds no graph/],
  ['text', new Uint8Array(Buffer.from('hello, I am a model\n')), /cannot be read|holds no graph/],
  ['an endless varint', new Uint8Array(64).fill(0xff), /cannot be read/],
  ['no graph', modelFile({}, { graph: [] }), /holds no graph/],
  ['no version of the format', modelFile({ output: [y] }, { irVersion: long(0) }), /version of the ONNX format/],
  ['no opset', withOpsets(), /which opset/],
  ['opset 6', withOpsets(opsetImport('', 6)), /opset 6.*7 to 26/],
  ['opset 27', withOpsets(opsetImport('', 27)), /opset 27/],
  ['opset of 2^63', withOpsets(opsetImport('', 2 ** 63)), /opset 9223372036854776000/],
  ['no import of the standard domain', withOpsets(opsetImport('ai.onnx.ml', 3)), /`Relu to y` \(Relu\).*`ai\.onnx`/],
  [
    'no import of a known domain',
    withNodes(nodeMessage('Gelu', ['x'], ['y'], { domain: 'com.microsoft' })),
    /`Gelu to y` \(com\.microsoft\.Gelu\).*does not import/,
  ],
  [
    'a custom domain',
    withNodes(nodeMessage('Magic', ['x'], ['y'], { domain: 'com.example' })),
    /`Magic to y` \(com\.example\.Magic\).*`com\.example`.*no kernel/,
  ],
  ['a node without an operator', withNodes(nodeMessage('', ['x'], ['y'])), /no operator/],
  ['a node that is cut off', withNodes(relu.subarray(0, 5)), /a node cannot be read/],
  ['two nodes with one output', withNodes(relu, nodeMessage('Neg', ['x'], ['y'])), /`Neg to y` \(Neg\) gives `y`/],
  ['a node that gives an input', withNodes(relu, nodeMessage('Neg', ['y'], ['x'])), /`Neg to x` \(Neg\) gives `x`/],
  ['an input that nothing gives', withNodes(nodeMessage('Add', ['x', 'z'], ['y'])), /`Add to y` \(Add\) reads `z`/],
  ['an output that nothing gives', modelFile({ input: [x], output: [y] }), /output `y` is given by no node/],
  ['no outputs', modelFile({ input: [x], node: [relu] }), /no outputs/],
  ['an output twice', modelFile({ input: [x], node: [relu], output: [y, y] }), /output `y` is declared twice/],
  ['an input twice', modelFile({ input: [x, x], node: [relu], output: [y] }), /input `x`/],
  [
    'an input without a name',
    modelFile({ input: [valueMessage('', 1)], node: [relu], output: [y] }),
    /input without a name/,
  ],
  ['an input of size -2', modelFile({ input: [valueMessage('x', 1, [-2])], node: [relu], output: [y] }), /`x`.*-2/],
  ['a node that reads itself', withNodes(nodeMessage('Add', ['x', 'y'], ['y'])), /`Add to y` \(Add\) is on a cycle/],
  [
    'a cycle of two behind a chain',
    withNodes(
      nodeMessage('Relu', ['b'], ['y']),
      nodeMessage('Add', ['x', 'b'], ['a']),
      nodeMessage('Neg', ['a'], ['b']),
    ),
    /`(Add to a|Neg to b)` \((Add|Neg)\) is on a cycle/,
  ],
  [
    'a cycle through a subgraph',
    withNodes(
      nodeMessage('If', ['x'], ['y'], {
        attribute: [attributeMessage('then_branch', 5, { g: [GraphProto.encode({ output: [y] })] })],
      }),
    ),
    /`If to y` \(If\) is on a cycle/,
  ],
  [
    'a subgraph that reads what nothing gives',
    withAttribute(attributeMessage('body', 5, { g: [GraphProto.encode({ output: [valueMessage('gone')] })] })),
    /reads `gone`/,
  ],
  ['subgraphs 70 deep', nested(70), /`body`.*more than 64 deep/],
  ['subgraphs 2,000 deep', nested(2000), /more than 64 deep/],
  ['an attribute without a name', withAttribute(attributeMessage('', 1, { f: 1 })), /attribute without a name/],
  ['an attribute without a type', withAttribute(attributeMessage('alpha', 0, { f: 1 })), /`alpha` of node `Relu to y`/],
  ['an attribute of no known type', withAttribute(attributeMessage('alpha', 15, { f: 1 })), /`alpha`/],
  [
    'two attributes of one name',
    withAttribute(attributeMessage('a', 1, { f: 1 }), attributeMessage('a', 2, {})),
    /two attributes/,
  ],
  ['an attribute of a function', withAttribute(attributeMessage('a', 1, { refAttrName: 'b' })), /outside a function/],
  [
    'a Constant without a value',
    withNodes(relu, nodeMessage('Constant', [], ['c'])),
    /`Constant to c` \(Constant\) must have one value/,
  ],
  [
    'a Constant of a wrong kind',
    withNodes(relu, nodeMessage('Constant', [], ['c'], { attribute: [attributeMessage('value_int', 1, { f: 1 })] })),
    /must have one value/,
  ],
  ['too few bytes', withTensor(tensorMessage('w', 1, [3], { rawData: new Uint8Array(8) })), /`w` has 8 bytes.* 12/],
  ['too many bytes', withTensor(tensorMessage('w', 1, [1], { rawData: new Uint8Array(8) })), /`w` has 8 bytes.* 4/],
  ['too few values', withTensor(tensorMessage('w', 7, [3], { int64Data: [Long.ONE] })), /`w` has 8 bytes.* 24/],
  ['too few texts', withTensor(tensorMessage('w', 8, [3], { stringData: [] })), /`w` has 0 texts.* 3/],
  ['a scalar without a value', withTensor(tensorMessage('w', 1, [], {})), /`w` has 0 bytes.* 4/],
  ['a billion elements', withTensor(tensorMessage('w', 1, [2 ** 30], {})), /`w` claims the shape \[1073741824\]/],
  ['2^63 elements', withTensor(tensorMessage('w', 1, [2 ** 62, 2], {})), /`w` claims the shape/],
  ['more elements than numbers', withTensor(tensorMessage('w', 1, Array<number>(40).fill(2 ** 62), {})), /`w` claims/],
  ['a billion texts', withTensor(tensorMessage('w', 8, [2 ** 32], {})), /`w` claims/],
  ['a negative dimension', withTensor(tensorMessage('w', 1, [-3], {})), /`w` has the dimension -3/],
  [
    'two negative dimensions',
    withTensor(tensorMessage('w', 1, [-1, -1], { floatData: [1] })),
    /`w` has the dimension -1/,
  ],
  ['no element type', withTensor(tensorMessage('w', 0, [1], { floatData: [1] })), /`w` has no element type/],
  ['segments', withTensor(tensorMessage('w', 1, [1], { segment: [new Uint8Array()] })), /`w` is split/],
  ['a tensor without a name', withTensor(tensorMessage('', 1, [1], { floatData: [1] })), /constant has no name/],
  [
    'two tensors of one name',
    modelFile({
      output: [valueMessage('w')],
      initializer: [tensorMessage('w', 1, [1], { floatData: [1] }), tensorMessage('w', 1, [1], { floatData: [2] })],
    }),
    /two constants have the name `w`/,
  ],
  [
    'a tensor in an attribute',
    withAttribute(attributeMessage('a', 4, { t: [tensorMessage('', 1, [2], {})] })),
    /`a` of node `Relu to y` \(Relu\) has 0 bytes/,
  ],
  [
    'a data file that is not there',
    withTensor(externalTensor('w', [1], { location: 'gone.bin' })),
    /`w`.*`gone\.bin`.*not there/,
  ],
  ['a data file without a name', withTensor(externalTensor('w', [1], {})), /`w`.*does not name it/],
  ['an index outside a sparse tensor', sparse([4], [4]), /`s` has an index outside/],
  ['a negative index', sparse([4], [-1]), /`s` has an index outside/],
  ['more indices than values', sparse([4], [0, 1]), /`s` has 2 indices for 1 values/],
  [
    'indices of another shape',
    sparse([2, 2], [0, 1, 0], [1, 3]),
    /indices of sparse tensor `s` have the shape \[1, 3\]/,
  ],
  ['a sparse tensor of 512 MiB', sparse([2 ** 27], [0]), /`s` is over 256 MiB/],
  ['a sparse tensor of 2^60 elements', sparse([2 ** 30, 2 ** 30], [0]), /`s` claims the shape/],
];

test.each(BROKEN)('%s', (_, bytes, sentence) => {
  expect(message(bytes)).toMatch(sentence);
});

test.each([
  [{ offset: '8' }, /`w` has 0 bytes/],
  [{ offset: '12' }, /`w` reads bytes 12 to 12 of `d`, which has 8/],
  [{ offset: '4', length: '8' }, /`w` reads bytes 4 to 12 of `d`, which has 8/],
  [{ offset: '-4' }, /`w` has `-4`/],
  [{ length: '1e3' }, /`w` has `1e3`/],
  [{ length: '99999999999999999999' }, /`w` has `9+`/],
  [{ offset: '0', length: '8' }, /`w` has 8 bytes.* 4/],
] as const)('data outside their file: %p', (entries, sentence) => {
  const file = withTensor(externalTensor('w', [1], { location: 'd', ...entries }));
  expect(message(file, { d: new Uint8Array(8) })).toMatch(sentence);
});

test('operators of functions that the model defines need no kernel', () => {
  const node = [nodeMessage('Mine', ['x'], ['y'], { domain: 'com.example' })];
  const functions = [FunctionProto.encode({ name: 'Mine', domain: 'com.example' })];
  expect(message(modelFile({ input: [x], output: [y], node }, { functions }))).toBe('no error');
  expect(
    message(modelFile({ input: [x], output: [y], node }, { functions: [functions[0] ?? x, Uint8Array.of(0xff)] })),
  ).toMatch(/a function of the model cannot be read/);
});

test('a file that is not among those given', () => {
  expect(() => decodeModel({ main: 'gone.onnx', files: new Map() })).toThrow(AssayError);
});

test('a cycle of 100,000 nodes is found without recursion', () => {
  const size = 100_000;
  const name = (i: number) => (i % size === 0 ? 'y' : `v${i % size}`);
  const ring = Array.from({ length: size }, (_, i) => nodeMessage('Relu', [name(i)], [name(i + 1)]));
  expect(message(withNodes(...ring))).toMatch(/is on a cycle/);
});

describe('a damaged file', () => {
  const whole = new Uint8Array(readFileSync(join(packageRoot(), 'fixtures/models/fashion-mlp.onnx')));

  /** The message, and that it took less than a second to find it. */
  function promptMessage(bytes: Uint8Array): string {
    const start = performance.now();
    const found = message(bytes);
    expect(performance.now() - start).toBeLessThan(1000);
    return found;
  }

  test('cut off at every thousandth byte and at 200 random ones', () => {
    const random = rng('cut');
    const everyThousandth = Array.from({ length: Math.floor(whole.length / 1000) }, (_, i) => i * 1000);
    const anywhere = Array.from({ length: 200 }, () => random.integer(whole.length));
    for (const length of [...everyThousandth, ...anywhere, whole.length - 1]) {
      expect(promptMessage(whole.subarray(0, length))).not.toBe('no error');
    }
  });

  test('with 300 random bytes changed, one at a time: read, or refused by an AssayError', () => {
    const random = rng('change');
    // Most bytes are weights, where any value is sound: half of the changes fall on the structure in front and behind.
    const structure = [
      ...Array.from({ length: 600 }, (_, i) => i),
      ...Array.from({ length: 600 }, (_, i) => whole.length - 1 - i),
    ];
    const messages = Array.from({ length: 300 }, (_, i) => {
      const place = i % 2 === 0 ? random.integer(whole.length) : (structure[random.integer(structure.length)] ?? 0);
      const changed = whole.slice();
      changed[place] = random.integer(256);
      return promptMessage(changed);
    });
    // That both ends happen shows that the changes reach what matters and spare what does not.
    expect(messages).toContain('no error');
    expect(messages.filter((found) => found !== 'no error').length).toBeGreaterThan(20);
  });
});
