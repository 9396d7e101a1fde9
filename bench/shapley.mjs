// KernelSHAP of a small network on a table of 30 columns (2,048 coalitions, 100 rows): Assay against shap in one run, as the
// median of paired ratios. The same network in ONNX Runtime, the same rows, background and number of coalitions on both sides.
//
//   node bench/shapley.mjs [--python python3] [--repetitions 5] [--background 20] [--samples 2048] [--rows 100] [--threads 2]
//
// shap draws coalitions for each row and selects no features (`l1_reg` off). Assay draws them once and shares the regression's matrices
// among the rows, whose values are no less right for it; its batches are those of `assay explain` by default. `apart` is the root of
// the mean square of differences, in units of what Assay's standard errors and as much again for shap explain: about 1 where both
// estimate the same.
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { apart, median, startPeer } from './peer.mjs';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    repetitions: { type: 'string', default: '5' },
    rows: { type: 'string', default: '100' },
    background: { type: 'string', default: '20' },
    samples: { type: 'string', default: '2048' },
    threads: { type: 'string', default: '2' },
    folder: { type: 'string', default: join(tmpdir(), 'assay-bench') },
  },
});
const REQUIRED = 0.2;
/** `execution.batchSize` where a config does not say. */
const BATCH = 128;
const built = (path) => import(new URL(`../dist/${path}.js`, import.meta.url).href);
const { openTarget } = await built('src/target/open');
const { readModelFile } = await built('src/target/read-model');
const { resourcesFor } = await built('src/pipeline/resources');
const { rng } = await built('src/stats/random');
const { kernelCoalitions } = await built('probes/explanation/methods/coalitions/kernel-coalitions');
const { kernelRegression, kernelShap } = await built('probes/explanation/methods/coalitions/kernel-shap');
const { maskingGame } = await built('probes/explanation/methods/coalitions/masking-game');

const [rows, backgrounds, samples] = [options.rows, options.background, options.samples].map(Number);
const settings = ['folder', 'rows', 'background', 'samples', 'threads'].flatMap((name) => [`--${name}`, options[name]]);
const peer = await startPeer(options.python, 'shapley_shap.py', settings);
const { features } = peer.ready;
const inputs = read('shapley-rows.bin', rows);
const background = read('shapley-background.bin', backgrounds);
const target = await openNetwork();

await explainAll();
const ratios = [];
const seconds = { assay: [], shap: [] };
let difference = NaN;
for (let i = 0; i < Number(options.repetitions); i++) {
  const own = await apart(explainAll);
  const its = await apart(() => peer.ask('run'));
  if (its.error !== undefined) throw new Error(its.error);
  seconds.assay.push(own.seconds);
  seconds.shap.push(its.seconds);
  ratios.push(own.seconds / its.seconds);
  difference = differenceInErrors(own, its.values);
}
peer.stop();
await target.dispose();
const ratio = median(ratios);
const line = { shap: peer.ready.shap, rows, features, samples, background: backgrounds, apart: difference };
const timed = { seconds: { assay: median(seconds.assay), shap: median(seconds.shap) }, ratio, required: REQUIRED };
process.stdout.write(`${JSON.stringify({ ...line, ...timed })}\n`);
process.exitCode = ratio <= REQUIRED ? 0 : 1;

function read(name, count) {
  const { buffer, byteOffset } = readFileSync(join(options.folder, name));
  return {
    shape: [count, features],
    data: new Float32Array(buffer.slice(byteOffset, byteOffset + count * features * 4)),
  };
}

async function openNetwork() {
  const file = join(options.folder, 'shapley-mlp.onnx');
  const config = { file, head: 'regression', tolerance: 0.1, domain: { kind: 'tabular', range: [-10, 10] } };
  const domain = { ...config.domain, shape: [features] };
  const resources = resourcesFor({ threads: Number(options.threads), batchSize: BATCH }, { config, facts: { domain } });
  return (await openTarget(config, await readModelFile(file), inputs, resources)).target;
}

async function explain(index, regression) {
  const sample = { shape: [1, features], data: inputs.data.subarray(index * features, (index + 1) * features) };
  const names = Array.from({ length: features }, (_, i) => `column ${i}`);
  const each = { names, of: Int32Array.from({ length: features }, (_, i) => i) };
  const game = maskingGame(target, { sample, score: 0, features: each, background });
  return kernelShap(game, regression);
}

async function explainAll() {
  const start = performance.now();
  const regression = kernelRegression(kernelCoalitions(features, samples, true, rng('coalitions')));
  const estimates = [];
  for (let i = 0; i < rows; i++) estimates.push(await explain(i, regression));
  return { seconds: (performance.now() - start) / 1000, estimates };
}

function differenceInErrors({ estimates }, values) {
  let sum = 0;
  estimates.forEach((estimate, row) => {
    estimate.values.forEach((value, i) => {
      sum += (value - values[row * features + i]) ** 2 / (2 * estimate.standardErrors[i] ** 2);
    });
  });
  return Math.sqrt(sum / (rows * features));
}
