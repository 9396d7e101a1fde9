import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModelFiles, openOnnxModel } from '#engine/index';
import { float32Constant } from '../engine/onnx/graph/constants.js';
import { graphOf, specOf } from '../../test/linear-model.js';
import { readModelFile } from './read-model.js';

/** Square layers of 2^28 bytes each: 2.25 GiB. */
const LAYERS = 9;
const WIDTH = 8192;

test('a model of 2.25 GiB is written, read and differentiated', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-large-'));
  try {
    // Each layer moves every feature one place on and doubles it: y_(j + 9) = 2^9 x_j.
    const step = new Float32Array(WIDTH * WIDTH);
    for (let j = 0; j < WIDTH; j++) step[j * WIDTH + ((j + 1) % WIDTH)] = 2;
    const layer = float32Constant([WIDTH, WIDTH], step);
    const names = Array.from({ length: LAYERS }, (_, i) => `w${i}`);
    const head = new Float32Array(WIDTH * 2);
    head[2 * 12] = 1;
    head[2 * 13 + 1] = 1;
    const graph = graphOf({
      nodes: [
        ...names.map((w, i) => ({ op: 'MatMul', inputs: [i === 0 ? 'x' : `h${i - 1}`, w], outputs: [`h${i}`] })),
        { op: 'MatMul', inputs: [`h${LAYERS - 1}`, 'head'], outputs: ['y'] },
      ],
      constants: new Map([...names.map((w) => [w, layer] as const), ['head', float32Constant([WIDTH, 2], head)]]),
      inputShape: ['n', WIDTH],
      outputShape: ['n', 2],
    });
    const { main, files } = encodeModelFiles(graph, 'large.onnx');
    expect([...files.values()].reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(2 ** 31);
    for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
    const read = await readModelFile(join(folder, main));
    const model = await openOnnxModel(read, specOf('classes', [WIDTH], 2));
    expect(model.facts.noGradients).toBeNull();
    const x = new Float32Array(WIDTH);
    x[3] = 1;
    const { scores, gradient } = await model.gradient(
      { shape: [1, WIDTH], data: x },
      { kind: 'score', labels: Float64Array.of(1) },
    );
    await model.dispose();
    expect([...scores.data]).toEqual([2 ** LAYERS, 0]);
    const wanted = new Float32Array(WIDTH);
    wanted[4] = 2 ** LAYERS;
    expect(Buffer.compare(Buffer.from(gradient.data.buffer), Buffer.from(wanted.buffer))).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 600_000);
