import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { assay, type Ended } from '#pipeline/testing/cli';
import { encodeModel } from '../src/engine/onnx/proto/codec.js';
import { graphOf } from './linear-model.js';

/** What users get wrong, one test each: one sentence on stderr and the exit code of bad input. */

const fixtures = join(packageRoot(), 'fixtures');
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assay-bad-'));
  copyFileSync(join(fixtures, 'models/fashion-mlp.onnx'), join(folder, 'model.onnx'));
  copyFileSync(join(fixtures, 'data/fashion-test-images.idx3-ubyte.gz'), join(folder, 'x.idx.gz'));
  copyFileSync(join(fixtures, 'data/fashion-test-labels.idx1-ubyte.gz'), join(folder, 'y.idx.gz'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const good = {
  target: {
    file: 'model.onnx',
    head: 'classes',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
  },
  data: { test: { inputs: 'x.idx.gz', labels: 'y.idx.gz', scale: 1 / 255, sample: 20 } },
  audits: { 'evasion/fgsm': { norm: 'Linf', epsilons: [0.1] } },
};

type Settings = Record<string, unknown>;

function audit(config: Settings, policy?: Settings): Promise<Ended> {
  const complete = policy === undefined ? config : { ...config, policy: 'policy.json' };
  writeFileSync(join(folder, 'assay.config.json'), JSON.stringify(complete));
  if (policy !== undefined) writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy));
  return assay(['audit', '--quiet'], { cwd: folder });
}

function withTest(test: Settings): Settings {
  return { ...good, data: { test: { ...good.data.test, ...test } } };
}

/** A refusal: exit code 4, nothing on stdout, one line on stderr that says `sentence` and no stack. */
async function expectRefused(running: Promise<Ended>, sentence: RegExp): Promise<void> {
  const result = await running;
  expect(result.stderr).toMatch(sentence);
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
  expect(result.stderr).not.toMatch(/\n\s+at /);
  expect(result.stdout).toBe('');
  expect(result.code).toBe(4);
}

/** NPY version 1.0 of float32. */
function writeNpy(name: string, shape: readonly number[], values: Float32Array): void {
  const dictionary = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const header = dictionary.padEnd(117, ' ') + '\n';
  const prefix = Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  writeFileSync(join(folder, name), Buffer.concat([prefix, Buffer.from(header), Buffer.from(values.buffer)]));
}

test('the good configuration is good', async () => {
  expect((await audit(good)).code).not.toBe(4);
});

test('a missing model', async () => {
  await expectRefused(audit({ ...good, target: { ...good.target, file: 'modle.onnx' } }), /modle\.onnx/);
});

test('a missing configuration', async () => {
  await expectRefused(assay(['audit', 'nowhere.json'], { cwd: folder }), /nowhere\.json/);
});

test('a truncated model', async () => {
  const bytes = readFileSync(join(folder, 'model.onnx'));
  writeFileSync(join(folder, 'model.onnx'), bytes.subarray(0, bytes.length / 2));
  await expectRefused(audit(good), /model\.onnx/);
});

test('a model with external data outside its folder', async () => {
  writeFileSync(join(folder, 'model.onnx'), withExternalData('../../etc/passwd'));
  await expectRefused(audit(good), /\.\.\/\.\.\/etc\/passwd/);
});

test('an operator without a kernel', async () => {
  const graph = graphOf({
    nodes: [{ op: 'Fourier', inputs: ['x'], outputs: ['y'] }],
    inputShape: ['n', 1, 28, 28],
    outputShape: ['n', 10],
  });
  writeFileSync(join(folder, 'model.onnx'), encodeModel(graph));
  await expectRefused(audit(good), /Fourier/);
});

test('data of another shape', async () => {
  writeNpy('x.npy', [2, 3, 32, 32], new Float32Array(2 * 3 * 32 * 32));
  writeNpy('y.npy', [2], Float32Array.of(0, 1));
  await expectRefused(audit(withTest({ inputs: 'x.npy', labels: 'y.npy', scale: 1, sample: 2 })), /3, 32, 32/);
});

test('labels out of range', async () => {
  writeNpy('y.npy', [1000], new Float32Array(1000).fill(10));
  await expectRefused(audit(withTest({ labels: 'y.npy' })), /label 10/);
});

test('a label for every input', async () => {
  writeNpy('y.npy', [999], new Float32Array(999));
  await expectRefused(audit(withTest({ labels: 'y.npy' })), /999/);
});

test('NaN pixels', async () => {
  const pixels = new Float32Array(2 * 784);
  pixels[784] = NaN;
  writeNpy('x.npy', [2, 1, 28, 28], pixels);
  writeNpy('y.npy', [2], Float32Array.of(0, 1));
  await expectRefused(
    audit(withTest({ inputs: 'x.npy', labels: 'y.npy', scale: 1, sample: 2 })),
    /NaN.*sample 1|sample 1.*NaN/,
  );
});

test('no data', async () => {
  writeNpy('x.npy', [0, 1, 28, 28], new Float32Array(0));
  writeNpy('y.npy', [0], new Float32Array(0));
  await expectRefused(audit(withTest({ inputs: 'x.npy', labels: 'y.npy', scale: 1 })), /empty|no samples/);
});

test('values outside the domain', async () => {
  const { scale, ...unscaled } = good.data.test;
  void scale;
  await expectRefused(audit({ ...good, data: { test: unscaled } }), /scale/);
});

test('an unknown plugin, with the closest one', async () => {
  await expectRefused(audit({ ...good, audits: { 'evasion/pdg': {} } }), /evasion\/pgd/);
});

test('an unknown option, with the closest one', async () => {
  await expectRefused(audit({ ...good, audits: { 'evasion/fgsm': { norm: 'Linf', epsilon: 0.1 } } }), /epsilons/);
});

test('an unknown key, with the closest one', async () => {
  await expectRefused(audit({ ...good, pollicy: 'policy.json' }), /policy/);
});

test('a waiver without a reason', async () => {
  const waiver = { audit: 'evasion/fgsm', owner: 'somebody', expires: '2099-01-01' };
  await expectRefused(audit(good, { waivers: [waiver] }), /reason/);
});

test('a threshold of an audit that does not exist', async () => {
  await expectRefused(audit(good, { audits: { 'evasion/fsgm': {} } }), /evasion\/fgsm/);
});

test('an output folder that cannot be written', async () => {
  writeFileSync(join(folder, 'file'), 'not a folder');
  await expectRefused(audit({ ...good, out: 'file/runs' }), /file\/runs/);
});

test('plugins in a JSON configuration without --allow-code', async () => {
  mkdirSync(join(folder, 'p'));
  writeFileSync(join(folder, 'p/index.js'), 'process.exit(77)');
  await expectRefused(audit({ ...good, plugins: ['./p/index.js'] }), /--allow-code/);
});

test('an unknown command and an unknown flag', async () => {
  expect((await assay(['adit'])).code).toBe(4);
  expect((await assay(['audit', '--sampel', '3'])).code).toBe(4);
});

/** A linear model whose weight says that it lies in another file: an initializer appended to an encoded graph. */
function withExternalData(location: string): Uint8Array {
  const graph = graphOf({
    nodes: [
      { op: 'Flatten', inputs: ['x'], outputs: ['f'] },
      { op: 'MatMul', inputs: ['f', 'w'], outputs: ['y'] },
    ],
    inputShape: ['n', 1, 28, 28],
    outputShape: ['n', 10],
  });
  // TensorProto: dims (1) 784 and 10, data_type (2) float, name (8), external_data (13), data_location (14) external.
  const entry = Buffer.concat([field(1, Buffer.from('location')), field(2, Buffer.from(location))]);
  const shape = Buffer.from([0x08, ...varint(784), 0x08, 10, 0x10, 1]);
  const tensor = Buffer.concat([shape, field(8, Buffer.from('w')), field(13, entry), Buffer.from([0x70, 1])]);
  // A second graph (7) with one initializer (5) is merged into the first by every protobuf reader.
  return Buffer.concat([encodeModel(graph), field(7, field(5, tensor))]);
}

function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(bytes.length)]), bytes]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)];
}
