import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { packageRoot } from '#base/package-root';
import type { ModelBytes } from '../contract.js';
import { formatOf } from './format.js';

const MODELS = join(packageRoot(), 'fixtures', 'models');

/** Under a name that says nothing. */
const of = (bytes: Uint8Array): ModelBytes => ({ main: 'file', files: new Map([['file', bytes]]) });
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const read = (...path: string[]): Uint8Array => new Uint8Array(readFileSync(join(MODELS, ...path)));

describe('formatOf tells by content', () => {
  const onnx = readdirSync(MODELS).filter((name) => name.endsWith('.onnx'));
  test.each(onnx)('%s', (name) => {
    expect(formatOf(of(read(name)))).toBe('onnx');
  });

  test.each(['cnn', 'lstm', 'transformer'])('the graph model %s', (name) => {
    expect(formatOf(of(read('graph-model', name, 'model.json')))).toBe('tfjs-graph');
  });

  test.each(['cnn', 'mlp', 'reads-file', 'runs-python'])('the SavedModel %s', (name) => {
    expect(formatOf(of(read('saved-model', name, 'saved_model.pb')))).toBe('saved-model');
  });

  test.each([
    ['layers with a configuration', { modelTopology: { model_config: {} } }, 'tfjs-layers'],
    ['layers by their class', { modelTopology: { class_name: 'Sequential', config: {} } }, 'tfjs-layers'],
    ['a graph behind white space', { modelTopology: { node: [] } }, 'tfjs-graph'],
    ['something else', { name: 'package', version: '1.0.0' }, null],
  ])('%s', (_, json, format) => {
    expect(formatOf(of(text(JSON.stringify(json))))).toBe(format);
    expect(formatOf(of(text(`\ufeff\n  ${JSON.stringify(json, null, 2)}`)))).toBe(format);
  });

  test('archives of Keras, and not those of PyTorch', () => {
    const keras = zipSync({ 'metadata.json': text('{}'), 'config.json': text('{}'), 'model.weights.h5': text('x') });
    expect(formatOf(of(keras))).toBe('keras');
    expect(formatOf(of(zipSync({ 'archive/data.pkl': text('x'), 'archive/version': text('3') })))).toBeNull();
    expect(formatOf(of(keras.subarray(0, 40)))).toBeNull();
  });

  test.each([0, 512, 2048])('HDF5 at %i', (offset) => {
    const bytes = new Uint8Array(4096);
    bytes.set(Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'), offset);
    expect(formatOf(of(bytes))).toBe('keras-h5');
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['zeros', new Uint8Array(100)],
    ['a pickle', Uint8Array.of(0x80, 4, 0x95, 0, 0)],
    ['text', text('hello, world')],
    ['ones', new Uint8Array(100).fill(0xff)],
  ])('nothing of %s', (_, bytes) => {
    expect(formatOf(of(bytes))).toBeNull();
  });

  test('whatever is left of a file, without a throw that is none of ours', () => {
    const bytes = read('saved-model', 'mlp', 'saved_model.pb');
    for (let length = 0; length < 300; length++) formatOf(of(bytes.subarray(0, length)));
    const model = read('fashion-cnn.onnx');
    for (let length = 20; length < 300; length++) formatOf(of(model.subarray(0, length)));
  });

  test('a zip archive that claims four billion entries, at once', () => {
    const keras = zipSync({ 'config.json': text('{}'), 'model.weights.h5': text('x') });
    const end = keras.length - 22;
    keras.set([0xff, 0xff, 0xff, 0xff], end + 8);
    const start = performance.now();
    formatOf(of(keras));
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
