import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { zipSync } from 'fflate';
import { packageRoot } from '#base/package-root';
import { temporaryFolder } from './temporary-folder.js';
import { writeNpy } from '#data/write-npy';
import { assay, type Ended } from '#pipeline/testing/cli';
import { everyNth, isDeep } from './tier.js';

/** Hostile and damaged models of every format, through the command line: one sentence, exit code 4, bounded memory, no code run. */

const DENSE = { name: 'd', trainable: true, units: 2, activation: 'linear', use_bias: true, dtype: 'float32' };
/** Of the process; Node and ONNX Runtime alone take 150. */
const MOST_MIB = 700;

let folder: string;
beforeEach(() => {
  folder = temporaryFolder({
    'x.npy': writeNpy([4, 3], new Float32Array(12)),
    'y.npy': writeNpy([4], Uint8Array.of(0, 1, 0, 1)),
  });
});

function put(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

/** Audits a model of the folder, in a process that many share; its largest memory is that of all of them. */
async function refused(file: string, sentence: RegExp, more: object = {}): Promise<void> {
  writeConfig(file, more);
  expectRefused(await assay(['audit', '--quiet'], { cwd: folder }), sentence);
}

/** The same in a process of its own, where what is measured is the memory that this model took. */
function refusedAlone(file: string, sentence: RegExp): void {
  writeConfig(file, {});
  const main = join(packageRoot(), 'dist/src/cli/main.js');
  const measure = `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'peak'))}, String(process.resourceUsage().maxRSS)))`;
  put('measure.cjs', measure);
  const args = ['--require', join(folder, 'measure.cjs'), main, 'audit', '--quiet'];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '' },
    encoding: 'utf8',
    timeout: 100_000,
  });
  expectRefused({ code: status, stdout, stderr, peakMiB: peakMiB() }, sentence);
}

function writeConfig(file: string, more: object): void {
  const config = {
    target: { file, head: 'classes', domain: { kind: 'tabular', range: [0, 1] } },
    data: { test: { inputs: 'x.npy', labels: 'y.npy' } },
    audits: { 'evasion/noise': { epsilons: [0.1] } },
    ...more,
  };
  put('assay.config.json', JSON.stringify(config));
}

function expectRefused(ended: Omit<Ended, 'signal'>, sentence: RegExp): void {
  const { code, stdout, stderr, peakMiB: peak } = ended;
  expect(stderr).toMatch(sentence);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stdout).toBe('');
  expect(code).toBe(4);
  expect(peak).toBeLessThan(MOST_MIB);
}

function peakMiB(): number {
  const path = join(folder, 'peak');
  if (!existsSync(path)) throw new Error('the process left no measurement');
  return Number(readFileSync(path, 'utf8')) / 1024;
}

/** A LayersModel of one dense layer, 3 to 2. */
function layersModel(changes: { paths?: readonly string[]; layer?: object; shape?: readonly number[] } = {}): string {
  const {
    paths = ['w.bin'],
    layer = { class_name: 'Dense', config: { ...DENSE, batch_input_shape: [null, 3] } },
    shape = [3, 2],
  } = changes;
  return JSON.stringify({
    format: 'layers-model',
    modelTopology: {
      keras_version: '2.15.0',
      backend: 'tensorflow',
      model_config: { class_name: 'Sequential', config: { name: 's', layers: [layer] } },
    },
    weightsManifest: [
      {
        paths,
        weights: [
          { name: 'd/kernel', shape, dtype: 'float32' },
          { name: 'd/bias', shape: [2], dtype: 'float32' },
        ],
      },
    ],
  });
}

const WEIGHTS = new Uint8Array(4 * 8);

describe('TensorFlow.js', () => {
  test('a shard that is cut off, and one that is too long', async () => {
    put('model.json', layersModel());
    put('w.bin', WEIGHTS.subarray(0, 20));
    await refused('model.json', /model\.json: .*w\.bin|d\/kernel|d\/bias/);
    put('w.bin', new Uint8Array(100));
    await refused('model.json', /model\.json: .*(too long|more|left|bytes)/);
  });

  test('a shard that is missing, and a manifest without a weight', async () => {
    put('model.json', layersModel());
    await refused('model.json', /w\.bin.*which is not there/);
    put('w.bin', WEIGHTS);
    put('model.json', layersModel({ shape: [5, 2] }));
    await refused('model.json', /model\.json: /);
  });

  test.each([
    ['../w.bin', /leaves the folder/],
    ['/etc/passwd', /absolute path/],
    ['https://example.org/w.bin', /URL or a drive/],
    ['a/../../w.bin', /leaves the folder/],
    ['..\\w.bin', /backslash/],
  ])('a path that leads elsewhere: %s', async (path, why) => {
    put('model.json', layersModel({ paths: [path] }));
    await refused('model.json', why);
  });

  test('a link out of the folder', async () => {
    put('model.json', layersModel());
    symlinkSync('/etc/passwd', join(folder, 'w.bin'));
    await refused('model.json', /a link that leaves the folder/);
  });

  test('JSON that is cut off', async () => {
    put('model.json', layersModel().slice(0, 200));
    await refused('model.json', /model\.json: .*JSON/);
  });

  test('a gigabyte of JSON', () => {
    const path = join(folder, 'model.json');
    const file = openSync(path, 'w');
    writeSync(file, '{"format": "layers-model", "modelTopology": {"x": [');
    closeSync(file);
    // The rest are zero bytes that take no place on the disk.
    truncateSync(path, 2 ** 30);
    refusedAlone('model.json', /1073741824 bytes, and at most 67108864 can be read/);
  });

  if (isDeep) {
    test('60 MB of JSON values, and JSON as deep as it is long', () => {
      put('model.json', `{"modelTopology": {"node": [${'0,'.repeat(3e7)}0]}}`);
      refusedAlone('model.json', /more than \d+ values/);
      put('model.json', `{"modelTopology": ${'['.repeat(5e6)}`);
      refusedAlone('model.json', /nests values|deep|values/);
    });
  }

  test('a Lambda layer is code, and refused as such', async () => {
    const lambda = {
      class_name: 'Lambda',
      config: { name: 'l', function: 'x => process.exit(0)', batch_input_shape: [null, 3] },
    };
    put('model.json', layersModel({ layer: lambda }));
    put('w.bin', WEIGHTS);
    await refused('model.json', /Lambda/, { engine: 'onnx' });
  });
});

describe('Keras', () => {
  /** A zip with one entry that says to hold far more than it has. */
  const bomb = (name: string): Uint8Array =>
    zipSync({
      'config.json': Buffer.from('{}'),
      'model.weights.h5': new Uint8Array(8),
      'metadata.json': Buffer.from('{}'),
      [name]: [new Uint8Array(2 ** 28), { level: 9 }],
    });

  test.each(everyNth(2, ['model.weights.h5', 'config.json']))('a zip bomb in %s', (name) => {
    put('model.keras', bomb(name));
    refusedAlone('model.keras', /model\.keras: /);
  });

  test('an archive that is cut off, and one without a model in it', async () => {
    const whole = zipSync({
      'config.json': Buffer.from('{"class_name": "Sequential"}'),
      'model.weights.h5': new Uint8Array(64),
    });
    put('model.keras', whole.subarray(0, whole.length - 30));
    await refused('model.keras', /model\.keras: /);
    put('model.keras', whole);
    await refused('model.keras', /model\.keras: /);
  });

  test('a Lambda layer is code, and refused as such', async () => {
    const lambda = {
      module: 'keras.layers',
      class_name: 'Lambda',
      config: { name: 'l', function: { class_name: '__lambda__', config: { code: '4wEAAA==' } } },
    };
    const input = {
      module: 'keras.layers',
      class_name: 'InputLayer',
      config: { batch_shape: [null, 3], dtype: 'float32', name: 'i' },
    };
    const config = { module: 'keras', class_name: 'Sequential', config: { name: 's', layers: [input, lambda] } };
    put(
      'model.keras',
      zipSync({ 'config.json': Buffer.from(JSON.stringify(config)), 'model.weights.h5': new Uint8Array(64) }),
    );
    await refused('model.keras', /Lambda|HDF5/);
  });

  test('HDF5 that is cut off, empty, or whose root leads to itself', async () => {
    const signature = Uint8Array.of(0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a);
    put('model.h5', signature);
    await refused('model.h5', /model\.h5: .*HDF5/);
    // Version 0: offsets and lengths of 8 bytes; the root group's header lies where the superblock does.
    const looped = Buffer.alloc(2048);
    looped.set(signature);
    looped.set([0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0], 8);
    looped.writeBigUInt64LE(0xffffffffffffffffn, 32);
    looped.writeBigUInt64LE(2048n, 40);
    looped.writeBigUInt64LE(0xffffffffffffffffn, 48);
    put('model.h5', looped);
    await refused('model.h5', /model\.h5: .*HDF5/);
  });
});

describe('what can run code is never loaded', () => {
  test.each([
    [
      'a.pt',
      zipSync({ 'a/data.pkl': Buffer.from('cos\nsystem\n'), 'a/version': Buffer.from('3') }),
      /PyTorch.*exporting\.md/,
    ],
    ['a.pkl', Buffer.from('cos\nsystem\n(S"touch ran"\ntR.'), /pickle.*exporting\.md/],
    ['a.joblib', Buffer.from([0x80, 4, 0x95]), /pickle.*exporting\.md/],
    [
      'a.ts',
      zipSync({ 'a/data.pkl': Buffer.from('x'), 'a/code/a.py': Buffer.from('x'), 'a/constants.pkl': Buffer.from('x') }),
      /TorchScript.*exporting\.md/,
    ],
    ['a.tflite', Buffer.from('\x1c\0\0\0TFL3'), /TensorFlow Lite.*exporting\.md/],
    [
      'a.safetensors',
      Buffer.concat([Buffer.from([2, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"a":1}')]),
      /safetensors.*exporting\.md/,
    ],
  ])('%s', async (name, bytes, sentence) => {
    put(name, bytes);
    await refused(name, sentence);
    expect(existsSync(join(folder, 'ran'))).toBe(false);
  });
});

describe('a SavedModel', () => {
  const savedModel = (name: string): string => join(packageRoot(), 'fixtures/models/saved-model', name);

  test('is refused where ONNX Runtime was asked for, with the converter', async () => {
    await refused(savedModel('mlp'), /SavedModel.*tf2onnx/, { engine: 'onnx' });
  });

  test.each(['reads-file', 'runs-python'])('that %s', async (name) => {
    await refused(savedModel(name), /saved_model\.pb: .*node `/);
  });

  test('that lacks its weights, and one that is cut off', async () => {
    const bytes = readFileSync(join(savedModel('mlp'), 'saved_model.pb'));
    put('m/saved_model.pb', bytes);
    put('m/variables/variables.index', WEIGHTS);
    await refused('m', /lacks the file `variables\/variables\.data-00000-of-00001`/);
    put('m/saved_model.pb', bytes.subarray(0, bytes.length / 2));
    put('m/variables/variables.data-00000-of-00001', WEIGHTS);
    await refused('m', /saved_model\.pb/);
  });
});

describe('a folder', () => {
  test('without a model, and with a config.json that is a link out of it', async () => {
    await refused('.', /this is a folder, and there is no model\.onnx/);
    put('m/model.onnx', Uint8Array.of(0x08, 8));
    symlinkSync('/etc/passwd', join(folder, 'm/config.json'));
    await refused('m', /model\.onnx|config\.json/);
  });
});
