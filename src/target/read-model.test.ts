import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { AssayError } from '#base/errors';
import { attributeMessage, externalTensor, modelFile, nodeMessage, valueMessage } from '../../test/onnx-files.js';
import { executeGraph, float32 } from '../../test/onnx-graphs.js';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { decodeModel } from '../engine/onnx/proto/codec.js';
import { GraphProto, NodeProto } from '../engine/onnx/proto/schema.js';
import { readModelFile } from './read-model.js';

const weights = new Uint8Array(Float32Array.of(1, 2, 3).buffer);

/** y = w, with w in another file. */
function modelWith(location: string): Uint8Array {
  return modelFile({
    initializer: [externalTensor('w', [3], { location })],
    node: [nodeMessage('Identity', ['w'], ['y'])],
    output: [valueMessage('y', 1, [3])],
  });
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The one sentence or two that reading ends in. */
async function refusal(path: string): Promise<string> {
  const thrown: unknown = await readModelFile(path).catch((error: unknown) => error);
  if (!(thrown instanceof AssayError)) throw new Error(`no AssayError, but ${String(thrown)}`);
  expect(thrown.code).toBe('model');
  expect(path.endsWith(thrown.where ?? 'nowhere')).toBe(true);
  return thrown.message;
}

describe('a model with its data files', () => {
  test.each(['w.bin', './w.bin', 'data/w.bin', 'w..bin'])('at %s', async (location) => {
    const model = modelWith(location);
    const folder = temporaryFolder({ 'model.onnx': model, [location]: weights });
    const read = await readModelFile(join(folder, 'model.onnx'));
    expect(read.main).toBe('model.onnx');
    expect(read.cards).toEqual([
      { name: 'model.onnx', sha256: sha256(model), bytes: model.length },
      { name: location, sha256: sha256(weights), bytes: 12 },
    ]);
    expect((await executeGraph(decodeModel(read), {})).get('y')).toEqual(float32([3], [1, 2, 3]));
  });

  test('a link that stays in the folder', async () => {
    const folder = temporaryFolder({ 'model.onnx': modelWith('link.bin'), 'data/w.bin': weights });
    symlinkSync('data/w.bin', join(folder, 'link.bin'));
    expect((await readModelFile(join(folder, 'model.onnx'))).files.get('link.bin')?.length).toBe(12);
  });

  test('a folder that is reached through a link', async () => {
    const folder = temporaryFolder({ 'real/model.onnx': modelWith('w.bin'), 'real/w.bin': weights });
    symlinkSync('real', join(folder, 'link'));
    expect((await readModelFile(join(folder, 'link/model.onnx'))).files.size).toBe(2);
  });

  test('data of attributes and of subgraphs', async () => {
    const constant = (location: string) =>
      NodeProto.encode({
        opType: 'Constant',
        output: ['c'],
        attribute: [attributeMessage('value', 4, { t: [externalTensor('', [3], { location })] })],
      });
    const branch = GraphProto.encode({ node: [constant('b.bin')], output: [valueMessage('c')] });
    const model = modelFile({
      node: [
        constant('a.bin'),
        nodeMessage('If', ['c'], ['y'], { attribute: [attributeMessage('then_branch', 5, { g: [branch] })] }),
      ],
      output: [valueMessage('y')],
    });
    const folder = temporaryFolder({ 'model.onnx': model, 'a.bin': weights, 'b.bin': weights });
    expect([...(await readModelFile(join(folder, 'model.onnx'))).files.keys()]).toEqual([
      'model.onnx',
      'a.bin',
      'b.bin',
    ]);
  });
});

describe('locations that are not followed', () => {
  const outside = join(temporaryFolder({ 'w.bin': weights }), 'w.bin');

  test.each([
    ['/etc/passwd', /absolute path/],
    ['../w.bin', /leaves the folder/],
    ['data/../../w.bin', /leaves the folder/],
    ['data/../w.bin', /leaves the folder/],
    ['..', /leaves the folder/],
    ['..\\w.bin', /backslash/],
    ['C:\\w.bin', /URL or a drive/],
    ['file:///etc/passwd', /URL or a drive/],
    ['https://example.org/w.bin', /URL or a drive/],
    ['w.bin\0', /zero byte/],
    ['gone.bin', /which is not there/],
    ['data', /this is a folder/],
    ['.', /this is a folder/],
  ])('%s', async (location, why) => {
    const folder = temporaryFolder({ 'model.onnx': modelWith(location), 'w.bin': weights, 'data/x': weights });
    const sentence = await refusal(join(folder, 'model.onnx'));
    expect(sentence).toMatch(why);
    expect(sentence).toContain('tensor `w`');
    expect(sentence).toContain(`\`${location}\``);
  });

  test.each(['file', 'folder'])('a link out of the folder, as a %s', async (kind) => {
    const folder = temporaryFolder({ 'model.onnx': modelWith(kind === 'file' ? 'link' : 'link/w.bin') });
    symlinkSync(kind === 'file' ? outside : join(outside, '..'), join(folder, 'link'));
    expect(await refusal(join(folder, 'model.onnx'))).toMatch(/tensor `w`.*`link.*a link that leaves the folder/);
  });

  test('a folder beside it whose name begins the same', async () => {
    const folder = temporaryFolder({ 'model/model.onnx': modelWith('link'), 'model-2/w.bin': weights });
    symlinkSync('../model-2/w.bin', join(folder, 'model/link'));
    expect(await refusal(join(folder, 'model/model.onnx'))).toMatch(/a link that leaves the folder/);
  });
});

/** A `model.json` of TensorFlow.js whose weights lie in these shards. */
function layersJson(...paths: string[]): string {
  const weights = [{ name: 'd/kernel', shape: [3], dtype: 'float32' }];
  const config = { name: 'd', layers: [{ class_name: 'Dense', config: { name: 'd', units: 1 } }] };
  const modelTopology = { model_config: { class_name: 'Sequential', config } };
  return JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest: [{ paths, weights }] });
}

describe('a format is told by the content, whatever the name', () => {
  test('TensorFlow.js with its shards', async () => {
    const folder = temporaryFolder({
      'net.onnx': layersJson('a.bin', 'more/b.bin'),
      'a.bin': weights,
      'more/b.bin': weights,
    });
    const read = await readModelFile(join(folder, 'net.onnx'));
    expect(read.format).toBe('tfjs-layers');
    expect(read.cards.map(({ name }) => name)).toEqual(['net.onnx', 'a.bin', 'more/b.bin']);
  });

  test('ONNX, Keras and HDF5', async () => {
    const archive = zipSync({ 'config.json': Uint8Array.of(1), 'model.weights.h5': Uint8Array.of(1) });
    const folder = temporaryFolder({
      'a.keras': modelFile({ node: [nodeMessage('Identity', ['x'], ['y'])], output: [valueMessage('y')] }),
      'b.h5': archive,
      'c.onnx': Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a),
    });
    const formats = await Promise.all(['a.keras', 'b.h5', 'c.onnx'].map((name) => readModelFile(join(folder, name))));
    expect(formats.map(({ format }) => format)).toEqual(['onnx', 'keras', 'keras-h5']);
  });

  test('a SavedModel with its variables, and nothing else of its folder', async () => {
    // saved_model_schema_version, then a MetaGraphDef that begins with a MetaInfoDef.
    const folder = temporaryFolder({
      'saved_model.pb': Uint8Array.of(0x08, 1, 0x12, 4, 0x0a, 2, 0x2a, 0),
      'variables/variables.index': weights,
      'variables/variables.data-00000-of-00001': weights,
      'variables/secret.txt': weights,
      'assets/vocabulary.txt': weights,
    });
    const names = ['saved_model.pb', 'variables/variables.index', 'variables/variables.data-00000-of-00001'];
    for (const path of [folder, join(folder, 'saved_model.pb')]) {
      const read = await readModelFile(path);
      expect(read.format).toBe('saved-model');
      expect([...read.files.keys()]).toEqual(names);
    }
  });
});

describe('shards that are not followed', () => {
  test.each([
    ['/etc/passwd', /absolute path/],
    ['../w.bin', /leaves the folder/],
    ['a/../../w.bin', /leaves the folder/],
    ['https://example.org/w.bin', /URL or a drive/],
    ['gone.bin', /which is not there/],
    ['link.bin', /a link that leaves the folder/],
  ])('%s', async (location, why) => {
    const outside = temporaryFolder({ 'w.bin': weights });
    const folder = temporaryFolder({ 'model.json': layersJson(location) });
    symlinkSync(join(outside, 'w.bin'), join(folder, 'link.bin'));
    const sentence = await refusal(join(folder, 'model.json'));
    expect(sentence).toMatch(why);
    expect(sentence).toContain(location);
  });
});

describe('a folder', () => {
  const model = modelFile({ node: [nodeMessage('Identity', ['x'], ['y'])], output: [valueMessage('y')] });

  test.each(['model.onnx', 'onnx/model.onnx', 'only.onnx'])(
    'with %s, and what Hugging Face says of it',
    async (name) => {
      const folder = temporaryFolder({
        [name]: model,
        'config.json': '{}',
        'preprocessor_config.json': '{}',
        'a.txt': 'a',
      });
      const read = await readModelFile(folder);
      expect(read.main).toBe(name);
      expect(read.cards.map(({ name: each }) => each)).toEqual([name, 'config.json', 'preprocessor_config.json']);
      // Named by its file, a model is that file.
      expect((await readModelFile(join(folder, name))).files.size).toBe(1);
    },
  );

  test('whose model keeps its data beside it', async () => {
    const folder = temporaryFolder({ 'onnx/model.onnx': modelWith('w.bin'), 'onnx/w.bin': weights });
    const read = await readModelFile(folder);
    expect((await executeGraph(decodeModel(read), {})).get('y')).toEqual(float32([3], [1, 2, 3]));
  });

  test('without a model, or with several', async () => {
    expect(await refusal(temporaryFolder({ 'a.txt': 'a' }))).toMatch(/there is no model\.onnx/);
    expect(await refusal(temporaryFolder({ 'a.onnx': model, 'b.onnx': model }))).toMatch(/2 \.onnx files/);
  });

  test('whose config.json is a link out of it', async () => {
    const folder = temporaryFolder({ 'model.onnx': model });
    symlinkSync('/etc/passwd', join(folder, 'config.json'));
    expect(await refusal(folder)).toMatch(/`config\.json`, a link that leaves the folder/);
  });
});

describe('files that are no model', () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const pickle = Uint8Array.of(0x80, 2, 0x7d, 0x71, 0, 0x2e);
  const safetensors = new Uint8Array(Buffer.concat([Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0), Buffer.from('{"a":1}')]));

  const zip = (...names: string[]) => zipSync(Object.fromEntries(names.map((name) => [name, Uint8Array.of(1)])));

  test.each([
    ['PyTorch', zip('model/data.pkl', 'model/byteorder', 'model/data/0'), /PyTorch.*pickle.*exporting\.md.*PyTorch/],
    ['TorchScript', zip('m/data.pkl', 'm/constants.pkl', 'm/code/a.py'), /TorchScript.*code.*exporting\.md/],
    ['NumPy arrays', zip('x.npy', 'y.npy'), /NumPy arrays/],
    ['another zip', zip('readme.txt'), /without the config\.json and model\.weights\.h5/],
    ['half of Keras', zip('config.json', 'metadata.json'), /without the config\.json and model\.weights\.h5/],
    ['pickle', pickle, /Python pickle.*never loaded.*exporting\.md/],
    ['pickle of protocol 0', Buffer.from('csklearn.svm\nSVC\np0\n'), /Python pickle/],
    ['joblib, compressed', deflateSync(Buffer.from('csklearn')), /joblib.*never loaded.*exporting\.md/],
    ['joblib, xz', Buffer.from('\xfd7zXZ\0\0', 'latin1'), /joblib/],
    ['TensorFlow.js without layers', Buffer.from('{"format": "layers-model", "modelTopology": {}}'), /TensorFlow\.js/],
    ['XGBoost', Buffer.from('{"learner":{"gradient_booster":{}}}'), /XGBoost.*exporting\.md/],
    ['XGBoost, binary', Buffer.from('{L\0\0\0learner{L\0\0\0gradient_booster'), /XGBoost.*exporting\.md/],
    ['LightGBM', Buffer.from('tree\nversion=v4\n'), /LightGBM.*exporting\.md/],
    ['CatBoost', Buffer.from('CBM1\0'), /CatBoost.*exporting\.md/],
    ['JSON', Buffer.from('  {"a": 1}'), /a JSON file/],
    ['TensorFlow Lite', Buffer.from('\x1c\0\0\0TFL3'), /TensorFlow Lite.*exporting\.md/],
    ['ORT', Buffer.from('\x1c\0\0\0ORTM'), /\.ort.*\.onnx file/],
    ['safetensors', safetensors, /safetensors.*exporting\.md/],
    ['GGUF', Buffer.from('GGUF\x03\0\0\0'), /GGUF.*exporting\.md/],
    ['NumPy', Buffer.from('\x93NUMPY\x01\0', 'latin1'), /NumPy array/],
    ['Git LFS', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), /Git LFS.*git lfs pull/],
    ['a web page', Buffer.from('\n<!DOCTYPE html><html>'), /web page/],
    ['gzip', gzipSync(modelWith('w.bin')), /gzip/],
    ['nothing', new Uint8Array(), /the file is empty/],
    ['text', Buffer.from('a model, honestly'), /not ONNX|no graph/],
  ])('%s', async (name, bytes, sentence) => {
    writeFileSync(at(name), bytes);
    expect(await refusal(at(name))).toMatch(sentence);
  });

  test('a missing file, and one behind a file', async () => {
    expect(await refusal(at('gone.onnx'))).toMatch(/there is no such file/);
    writeFileSync(at('plain'), 'x');
    expect(await refusal(at('plain/model.onnx'))).toMatch(/there is no such file/);
  });

  test('an empty folder', async () => {
    mkdirSync(at('folder.onnx'));
    expect(await refusal(at('folder.onnx'))).toMatch(/this is a folder/);
  });

  test('a device, which would never end', async () => {
    expect(await refusal('/dev/zero')).toMatch(/pipe or device/);
  });

  test('a gigabyte of JSON, of which nothing but the beginning is read', async () => {
    writeFileSync(at('model.json'), '{"modelTopology": {"node": []}');
    truncateSync(at('model.json'), 2 ** 30);
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusal(at('model.json'))).toMatch(/1073741824 bytes, and at most 67108864 can be read/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });

  test('more than 2 GiB, of which nothing is read', async () => {
    writeFileSync(at('huge.onnx'), '');
    truncateSync(at('huge.onnx'), 2 ** 31);
    expect(await refusal(at('huge.onnx'))).toMatch(/2147483648 bytes, and at most 2147483647 can be read/);
  });
});
