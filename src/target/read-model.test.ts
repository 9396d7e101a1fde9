import { createHash } from 'node:crypto';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
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

describe('files that are no model', () => {
  const folder = temporaryFolder();
  const at = (name: string) => join(folder, name);
  const pickle = Uint8Array.of(0x80, 2, 0x7d, 0x71, 0, 0x2e);
  const hdf5 = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);
  const safetensors = new Uint8Array(Buffer.concat([Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0), Buffer.from('{"a":1}')]));

  test.each([
    ['PyTorch', Buffer.from('PK\x03\x04\x00\x00archive/data.pkl'), /zip archive.*PyTorch.*ONNX/],
    ['pickle', pickle, /Python pickle.*ONNX/],
    ['Keras', hdf5, /HDF5.*ONNX/],
    ['TensorFlow.js', Buffer.from('{"format": "layers-model", "modelTopology": {}}'), /TensorFlow\.js.*ONNX/],
    ['JSON', Buffer.from('  {"a": 1}'), /JSON file.*ONNX/],
    ['TensorFlow Lite', Buffer.from('\x1c\0\0\0TFL3'), /TensorFlow Lite.*ONNX/],
    ['ORT', Buffer.from('\x1c\0\0\0ORTM'), /\.ort.*ONNX/],
    ['safetensors', safetensors, /safetensors.*ONNX/],
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

  test('a folder', async () => {
    mkdirSync(at('folder.onnx'));
    expect(await refusal(at('folder.onnx'))).toMatch(/this is a folder/);
  });

  test('a device, which would never end', async () => {
    expect(await refusal('/dev/zero')).toMatch(/pipe or device/);
  });

  test('more than 2 GiB, of which nothing is read', async () => {
    writeFileSync(at('huge.onnx'), '');
    truncateSync(at('huge.onnx'), 2 ** 31);
    expect(await refusal(at('huge.onnx'))).toMatch(/2147483648 bytes, and at most 2147483647 can be read/);
  });
});
