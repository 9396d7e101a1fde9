// PGD-40 (Linf, epsilon 0.1, no random start, no early stop) on 1,000 images: Assay against the same loop in PyTorch,
// eager and channels-last, in one run. Prints medians of paired ratios.
//
//   node bench/pgd.mjs [--python python3] [--repetitions 7] [--threads 2]
//
// Both engines use the same number of threads. Workers of either may spin for a while after they have worked (OpenMP's
// for 200 ms), so 300 ms lie between two timings: neither side is slowed by what another left behind.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { apart, median, startPeer } from './peer.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    repetitions: { type: 'string', default: '7' },
    threads: { type: 'string', default: '2' },
    model: { type: 'string', default: 'fashion-cnn' },
  },
});

const { openTarget } = await import(`${root}/dist/src/target/open.js`);
const { readModelFile } = await import(`${root}/dist/src/target/read-model.js`);
const { loadSamples } = await import(`${root}/dist/src/data/load-samples.js`);
const { runPgd } = await import(`${root}/dist/attacks/evasion/index.js`);
const { randomStreams } = await import(`${root}/dist/src/stats/random.js`);
const { declareTarget } = await import(`${root}/dist/src/target/declare.js`);

const config = {
  file: `${root}/fixtures/models/${values.model}.onnx`,
  head: 'classes',
  domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
};
const data = {
  inputs: `${root}/fixtures/data/fashion-test-images.idx3-ubyte.gz`,
  labels: `${root}/fixtures/data/fashion-test-labels.idx1-ubyte.gz`,
  scale: 1 / 255,
};
const options = {
  norm: 'Linf',
  epsilons: 0.1,
  steps: 40,
  relativeStepSize: 0.1,
  restarts: 1,
  randomStart: false,
  loss: 'cross-entropy',
  earlyStop: false,
};

const model = await readModelFile(config.file);
const { samples } = await loadSamples(data, await declareTarget(config, model), 0);
const probe = { shape: [64, 1, 28, 28], data: samples.inputs.data.subarray(0, 64 * 784) };
const { target } = await openTarget(config, model, probe, { threads: Number(values.threads), batchSize: 128 });

async function timeOwn() {
  const start = performance.now();
  await runPgd(target, samples, options, randomStreams(0, 'bench'));
  return (performance.now() - start) / 1000;
}

const peer = (variant) =>
  startPeer(values.python, 'pgd_torch.py', [
    ...['--mode', 'time', '--model', config.file],
    ...['--threads', values.threads, '--variant', variant],
  ]);
const eager = await peer('eager');
const channelsLast = await peer('channels-last');
const rows = [];
await timeOwn();
for (let i = 0; i < Number(values.repetitions); i++) {
  rows.push({
    assay: await apart(timeOwn),
    eager: await apart(eager.run),
    channels_last: await apart(channelsLast.run),
  });
}
eager.stop();
channelsLast.stop();
await target.dispose();

const report = {
  model: values.model,
  images: samples.indices.length,
  seconds: Object.fromEntries(['assay', 'eager', 'channels_last'].map((key) => [key, median(rows.map((r) => r[key]))])),
  ratioToEager: median(rows.map((r) => r.assay / r.eager)),
  ratioToChannelsLast: median(rows.map((r) => r.assay / r.channels_last)),
  required: { ratioToEager: 0.6, ratioToChannelsLast: 0.85 },
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
