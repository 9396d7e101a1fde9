// Integrated gradients (64 nodes of Gauss-Legendre quadrature, from black) of the true class of 256 test images: Assay against
// Captum on the same network, eager and channels-last, in one run. Prints medians of paired ratios, and the largest
// difference of an attribution in units of the largest attribution.
//
//   node bench/explain.mjs [--python python3] [--repetitions 3] [--threads 2] [--images 256] [--steps 64]
//
// Captum works in the batches in which it is fastest here (bench/peers/explain_torch.py). See pgd.mjs for why 300 ms lie
// between two timings.
import { Buffer } from 'node:buffer';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { open, take } from './fashion.mjs';
import { apart, median, startPeer } from './peer.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    repetitions: { type: 'string', default: '3' },
    threads: { type: 'string', default: '2' },
    images: { type: 'string', default: '256' },
    steps: { type: 'string', default: '64' },
    model: { type: 'string', default: 'fashion-cnn' },
  },
});

const { integratedGradientsOf } = await import(`${root}/dist/probes/explanation/methods/integrated-gradients.js`);

const data = {
  inputs: `${root}/fixtures/data/fashion-test-images.idx3-ubyte.gz`,
  labels: `${root}/fixtures/data/fashion-test-labels.idx1-ubyte.gz`,
  scale: 1 / 255,
};
const count = Number(values.images);
const file = `${root}/fixtures/models/${values.model}.onnx`;
const { target, samples } = await open(file, data, Number(values.threads), 64);
const { inputs, labels } = take(samples, [...Array(count).keys()]);
const scores = labels.values;
const baseline = { shape: [1, 1, 28, 28], data: new Float32Array(784) };

const explain = () => integratedGradientsOf(target, inputs, baseline, scores, Number(values.steps));

async function timeOwn() {
  const start = performance.now();
  await explain();
  return (performance.now() - start) / 1000;
}

const peer = (variant) =>
  startPeer(values.python, 'explain_torch.py', [
    ...['--model', file, '--count', values.images, '--steps', values.steps],
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
const { base64 } = await eager.ask('attributions');
const { values: attributions, residuals } = await explain();
eager.stop();
channelsLast.stop();
await target.dispose();

const report = {
  model: values.model,
  images: count,
  steps: Number(values.steps),
  captum: eager.ready.captum,
  batches: { eager: eager.ready.sizes, channels_last: channelsLast.ready.sizes },
  seconds: Object.fromEntries(['assay', 'eager', 'channels_last'].map((key) => [key, median(rows.map((r) => r[key]))])),
  ratioToCaptum: median(rows.map((r) => r.assay / r.eager)),
  ratioToChannelsLast: median(rows.map((r) => r.assay / r.channels_last)),
  required: { ratioToCaptum: 0.7 },
  largestDifference: largestDifference(attributions, base64),
  largestResidual: Math.max(...residuals.map(Math.abs)),
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);

/** In units of the largest attribution. */
function largestDifference(own, encoded) {
  const bytes = Uint8Array.from(Buffer.from(encoded, 'base64'));
  const other = new Float32Array(bytes.buffer);
  const largest = own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return own.reduce((most, value, i) => Math.max(most, Math.abs(value - other[i])), 0) / largest;
}
