/** Graph models that are broken, or made to break whoever reads them: one sentence each, within a second or two. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AssayError, type AssayErrorCode } from '#base/errors';
import { packageRoot } from '#base/package-root';
import type { ModelBytes } from '#engine/index';
import {
  attr,
  floats,
  graphModel,
  graphModelJson,
  int,
  ints,
  modelFiles,
  SHARD,
  shardOf,
  type GraphModelParts,
  type NodeDef,
} from '../../../../test/graph-models.js';
import { lowerGraphModel } from './index.js';

async function refusal(model: ModelBytes): Promise<{ code: AssayErrorCode; message: string }> {
  try {
    await lowerGraphModel(model);
  } catch (thrown) {
    if (!(thrown instanceof AssayError)) throw thrown;
    expect(thrown.message).not.toMatch(/\n/);
    expect(thrown.message).toMatch(/^model\.json: /);
    return { code: thrown.code, message: thrown.message };
  }
  throw new Error('nothing was thrown');
}

const one = (node: Omit<NodeDef, 'name'>, more: Partial<GraphModelParts> = {}): GraphModelParts => ({
  inputs: { x: { shape: [-1, 4] } },
  nodes: [{ name: 'y', ...node }],
  outputs: ['y'],
  ...more,
});

const body = (name: string, nodes: readonly NodeDef[], output: string): object => ({
  signature: { name, inputArg: [{ name: 'x', type: 'DT_FLOAT' }], outputArg: [{ name: 'r', type: 'DT_FLOAT' }] },
  nodeDef: nodes,
  ret: { r: output },
});

const call = (name: string, f: string, input: string): NodeDef => ({
  name,
  op: 'PartitionedCall',
  input: [input],
  attr: { f: attr.func(f) },
});

/** Each function calls the next twice: 2^40 calls in all. */
const doubling = Array.from({ length: 40 }, (_, i) =>
  body(
    `f${i}`,
    [
      i === 39 ? { name: 'a', op: 'Sin', input: ['x'] } : call('a', `f${i + 1}`, 'x'),
      i === 39 ? { name: 'b', op: 'Sin', input: ['a:y:0'] } : call('b', `f${i + 1}`, 'a:output:0'),
    ],
    'b:output:0',
  ),
);

const BROKEN: readonly (readonly [string, ModelBytes | GraphModelParts, AssayErrorCode, RegExp])[] = [
  [
    'a node without its input',
    one({ op: 'Relu', input: ['nowhere'] }),
    'model',
    /node `y` \(Relu\) reads `nowhere`, which is not there/,
  ],
  [
    'an output that no node gives',
    one({ op: 'Relu', input: ['x'] }, { outputs: ['z'] }),
    'model',
    /an output reads `z`/,
  ],
  ['too few inputs', one({ op: 'AddV2', input: ['x'] }), 'model', /node `y` \(AddV2\) has no input 1/],
  [
    'a cycle',
    one(
      { op: 'AddV2', input: ['x', 'z'] },
      {
        nodes: [
          { name: 'y', op: 'AddV2', input: ['x', 'z'] },
          { name: 'z', op: 'Sin', input: ['y'] },
        ],
      },
    ),
    'model',
    /is on a cycle/,
  ],
  ['a node that reads itself', one({ op: 'Sin', input: ['y'] }), 'model', /node `y` \(Sin\) is on a cycle/],
  [
    'two nodes of one name',
    one(
      { op: 'Sin', input: ['x'] },
      {
        nodes: [
          { name: 'y', op: 'Sin', input: ['x'] },
          { name: 'y', op: 'Cos', input: ['x'] },
        ],
      },
    ),
    'model',
    /two nodes of the name `y`/,
  ],
  [
    'a loop of TensorFlow 1',
    one(
      { op: 'Exit', input: ['m'] },
      {
        nodes: [
          { name: 'e', op: 'Enter', input: ['x'] },
          { name: 'm', op: 'Merge', input: ['e', 'n'] },
          { name: 'n', op: 'NextIteration', input: ['m'] },
          { name: 'y', op: 'Exit', input: ['m'] },
        ],
      },
    ),
    'operator',
    /\(Enter\) loops by the control flow of TensorFlow 1/,
  ],
  [
    'an operator without a form',
    one({ op: 'NonMaxSuppressionV3', input: ['x'] }),
    'operator',
    /node `y` \(NonMaxSuppressionV3\) has no form in ONNX/,
  ],
  [
    'an operator by the name of a member',
    one({ op: 'constructor', input: ['x'] }),
    'operator',
    /node `y` \(constructor\) has no form/,
  ],
  [
    'a node called __proto__',
    one(
      { op: '__proto__', input: ['x'] },
      {
        nodes: [
          { name: '__proto__', op: 'Sin', input: ['x'] },
          { name: 'y', op: 'Nothing', input: ['__proto__'] },
        ],
      },
    ),
    'operator',
    /\(Nothing\)/,
  ],
  ['random numbers', one({ op: 'RandomUniform', input: ['x'] }), 'operator', /draws random numbers/],
  ['texts', one({ op: 'StringToHashBucketFast', input: ['x'] }), 'operator', /works on texts/],
  [
    'an input of texts',
    one({ op: 'Identity', input: ['x'] }, { inputs: { x: { shape: [-1], dtype: 'DT_STRING' } } }),
    'operator',
    /input `x` takes no numbers/,
  ],
  [
    'shapes that do not fit',
    one({ op: 'AddV2', input: ['x', 'w'] }, { weights: { w: floats([3]) } }),
    'model',
    /joins the shapes \[\?, 4\] and \[3\]/,
  ],
  [
    'matrices that do not fit',
    one({ op: 'MatMul', input: ['x', 'w'] }, { weights: { w: floats([5, 2]) } }),
    'model',
    /multiplies \[\?, 4\] by \[5, 2\]/,
  ],
  [
    'a reshape that loses elements',
    one({ op: 'Reshape', input: ['w', 's'] }, { weights: { w: floats([6]), s: ints(4, 2) } }),
    'model',
    /makes \[4, 2\] of a tensor \[6\]/,
  ],
  [
    'an axis beyond the rank',
    one({ op: 'Mean', input: ['x', 'a'] }, { weights: { a: ints(7) } }),
    'model',
    /axis 7 of a tensor of rank 2/,
  ],
  [
    'a filter for other channels',
    one(
      { op: 'Conv2D', input: ['x', 'w'], attr: { strides: attr.ints(1, 1, 1, 1), padding: attr.text('SAME') } },
      { inputs: { x: { shape: [-1, 4, 4, 3] } }, weights: { w: floats([3, 3, 2, 4]) } },
    ),
    'model',
    /filter \[3, 3, 2, 4\] for 3 channels/,
  ],
  [
    'strides of 0',
    one(
      {
        op: 'MaxPool',
        input: ['x'],
        attr: { ksize: attr.ints(1, 2, 2, 1), strides: attr.ints(1, 0, 1, 1), padding: attr.text('SAME') },
      },
      { inputs: { x: { shape: [-1, 4, 4, 3] } } },
    ),
    'model',
    /has the strides \[1, 0, 1, 1\]/,
  ],
  [
    'a list of the length of the world',
    one(
      { op: 'TensorListStack', input: ['l', 's'] },
      {
        weights: { s: ints(2), n: int(2_000_000_000) },
        nodes: [
          { name: 'l', op: 'TensorListReserve', input: ['s', 'n'] },
          { name: 'y', op: 'TensorListStack', input: ['l', 's'] },
        ],
      },
    ),
    'operator',
    /makes a list of 2000000000 tensors/,
  ],
  [
    'a split into as many',
    one({ op: 'Split', input: ['a', 'x'], attr: { num_split: attr.int(2_000_000_000) } }, { weights: { a: int(0) } }),
    'model',
    /splits an axis/,
  ],
  [
    'a resize to as many',
    one(
      { op: 'ResizeNearestNeighbor', input: ['x', 's'] },
      { inputs: { x: { shape: [1, 3, 3, 1] } }, weights: { s: ints(2_000_000_000, 7) } },
    ),
    'operator',
    /computed or huge/,
  ],
  [
    'a mirror of as many',
    one(
      { op: 'MirrorPad', input: ['x', 'p'], attr: { mode: attr.text('SYMMETRIC') } },
      {
        inputs: { x: { shape: [1, 1_000_000_000] } },
        weights: { p: { dtype: 'int32', shape: [2, 2], values: [0, 0, 0, 999_999_999] } },
      },
    ),
    'operator',
    /computed or huge/,
  ],
  [
    'a function that is not there',
    one({ op: 'PartitionedCall', input: ['x'], attr: { f: attr.func('g') } }),
    'model',
    /calls the function `g`, which is not there/,
  ],
  [
    'a function that calls itself',
    one(
      { op: 'PartitionedCall', input: ['x'], attr: { f: attr.func('f') } },
      { functions: [body('f', [call('a', 'f', 'x')], 'a:output:0')] },
    ),
    'model',
    /calls the function `f`, which calls itself/,
  ],
  [
    'functions that call each other in a ring',
    one(
      { op: 'PartitionedCall', input: ['x'], attr: { f: attr.func('f') } },
      { functions: [body('f', [call('a', 'g', 'x')], 'a:output:0'), body('g', [call('a', 'f', 'x')], 'a:output:0')] },
    ),
    'model',
    /calls the function `f`, which calls itself/,
  ],
  [
    '2^40 calls',
    one({ op: 'PartitionedCall', input: ['x'], attr: { f: attr.func('f0') } }, { functions: doubling }),
    'operator',
    /more than 100000 nodes/,
  ],
  [
    'functions a thousand deep',
    one(
      { op: 'PartitionedCall', input: ['x'], attr: { f: attr.func('f0') } },
      { functions: Array.from({ length: 1000 }, (_, i) => body(`f${i}`, [call('a', `f${i + 1}`, 'x')], 'a:output:0')) },
    ),
    'operator',
    /more than 50 deep/,
  ],
  [
    'a loop without end',
    one(
      { op: 'While', input: ['x'], attr: { cond: attr.func('c'), body: attr.func('b') } },
      {
        functions: [
          body('c', [{ name: 'yes', op: 'Const', attr: {} }], 'yes:output:0'),
          body('b', [{ name: 'a', op: 'Identity', input: ['x'] }], 'a:output:0'),
        ],
        weights: { yes: { dtype: 'bool', shape: [], values: [1] } },
      },
    ),
    'operator',
    /loops more than 4096 times/,
  ],
  [
    'a loop that depends on the data',
    one(
      { op: 'While', input: ['x'], attr: { cond: attr.func('c'), body: attr.func('c') } },
      { functions: [body('c', [{ name: 'a', op: 'Sin', input: ['x'] }], 'a:y:0')] },
    ),
    'operator',
    /loops as often as a computation says/,
  ],
  [
    'a tensor of a hundred axes',
    one({ op: 'Sin', input: ['x'] }, { inputs: { x: { shape: Array.from({ length: 100 }, () => 1) } } }),
    'operator',
    /declares 100 axes/,
  ],
];

describe('one sentence each', () => {
  test.each(BROKEN)('%s', async (_, parts, code, message) => {
    const model = 'files' in parts ? parts : graphModel(parts);
    const start = performance.now();
    const said = await refusal(model);
    expect(said.message).toMatch(message);
    expect(said.code).toBe(code);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test('an input whose rank is open', async () => {
    const json = graphModelJson(one({ op: 'Sin', input: ['x'] }));
    json.modelTopology.node[0] = {
      name: 'x',
      op: 'Placeholder',
      attr: { shape: { shape: { unknownRank: true } }, dtype: attr.type('DT_FLOAT') },
    };
    expect((await refusal(modelFiles(json, new Uint8Array()))).message).toMatch(/does not declare how many axes/);
  });
});

describe('weights', () => {
  const parts = one({ op: 'MatMul', input: ['x', 'w'] }, { weights: { w: floats([4, 2]) } });

  test('whose shard is cut off, too long, missing or somewhere else', async () => {
    const json = graphModelJson(parts);
    const shard = shardOf(parts);
    expect((await refusal(modelFiles(json, shard.subarray(0, 9)))).message).toMatch(
      /weight `w` needs 32 bytes, but the shard `group1-shard1of1\.bin` ends after 9/,
    );
    const long = new Uint8Array([...shard, 0]);
    expect((await refusal(modelFiles(json, long))).message).toMatch(/1 bytes too many/);
    const lost = modelFiles(json, shard);
    expect(
      (await refusal({ ...lost, files: new Map([...lost.files].filter(([name]) => name !== SHARD)) })).message,
    ).toMatch(/which is not there/);
    const elsewhere = {
      ...json,
      weightsManifest: json.weightsManifest.map((group) => ({ ...group, paths: ['../../etc/passwd'] })),
    };
    expect((await refusal(modelFiles(elsewhere, shard))).message).toMatch(/leaves the folder/);
  });

  test('that the manifest lacks', async () => {
    const json = graphModelJson(parts);
    expect((await refusal(modelFiles({ ...json, weightsManifest: [] }, new Uint8Array()))).message).toMatch(
      /lacks the constant `w`/,
    );
  });

  test('that claim a huge shape', async () => {
    const json = graphModelJson(parts);
    const huge = {
      ...json,
      weightsManifest: [{ paths: [SHARD], weights: [{ name: 'w', dtype: 'float32', shape: [4e9, 4e9] }] }],
    };
    expect((await refusal(modelFiles(huge, shardOf(parts)))).message).toMatch(/weight `w` needs/);
  });
});

describe('files', () => {
  const of = (text: string): ModelBytes => ({
    main: 'model.json',
    files: new Map([['model.json', new TextEncoder().encode(text)]]),
  });

  test.each([
    ['nothing', '', /no JSON/],
    ['half of one', '{"modelTopology": {"node": [', /no JSON/],
    ['a list', '[]', /no JSON object/],
    ['no topology', '{}', /no `modelTopology`/],
    ['nodes that are no list', '{"modelTopology": {"node": 7}}', /no list of nodes/],
    ['a node that is null', '{"modelTopology": {"node": [null]}}', /without a name or an operator/],
    [
      'inputs that are numbers',
      '{"modelTopology": {"node": [{"name": "a", "op": "b", "input": [1]}]}}',
      /inputs that are no texts/,
    ],
    [
      'a library of numbers',
      '{"modelTopology": {"node": [], "library": {"function": [1]}}}',
      /a function without a name/,
    ],
    ['a library that is a number', '{"modelTopology": {"node": [], "library": {"function": 1}}}', /is no list/],
    ['no nodes', '{"modelTopology": {"node": []}}', /has no output/],
    ['brackets without end', `{"a": ${'['.repeat(100_000)}`, /more than 200 deep/],
    ['five million values', `{"a": [${'0,'.repeat(5_000_000)}0]}`, /more than 4000000 values/],
  ])('that hold %s', async (_, text, message) => {
    expect((await refusal(of(text))).message).toMatch(message);
  });

  test('of a gigabyte of JSON, of which nothing is built', async () => {
    const bytes = new Uint8Array(2 ** 30).fill(0x20);
    bytes[0] = 0x7b;
    const start = performance.now();
    const said = await refusal({ main: 'model.json', files: new Map([['model.json', bytes]]) });
    expect(said.message).toMatch(/1073741824 bytes of JSON, and at most 67108864/);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('cut off anywhere', async () => {
    const path = join(packageRoot(), 'fixtures', 'models', 'graph-model', 'volume', 'model.json');
    const text = readFileSync(path, 'utf8');
    for (let length = 0; length < text.length; length += 499) await refusal(of(text.slice(0, length)));
  });
});

test('a chain of fifty thousand nodes is lowered', async () => {
  const nodes = Array.from({ length: 50_000 }, (_, i): NodeDef => ({
    name: `n${i}`,
    op: 'Sin',
    input: [i === 0 ? 'x' : `n${i - 1}`],
  }));
  const start = performance.now();
  await lowerGraphModel(graphModel({ inputs: { x: { shape: [-1, 2] } }, nodes, outputs: ['n49999'] }));
  expect(performance.now() - start).toBeLessThan(20_000);
});

describe("another project's model: @vscode/vscode-languagedetection", () => {
  test('takes texts, which is said in one sentence', async () => {
    const folder = join(packageRoot(), 'node_modules', '@vscode', 'vscode-languagedetection', 'model');
    const files = ['model.json', SHARD].map(
      (name) => [name, new Uint8Array(readFileSync(join(folder, name)))] as const,
    );
    const said = await refusal({ main: 'model.json', files: new Map(files) });
    expect(said).toEqual({
      code: 'operator',
      message: expect.stringMatching(/the input `inputs` takes no numbers/) as string,
    });
  });
});
