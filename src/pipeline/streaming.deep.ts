import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { npyHeader, writeNpy } from '#data/write-npy';
import { graphOf, modelOf } from '../../test/linear-model.js';
import { temporaryFolder } from '../../test/temporary-folder.js';
import { float32Constant } from '../engine/onnx/graph/constants.js';
import { onlyRun, reportOf, start, writeConfig } from './testing/cli.js';
import { watchMemory } from './testing/memory.js';

// As float32 the inputs alone are 6 GB. They are to be audited in 2 GB, by all processes together.

const COUNT = 10_000;
const SIDE = 224;
const CLASSES = 3;
const PIXELS = SIDE * SIDE;
const LIMIT_MIB = 2000;
/** A thousand draws of each of 100 samples would take longer than the attacks. */
const TRUST = { samples: 20, noiseDraws: 50, queries: 50 };

/**
 * Bytes of noise in which the channel of the class is lighter than the others by 8 to 64: a model that compares the means of
 * the channels is right on all of them, and wrong where every value is moved by 0.2.
 */
function writeImages(path: string): void {
  const file = openSync(path, 'w');
  const image = new Uint8Array(CLASSES * PIXELS);
  writeSync(file, npyHeader([COUNT, CLASSES, SIDE, SIDE], image));
  for (let i = 0; i < COUNT; i++) {
    randomFillSync(image);
    for (let j = 0; j < image.length; j++) image[j] = ((image[j] ?? 0) * 3) >> 2;
    const light = image.subarray((i % CLASSES) * PIXELS, ((i % CLASSES) + 1) * PIXELS);
    for (let j = 0; j < PIXELS; j++) light[j] = (light[j] ?? 0) + 8 + (i % 57);
    writeSync(file, image);
  }
  closeSync(file);
}

/** Means of 7 x 7 patches of each channel, their mean over the picture, and ten times that as the logit of each class. */
function meansOfChannels(): Uint8Array {
  const own = (width: number, value: number) =>
    Array.from({ length: CLASSES * CLASSES * width }, (_, i) =>
      Math.floor(i / width / CLASSES) === Math.floor(i / width) % CLASSES ? value : 0,
    );
  const graph = graphOf({
    nodes: [
      {
        op: 'Conv',
        inputs: ['x', 'patches'],
        outputs: ['means'],
        attributes: {
          kernel_shape: { kind: 'ints', value: [7, 7] },
          strides: { kind: 'ints', value: [7, 7] },
        },
      },
      { op: 'Relu', inputs: ['means'], outputs: ['lit'] },
      { op: 'GlobalAveragePool', inputs: ['lit'], outputs: ['pooled'] },
      { op: 'Flatten', inputs: ['pooled'], outputs: ['flat'] },
      { op: 'Gemm', inputs: ['flat', 'w'], outputs: ['y'] },
    ],
    constants: new Map([
      ['patches', float32Constant([CLASSES, CLASSES, 7, 7], own(49, 1 / 49))],
      ['w', float32Constant([CLASSES, CLASSES], own(1, 10))],
    ]),
    inputShape: ['n', CLASSES, SIDE, SIDE],
    outputShape: ['n', CLASSES],
  });
  const { files, main } = modelOf(graph);
  return files.get(main) ?? new Uint8Array();
}

test('ten thousand images of 224 x 224 are audited in 2 GB by all processes together', async () => {
  const folder = temporaryFolder({ 'model.onnx': meansOfChannels() });
  writeImages(join(folder, 'x.npy'));
  writeFileSync(
    join(folder, 'y.npy'),
    writeNpy(
      [COUNT],
      Uint8Array.from({ length: COUNT }, (_, i) => i % CLASSES),
    ),
  );
  const config = writeConfig(folder, {
    target: {
      file: join(folder, 'model.onnx'),
      head: 'classes',
      domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0], std: [1] },
    },
    data: { test: { inputs: join(folder, 'x.npy'), labels: join(folder, 'y.npy'), scale: 1 / 255 } },
    audits: {
      'evasion/fgsm': { norm: 'Linf', epsilons: [0.2], trust: TRUST },
      'evasion/pgd': { norm: 'Linf', epsilons: [0.2], steps: 2, restarts: 1, trust: TRUST },
    },
  });
  const out = join(folder, 'out');
  const run = start(['audit', config, '--out', out, '--quiet'], { TMPDIR: folder });
  const memory = watchMemory(run.pid);
  const { code, stderr } = await run.ended;
  memory.stop();
  process.stderr.write(`${COUNT} images: at most ${Math.round(memory.peakMiB())} MiB in all processes together\n`);
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  const report = JSON.parse(reportOf(onlyRun(out)).toString('utf8')) as {
    readonly findings: readonly { readonly measures: readonly { readonly n: number }[] }[];
  };
  for (const { measures } of report.findings) expect(measures.map(({ n }) => n)).toContain(COUNT);
  expect(memory.peakMiB()).toBeLessThan(LIMIT_MIB);
}, 7_200_000);
