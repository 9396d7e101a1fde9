import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import { rowRange, type Tensor } from '#base/tensor';
import type { TargetConfig } from '#config/schema';
import { rng } from '#stats/random';
import { openTarget } from '#target/open';
import { readModelFile } from '#target/read-model';
import { gridRegions } from '../../features/regions.js';
import { kernelCoalitions } from './kernel-coalitions.js';
import { kernelRegression, kernelShap } from './kernel-shap.js';
import { maskingGame } from './masking-game.js';

const fixture = (path: string) => join(packageRoot(), 'fixtures', path);
const COUNT = 6;
const pixels = gunzipSync(readFileSync(fixture('data/fashion-test-images.idx3-ubyte.gz'))).subarray(
  16,
  16 + COUNT * 784,
);
const pictures: Tensor = { shape: [COUNT, 1, 28, 28], data: Float32Array.from(pixels, (value) => value / 255) };

/** KernelSHAP of a real network; no regression and no game is shared between batch sizes. */
async function explained(file: string, batchSize: number) {
  const model = await readModelFile(fixture(`models/${file}`));
  const config: TargetConfig = {
    ...{ file: fixture(`models/${file}`), head: 'classes' },
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
  };
  const { target } = await openTarget(config, model, pictures, { threads: 2, batchSize });
  const { of, count } = gridRegions(28, 28, 16);
  const features = { names: Array.from({ length: count }, String), of };
  const [sample, background] = [rowRange(pictures, 0, 1), rowRange(pictures, 1, COUNT)];
  const game = maskingGame(target, { sample, score: 0, features, background });
  const estimate = await kernelShap(game, kernelRegression(kernelCoalitions(count, 120, true, rng('batches'))));
  await target.dispose();
  return estimate;
}

test.each(['fashion-mlp.onnx', 'fashion-cnn.onnx'])(
  'values of %s are the same bit by bit in batches of any size',
  async (file) => {
    const [one, ...others] = [await explained(file, 128), await explained(file, 7), await explained(file, 4369)];
    for (const other of others) expect(other).toEqual(one);
  },
);
