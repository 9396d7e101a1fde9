// The input gradient of whole models (batch 64; the text encoder 8 x 128 tokens): Assay against PyTorch in one run, as
// medians of paired ratios, and the largest memory of a process that does nothing else.
//
//   node bench/gradients.mjs [model ...] [--python python3] [--repetitions 9] [--threads 2] [--folder /tmp/assay-bench]
//
// Models: mlp cnn resnet18 mobilenet_v2 bert_base. A timing is the mean of as many gradients as PyTorch computes in half a
// second, one at least, as an attack computes them: one after the other. See pgd.mjs for why 300 ms lie between two timings.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inputsOf } from './inputs.mjs';
import { apart, median, startPeer } from './peer.mjs';

/** What each ratio may be at most. */
const REQUIRED = {
  mlp: { eager: 0.5 },
  cnn: { eager: 0.5, 'channels-last': 0.85 },
  resnet18: { eager: 0.75, 'channels-last': 0.85 },
  mobilenet_v2: { eager: 0.75, 'channels-last': 0.85 },
  bert_base: { eager: 0.85, 'fused-attention': 0.95 },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: 'python3' },
    repetitions: { type: 'string', default: '9' },
    threads: { type: 'string', default: '2' },
    folder: { type: 'string', default: join(tmpdir(), 'assay-bench') },
    'memory-of': { type: 'string' },
  },
});

const root = fileURLToPath(new URL('..', import.meta.url));
const { openOnnxModel } = await import(`${root}/dist/src/engine/index.js`);

if (values['memory-of'] === undefined) {
  for (const model of positionals.length === 0 ? Object.keys(REQUIRED) : positionals) {
    process.stdout.write(`${JSON.stringify(await compare(model))}\n`);
  }
} else {
  const own = await openOwn(values['memory-of']);
  await own.gradient();
  await own.gradient();
  process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
}

async function compare(model) {
  const variants = Object.keys(REQUIRED[model]);
  const peers = {};
  for (const variant of variants) {
    const settings = ['--model', model, '--variant', variant, '--folder', values.folder, '--threads', values.threads];
    peers[variant] = await startPeer(values.python, 'gradient_torch.py', settings);
  }
  const own = await openOwn(model);
  const error = relativeError(await own.gradient(), peers.eager.ready);
  const count = Math.max(1, Math.ceil(0.5 / (await peers.eager.run(3))));
  const rows = [];
  for (let i = 0; i < Number(values.repetitions); i++) {
    const row = { assay: await apart(() => own.seconds(count)) };
    for (const variant of variants) row[variant] = await apart(() => peers[variant].run(count));
    rows.push(row);
  }
  await own.dispose();
  for (const variant of variants) peers[variant].stop();
  return {
    model,
    seconds: Object.fromEntries(['assay', ...variants].map((key) => [key, round(median(rows.map((r) => r[key])))])),
    ratio: Object.fromEntries(variants.map((key) => [key, round(median(rows.map((r) => r.assay / r[key])))])),
    required: REQUIRED[model],
    ratioOfMemory: round(memoryOf(model) / (await memoryOfPeer(model))),
    differenceOfSums: error,
  };
}

async function openOwn(model) {
  const facts = JSON.parse(readFileSync(join(values.folder, `${model}.json`), 'utf8'));
  const inputs = inputsOf(facts);
  const file = `${model}.onnx`;
  const bytes = readFileSync(join(values.folder, file));
  const opened = await openOnnxModel(
    { main: file, files: new Map([[file, bytes]]) },
    {
      head: 'classes',
      output: null,
      normalization: { axis: 0, mean: [0], std: [1] },
      probe: inputsOf(facts, 3),
      resources: { threads: Number(values.threads), batchSize: 128 },
    },
  );
  if (opened.facts.noGradients !== null) throw new Error(opened.facts.noGradients);
  const loss = { kind: 'cross-entropy', labels: Float64Array.from({ length: facts.shape[0] }, (_, i) => i % 10) };
  const gradient = () => opened.gradient(inputs, loss);
  return {
    gradient,
    seconds: async (count) => {
      const start = performance.now();
      for (let i = 0; i < count; i++) await gradient();
      return (performance.now() - start) / 1000 / count;
    },
    dispose: () => opened.dispose(),
  };
}

/** Both sums of absolute values are of the same gradient. */
function relativeError({ gradient }, { sum }) {
  const own = gradient.data.reduce((total, value) => total + Math.abs(value), 0);
  return Math.abs(own - sum) / sum;
}

function memoryOf(model) {
  const script = fileURLToPath(import.meta.url);
  const settings = ['--memory-of', model, '--folder', values.folder, '--threads', values.threads];
  return Number(spawnSync(process.execPath, [script, ...settings], { encoding: 'utf8' }).stdout);
}

/** In a process of its own: exporting takes more memory than a gradient. */
async function memoryOfPeer(model) {
  const settings = ['--model', model, '--folder', values.folder, '--threads', values.threads];
  const peer = await startPeer(values.python, 'gradient_torch.py', settings);
  await peer.run(1);
  const { bytes } = await peer.ask('memory');
  peer.stop();
  return bytes;
}

function round(value) {
  return Number(value.toPrecision(3));
}
