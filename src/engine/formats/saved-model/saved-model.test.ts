import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AssayError } from '#base/errors';
import { packageRoot } from '#base/package-root';
import type { ModelBytes } from '#engine/index';
import { joined } from '../../onnx/proto/schema.js';
import { checkSavedModel, savedModelFiles, withoutNativeTensorFlow } from './index.js';
import {
  AttrValue,
  FunctionDef,
  FunctionDefLibrary,
  GraphDef,
  MapEntry,
  MetaGraphDef,
  NameAttrList,
  NodeDef,
  OpDef,
  SavedModel,
  SaverDef,
} from './schema.js';

function fixture(name: string): ModelBytes {
  const path = join(packageRoot(), 'fixtures', 'models', 'saved-model', name, 'saved_model.pb');
  return { main: 'saved_model.pb', files: new Map([['saved_model.pb', new Uint8Array(readFileSync(path))]]) };
}

function messageOfThrown(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    expect((thrown as AssayError).code).toBe('model');
    expect((thrown as AssayError).message).not.toMatch(/\n/);
    return (thrown as AssayError).message;
  }
  throw new Error('nothing was thrown');
}

interface Changes {
  readonly graph?: (nodes: readonly Uint8Array[]) => readonly Uint8Array[];
  readonly functions?: (name: string, nodes: readonly Uint8Array[]) => readonly Uint8Array[];
  readonly saver?: Parameters<typeof SaverDef.encode>[0];
}

/** A real SavedModel with some of its nodes changed. */
function changed(
  { graph = (nodes) => nodes, functions = (_, nodes) => nodes, saver }: Changes,
  name = 'mlp',
): ModelBytes {
  const bytes = fixture(name).files.get('saved_model.pb') ?? new Uint8Array();
  const saved = SavedModel.decode(bytes);
  const meta = MetaGraphDef.decode(joined(saved.metaGraphs));
  const graphDef = GraphDef.decode(joined(meta.graphDef));
  const library = FunctionDefLibrary.decode(joined(graphDef.library)).function.map((definition) => {
    const { signature, nodeDef } = FunctionDef.decode(definition);
    return FunctionDef.encode({ signature, nodeDef: functions(OpDef.decode(joined(signature)).name, nodeDef) });
  });
  const newGraph = GraphDef.encode({
    node: graph(graphDef.node),
    library: [FunctionDefLibrary.encode({ function: library })],
  });
  const newMeta = MetaGraphDef.encode({
    ...meta,
    graphDef: [newGraph],
    ...(saver === undefined
      ? {}
      : { saverDef: [SaverDef.encode({ ...SaverDef.decode(joined(meta.saverDef)), ...saver })] }),
  });
  const file = SavedModel.encode({ ...saved, metaGraphs: [newMeta] });
  return { main: 'saved_model.pb', files: new Map([['saved_model.pb', file]]) };
}

const call = (name: string, called: string, ...input: string[]): Uint8Array =>
  NodeDef.encode({
    name,
    op: 'StatefulPartitionedCall',
    input,
    attr: [
      MapEntry.encode({
        key: 'f',
        value: [AttrValue.encode({ func: [NameAttrList.encode({ name: called, attr: [] })] })],
      }),
    ],
  });

const restoreFunction = (name: string): boolean => name.includes('traced_restore');

function nameOfFunction(part: string): string {
  const { metaGraphs } = SavedModel.decode(fixture('mlp').files.get('saved_model.pb') ?? new Uint8Array());
  const { graphDef } = MetaGraphDef.decode(joined(metaGraphs));
  const { function: functions } = FunctionDefLibrary.decode(joined(GraphDef.decode(joined(graphDef)).library));
  const names = functions.map((one) => OpDef.decode(joined(FunctionDef.decode(one).signature)).name);
  return names.find((name) => name.includes(part)) ?? '';
}

describe('checkSavedModel', () => {
  test('reads signatures, tags and operators of a model that only computes', () => {
    const facts = checkSavedModel(fixture('mlp'));
    expect(facts.tags).toEqual(['serve']);
    expect(facts.hasVariables).toBe(true);
    const signature = facts.signatures.get('serving_default');
    expect([...facts.signatures.keys()]).toEqual(['serving_default']);
    expect(signature?.inputs).toEqual([
      { key: 'x', tensor: 'serving_default_x:0', dtype: 'float32', shape: [null, 4] },
    ]);
    expect(signature?.outputs).toEqual([
      { key: 'scores', tensor: 'StatefulPartitionedCall:0', dtype: 'float32', shape: [null, 3] },
    ]);
    expect(facts.operators).toEqual(expect.arrayContaining(['MatMul', 'Relu', 'RestoreV2', 'Softmax']));
  });

  test('takes what Keras exports', () => {
    const { signatures } = checkSavedModel(fixture('cnn'));
    const signature = signatures.get('serving_default');
    expect(signature?.inputs.map(({ shape }) => shape)).toEqual([[null, 8, 8, 1]]);
    expect(signature?.outputs.map(({ shape }) => shape)).toEqual([[null, 3]]);
  });

  test('refuses an operator that reads a file, and names it', () => {
    expect(messageOfThrown(() => checkSavedModel(fixture('reads-file')))).toMatch(
      /^saved_model\.pb: node `ReadFile\S*` \(ReadFile\) in function `\S+` reads or writes files\./,
    );
  });

  test('refuses Python in a function of a function, and names it', () => {
    expect(messageOfThrown(() => checkSavedModel(fixture('runs-python')))).toMatch(
      /node `PyFunc\S*` \(PyFunc\) in function `__inference_inner\S*` runs Python\./,
    );
  });

  test.each([
    ['WriteFile', /reads or writes files/],
    ['RestoreV2', /reads or writes checkpoints/],
    ['SaveV2', /reads or writes checkpoints/],
    ['EagerPyFunc', /runs Python/],
    ['RpcCall', /speaks to other processes/],
    ['TextLineDataset', /reads data by itself/],
    ['RandomUniform', /draws random numbers/],
    ['DecodeJpeg', /parses files/],
    ['XlaLaunch', /runs compiled programs/],
    ['SomethingNew', /none of those that Assay lets/],
    ['__proto__', /none of those that Assay lets/],
  ])('refuses %s in the graph and in a function', (op, why) => {
    const node = NodeDef.encode({ name: 'evil', op, input: [], attr: [] });
    const inGraph = changed({ graph: (nodes) => [...nodes, node] });
    expect(messageOfThrown(() => checkSavedModel(inGraph))).toMatch(why);
    const inFunction = changed({
      functions: (name, nodes) => (restoreFunction(name) && op === 'RestoreV2' ? nodes : [...nodes, node]),
    });
    const said = messageOfThrown(() => checkSavedModel(inFunction));
    expect(said).toMatch(why);
    expect(said).toMatch(/in function/);
  });
});

describe('the function that restores weights', () => {
  test('is left as it was where nothing was changed', () => {
    expect(checkSavedModel(changed({})).hasVariables).toBe(true);
  });

  test('may not read another path', () => {
    const constant = NodeDef.encode({ name: 'path', op: 'Const', input: [], attr: [] });
    const rewritten = changed({
      functions: (name, nodes) =>
        restoreFunction(name)
          ? [
              constant,
              ...nodes.map((bytes) => {
                const node = NodeDef.decode(bytes);
                return node.op === 'RestoreV2'
                  ? NodeDef.encode({ ...node, input: ['path:output:0', ...node.input.slice(1)] })
                  : bytes;
              }),
            ]
          : nodes,
    });
    expect(messageOfThrown(() => checkSavedModel(rewritten))).toMatch(
      /RestoreV2\) in function `\S+` takes its path from elsewhere/,
    );
  });

  test('may not be called by anything else', () => {
    const restore = nameOfFunction('traced_restore');
    const save = nameOfFunction('traced_save');
    for (const called of [restore, save]) {
      const again = changed({ graph: (nodes) => [...nodes, call('again', called, 'serving_default_x')] });
      expect(messageOfThrown(() => checkSavedModel(again))).toMatch(
        /`again` \(StatefulPartitionedCall\) in the graph calls/,
      );
    }
    const byOperator = changed({
      functions: (name, nodes) =>
        name.includes('signature')
          ? [...nodes, NodeDef.encode({ name: 'hidden', op: restore, input: [], attr: [] })]
          : nodes,
    });
    expect(messageOfThrown(() => checkSavedModel(byOperator))).toMatch(/`hidden` .* calls/);
  });

  test('may not be read from', () => {
    const { metaGraphs } = SavedModel.decode(fixture('mlp').files.get('saved_model.pb') ?? new Uint8Array());
    const { saverDef } = MetaGraphDef.decode(joined(metaGraphs));
    const { restoreOpName } = SaverDef.decode(joined(saverDef));
    for (const input of [restoreOpName, `${restoreOpName}:0`, `^${restoreOpName}`]) {
      const reader = NodeDef.encode({ name: 'reader', op: 'NoOp', input: [input], attr: [] });
      expect(messageOfThrown(() => checkSavedModel(changed({ graph: (nodes) => [...nodes, reader] })))).toMatch(
        /`reader` .* reads/,
      );
    }
  });

  test.each([
    [{ restoreOpName: 'serving_default_x' }, /calls no function/],
    [{ restoreOpName: 'nothing' }, /calls no function/],
    [{ restoreOpName: 'StatefulPartitionedCall' }, /takes its path from elsewhere/],
    [{ filenameTensorName: 'StatefulPartitionedCall:0' }, /which is no placeholder/],
    [{ filenameTensorName: 'serving_default_x:0' }, /takes its path from elsewhere/],
  ])('is only the one that the saver calls with its own path: %j', (saver, message) => {
    expect(messageOfThrown(() => checkSavedModel(changed({ saver })))).toMatch(message);
  });
});

describe('broken files', () => {
  const bytes = fixture('mlp').files.get('saved_model.pb') ?? new Uint8Array();
  const of = (content: Uint8Array): ModelBytes => ({
    main: 'saved_model.pb',
    files: new Map([['saved_model.pb', content]]),
  });

  test('end in one sentence wherever they are cut off', () => {
    for (let length = 0; length < bytes.length; length += 97) {
      expect(messageOfThrown(() => checkSavedModel(of(bytes.subarray(0, length))))).toMatch(/^saved_model\.pb: /);
    }
  });

  test('that miss a function say so', () => {
    const lost = changed({ graph: (nodes) => [...nodes, call('lost', 'nowhere')] });
    expect(messageOfThrown(() => checkSavedModel(lost))).toMatch(/calls the function `nowhere`, which is not there/);
  });

  test('whose attributes name functions without end are refused', () => {
    let named = NameAttrList.encode({ name: 'a', attr: [] });
    for (let i = 0; i < 500; i++) {
      const entry = MapEntry.encode({ key: 'f', value: [AttrValue.encode({ func: [named] })] });
      named = NameAttrList.encode({ name: 'a', attr: [entry] });
    }
    const node = NodeDef.encode({
      name: 'deep',
      op: 'NoOp',
      input: [],
      attr: [MapEntry.encode({ key: 'f', value: [AttrValue.encode({ func: [named] })] })],
    });
    expect(messageOfThrown(() => checkSavedModel(changed({ graph: (nodes) => [...nodes, node] })))).toMatch(
      /more than 8 deep/,
    );
  });

  test('that are not there say so', () => {
    expect(messageOfThrown(() => checkSavedModel({ main: 'saved_model.pb', files: new Map() }))).toMatch(/not there/);
  });
});

describe('savedModelFiles', () => {
  const one = 'variables/variables.data-00000-of-00001';
  test('lists the index and the weights, and nothing else', () => {
    expect(
      savedModelFiles(['saved_model.pb', one, 'variables/variables.index', 'assets/words.txt', 'fingerprint.pb']),
    ).toEqual(['variables/variables.index', one]);
    expect(savedModelFiles(['saved_model.pb'])).toEqual([]);
  });

  test.each<[string[], RegExp]>([
    [[one], /lacks the file `variables\/variables\.index`/],
    [['variables/variables.index'], /lacks the file `variables\/variables\.data-00000-of-00001`/],
    [
      ['variables/variables.index', 'variables/variables.data-00001-of-00002'],
      /lacks the file `variables\/variables\.data-00000-of-00002`/,
    ],
    [['variables/variables.index', one, 'variables/variables.data-00000-of-00002'], /several models/],
  ])('says what %j lacks', (names, message) => {
    expect(messageOfThrown(() => savedModelFiles(names))).toMatch(message);
  });
});

test('without native TensorFlow the sentence names the converter', () => {
  expect(withoutNativeTensorFlow('model/saved_model.pb').message).toMatch(/tensorflowjs_converter/);
});
