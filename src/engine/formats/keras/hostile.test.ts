import { zipSync, strToU8 } from 'fflate';
import { AssayError } from '#base/errors';
import { readHostileFiles, readKerasCases } from '../../../../test/keras-fixtures.js';
import { outputsOf } from '../../../../test/lowered.js';
import { lowerKeras, lowerLayersModel } from './index.js';

const files = readHostileFiles();
const [archive = new Uint8Array()] = readKerasCases('dense').map((each) => each.files['.keras']);
const h5 = files['sound'] ?? new Uint8Array();

const lowerBytes = (bytes: Uint8Array, main = 'model.keras') => lowerKeras({ main, files: new Map([[main, bytes]]) });

/** The one sentence that a file is refused with. */
async function refusal(bytes: Uint8Array, main?: string): Promise<string> {
  const started = performance.now();
  const error: unknown = await lowerBytes(bytes, main).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AssayError);
  expect(performance.now() - started).toBeLessThan(20_000);
  const { code, message } = error as AssayError;
  expect(message).not.toMatch(/\n|HDF5-DIAG|\bat .*:\d+:\d+/);
  return `${code}: ${message}`;
}

const layer = (className: string, config: object = {}, more: object = {}) => ({
  class_name: className,
  config: { name: className.toLowerCase(), ...config },
  name: className.toLowerCase(),
  ...more,
});
const input = layer('InputLayer', { batch_shape: [null, 3], name: 'x' }, { name: 'x', inbound_nodes: [] });
const sequential = (...layers: object[]) => ({
  class_name: 'Sequential',
  config: { name: 'm', layers: [input, ...layers] },
});

function zipped(config: unknown, members: Readonly<Record<string, Uint8Array>> = {}): Uint8Array {
  return zipSync({ 'config.json': strToU8(typeof config === 'string' ? config : JSON.stringify(config)), ...members });
}

/** Lets the last member of an archive say in the central directory that it unpacks to so many bytes. */
function claim(bytes: Uint8Array, size: number): void {
  const entry = Buffer.from(bytes).lastIndexOf('PK\x01\x02');
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(entry + 24, size, true);
}

describe('archives', () => {
  test('the archive that the others are made from is lowered', async () => {
    await expect(lowerBytes(archive)).resolves.toBeDefined();
  });

  test.each([10, 0.5, 0.95])('cut off at %p', async (at) => {
    const end = at < 1 ? Math.floor(archive.length * at) : at;
    expect(await refusal(archive.subarray(0, end))).toMatch(
      /^model: model\.keras: the zip archive is cut off or damaged/,
    );
  });

  test.each([
    ['../config.json', 'which leaves the folder'],
    ['a/../../b', 'which leaves the folder'],
    ['/etc/passwd', 'which is an absolute path'],
    ['C:\\b', 'which is a URL or a drive'],
    ['a\\b', 'which has a backslash'],
  ])('a member named %s', async (name, why) => {
    const bytes = zipped(sequential(layer('Flatten')), { [name]: new Uint8Array(1) });
    expect(await refusal(bytes)).toBe(
      `model: model.keras: the archive has the file ${JSON.stringify(name)}, ${why}. Save the model again with \`model.save\`.`,
    );
  });

  test('a bomb is refused before it is unpacked', async () => {
    const bytes = zipped(sequential(layer('Flatten')), { 'model.weights.h5': new Uint8Array(1000) });
    claim(bytes, 2 ** 31);
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusal(bytes)).toMatch(/the archive is a zip bomb: \d+ bytes say that they hold 2,147,[\d,]+ bytes/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 26);
  });

  test('a member that holds more than it says is cut off there', async () => {
    const bytes = zipped(sequential(layer('Flatten')));
    claim(bytes, 20);
    expect(await refusal(bytes)).toMatch(/^model: model\.keras: /);
  });

  test('one without a configuration, and one with none that is JSON', async () => {
    expect(await refusal(zipSync({ 'a.txt': new Uint8Array(1) }))).toMatch('the archive has no `config.json`');
    expect(await refusal(zipped('{"class_name": '))).toMatch('`config.json` is no JSON');
    expect(await refusal(zipped('[]'))).toMatch('`config.json` is no object');
  });
});

describe('HDF5', () => {
  test('sound files, packed ones and ones with a circle that no weight is in are lowered', async () => {
    for (const name of ['sound', 'packed', 'hard circle']) {
      const { model } = await lowerBytes(files[name] ?? new Uint8Array(), 'model.h5');
      const outputs = await outputsOf(model, { dense_input: { shape: [1, 3], data: Float32Array.of(1, 2, 3) } });
      expect(Array.from(outputs.get('dense')?.data as Float32Array)).toEqual([16, 23]);
    }
  });

  test.each([
    ['soft circle', 'the HDF5 file is cut off or damaged'],
    ['circle as weight', 'layer `dense` has no weight `kernel` in the file'],
    ['link outside', '`/model_weights/dense/dense/kernel:0` is a link to another file'],
    ['data outside', 'the HDF5 file is cut off or damaged'],
    ['virtual', 'the data set is put together from other files'],
    ['never written', 'the data set says to hold 2,147,483,648 bytes in a file of'],
    ['bomb', 'the data set says to hold 16,777,216 bytes in a file of'],
    ['texts', 'the data set holds no numbers'],
  ])('%s', async (name, sentence) => {
    const message = await refusal(files[name] ?? new Uint8Array(), 'model.h5');
    expect(message).toMatch(/^model: model\.h5: /);
    expect(message).toContain(sentence);
  });

  test.each([0, 5, 100, 1000, 4000])('cut off at %p', async (end) => {
    expect(await refusal(h5.subarray(0, end), 'model.h5')).toMatch(/^model: model\.h5: /);
  });

  test('no byte that is turned over does more than a sentence', async () => {
    const logged = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    for (let i = 0; i < 150; i++) {
      const bytes = Uint8Array.from(h5);
      const at = (i * 7919) % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ (1 + ((i * 37) % 255));
      const thrown: unknown = await lowerBytes(bytes, 'model.h5').then(
        () => null,
        (error: unknown) => error,
      );
      if (thrown !== null) expect(thrown).toBeInstanceOf(AssayError);
    }
    expect(logged).not.toHaveBeenCalled();
    logged.mockRestore();
  });
});

describe('configurations', () => {
  test.each([
    ['Lambda', { function: ['4wEAAAAA', null, null] }],
    ['TFOpLambda', { function: 'math.add' }],
  ])('%s is code', async (className, config) => {
    const name = className.toLowerCase();
    expect(await refusal(zipped(sequential(layer(className, config))))).toBe(
      `operator: model.keras: layer \`${name}\` is a ${className} layer, which is code, and code of a model is never run.`,
    );
  });

  test('classes, activations and models of somebody are code too', async () => {
    const own = layer('Mine', {}, { module: 'mine.layers', registered_name: 'mine>Mine' });
    expect(await refusal(zipped(sequential(own)))).toMatch(
      /^operator: .*is of the class `Mine` of `mine.layers`, which is code/,
    );
    const activation = { class_name: 'function', config: 'f', module: 'builtins', registered_name: 'mine>f' };
    expect(await refusal(zipped(sequential(layer('Activation', { activation }))))).toMatch(
      /^operator: .*has an activation that is code, which is never run/,
    );
    expect(await refusal(zipped({ class_name: 'MyModel', config: {} }))).toMatch(
      /^operator: .*`MyModel`, which is code/,
    );
  });

  test('what has no lowering says which layer it is', async () => {
    expect(await refusal(zipped(sequential(layer('Discretization'))))).toBe(
      'operator: model.keras: layer `discretization` is of the class `Discretization`, which has no lowering to ONNX.',
    );
    const stateful = layer('LSTM', { units: 2, stateful: true });
    expect(await refusal(zipped(sequential(layer('RepeatVector', { n: 2 }), stateful)))).toBe(
      'operator: model.keras: layer `lstm` remembers its state from batch to batch.',
    );
  });

  test('weights that are missing, or of another shape than a layer claims', async () => {
    const dense = (units: number) => layer('Dense', { units, name: 'dense' });
    expect(await refusal(zipped(sequential(dense(1_000_000_000))))).toBe(
      'model: model.keras: layer `dense` has no weight `kernel` in the file.',
    );
    const text = Buffer.from(h5).toString('latin1').replace('"units": 2', '"units": 3');
    expect(await refusal(Buffer.from(text, 'latin1'), 'model.h5')).toBe(
      'model: model.h5: layer `dense` has a weight `kernel` of shape [3, 2] where it takes [3, 3].',
    );
  });

  test('models in models without end, and lists in lists', async () => {
    let nested: object = sequential(layer('Flatten'));
    for (let i = 0; i < 100; i++) nested = sequential(nested);
    expect(await refusal(zipped(nested))).toMatch('has models in models without end');
    const lists = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const config = `{"class_name":"Functional","config":{"name":"m","layers":[],"input_layers":${lists},"output_layers":[]}}`;
    expect(await refusal(zipped(config))).toMatch(/^model: /);
  });

  test('a model that calls a model twice that calls a model twice', async () => {
    const call = (name: string) => [[[name, 0, 0, {}]]];
    let inner: object = layer('Flatten', {}, { inbound_nodes: call('x') });
    let name = 'flatten';
    for (let i = 0; i < 20; i++) {
      const layers = [input, { ...inner, inbound_nodes: [...call('x'), ...call('x')] }];
      const config = {
        name: `m${i}`,
        layers,
        input_layers: [['x', 0, 0]],
        output_layers: [
          [name, 0, 0],
          [name, 1, 0],
        ],
      };
      name = `m${i}`;
      inner = { class_name: 'Functional', config, name };
    }
    expect(await refusal(zipped(inner))).toMatch('comes behind 50000 calls of layers');
  });

  test('layers that feed themselves, each other, or are not there', async () => {
    const model = (...layers: object[]) => ({
      class_name: 'Functional',
      config: { name: 'm', layers: [input, ...layers], input_layers: [['x', 0, 0]], output_layers: [['a', 0, 0]] },
    });
    const flat = (name: string, from: string) => ({
      ...layer('Flatten', { name }),
      name,
      inbound_nodes: [[[from, 0, 0, {}]]],
    });
    expect(await refusal(zipped(model(flat('a', 'b'), flat('b', 'a'))))).toMatch(
      'layer `a` is fed by itself in a circle',
    );
    expect(await refusal(zipped(model(flat('a', 'c'))))).toMatch('layer `a` is fed by a layer that is not there');
    expect(await refusal(zipped(model(flat('b', 'x'))))).toMatch('layer `a` has no output 0 of its call 0');
  });

  test.each([
    ['units', { units: 'many' }, 'layer `dense` has a `units` that is no number'],
    ['use_bias', { units: 2, use_bias: 'yes' }, 'has no weight `kernel`'],
    ['no units', {}, 'layer `dense` has no `units`'],
  ])('a setting that is wrong: %s', async (_name, config, sentence) => {
    expect(await refusal(zipped(sequential(layer('Dense', config))))).toContain(sentence);
  });
});

describe('LayersModels', () => {
  const lowerJson = (json: unknown) =>
    lowerLayersModel({ main: 'model.json', files: new Map([['model.json', strToU8(JSON.stringify(json))]]) });

  test('without a topology, without a shard, or without the weight that a layer takes', async () => {
    await expect(lowerJson({})).rejects.toThrow('model.json: the file has no `modelTopology`.');
    const modelTopology = sequential(layer('Dense', { units: 2 }));
    await expect(lowerJson({ modelTopology })).rejects.toThrow('layer `dense` has no weight `kernel` in the file');
    const weights = [{ name: 'dense/kernel', shape: [3, 2], dtype: 'float32' }];
    const weightsManifest = [{ paths: ['../a.bin'], weights }];
    await expect(lowerJson({ modelTopology, weightsManifest })).rejects.toThrow('which leaves the folder');
  });

  test('names in the form of JavaScript are read', async () => {
    const modelTopology = {
      className: 'Sequential',
      config: {
        name: 'm',
        layers: [{ className: 'Flatten', config: { name: 'flat', batchInputShape: [null, 2, 3] } }],
      },
    };
    const { model } = await lowerJson({ modelTopology });
    const outputs = await outputsOf(model, {
      flat_input: { shape: [1, 2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
    });
    expect(outputs.get('flat')?.shape).toEqual([1, 6]);
  });
});
