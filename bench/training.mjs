// A training step of whole models (batch 128; SGD with momentum and weight decay, batch normalization in training mode): Assay
// against PyTorch in one run, as medians of paired ratios, and the largest memory of a process that does nothing else.
//
//   node bench/training.mjs [model ...] [--python python3] [--repetitions 9] [--threads 2] [--folder /tmp/assay-bench]
//
// Models: cnn resnet18 (a first convolution of 3 x 3 for 32 pixels). A timing is the mean of as many steps as PyTorch takes
// in half a second, one at least. Both sides start from the same weights, so that the losses of their first steps agree.
// See pgd.mjs for why 300 ms lie between two timings.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { inputsOf } from './inputs.mjs';
import { apart, median, startPeer } from './peer.mjs';

/** What each ratio to PyTorch's eager mode may be at most. */
const REQUIRED = { cnn: 1, resnet18: 0.95 };
const VARIANTS = ['eager', 'channels-last'];

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
  await own.seconds(3);
  process.stdout.write(String(process.resourceUsage().maxRSS * 1024));
}

async function compare(model) {
  const peers = {};
  for (const variant of VARIANTS) {
    const settings = ['--model', model, '--variant', variant, '--folder', values.folder, '--threads', values.threads];
    peers[variant] = await startPeer(values.python, 'training_torch.py', settings);
  }
  const own = await openOwn(model);
  const { losses } = peers.eager.ready;
  const difference = await largestDifference(own, losses);
  const count = Math.max(1, Math.ceil(0.5 / (await peers.eager.run(3))));
  const rows = [];
  for (let i = 0; i < Number(values.repetitions); i++) {
    const row = { assay: await apart(() => own.seconds(count)) };
    for (const variant of VARIANTS) row[variant] = await apart(() => peers[variant].run(count));
    rows.push(row);
  }
  await own.dispose();
  for (const variant of VARIANTS) peers[variant].stop();
  return {
    model,
    seconds: Object.fromEntries(['assay', ...VARIANTS].map((key) => [key, round(median(rows.map((r) => r[key])))])),
    ratio: Object.fromEntries(VARIANTS.map((key) => [key, round(median(rows.map((r) => r.assay / r[key])))])),
    required: { eager: REQUIRED[model], memory: 1 },
    ratioOfMemory: round(memoryOf(model) / (await memoryOfPeer(model))),
    differenceOfLosses: round(difference),
  };
}

async function openOwn(model) {
  const file = `${model}-training.onnx`;
  const facts = JSON.parse(readFileSync(join(values.folder, `${model}-training.json`), 'utf8'));
  const inputs = inputsOf(facts);
  const opened = await openOnnxModel(
    { main: file, files: new Map([[file, readFileSync(join(values.folder, file))]]) },
    {
      head: 'classes',
      output: null,
      normalization: { axis: 0, mean: [0], std: [1] },
      probe: inputsOf(facts, 3),
      resources: { threads: Number(values.threads), batchSize: 128 },
    },
  );
  if (opened.facts.noTraining !== null) throw new Error(opened.facts.noTraining);
  const trainer = await opened.trainer({
    optimizer: { kind: 'sgd', momentum: facts.momentum },
    learningRate: { kind: 'constant', rate: facts.rate },
    weightDecay: facts.weightDecay,
  });
  const loss = { kind: 'cross-entropy', labels: Float64Array.from({ length: facts.shape[0] }, (_, i) => i % 10) };
  const step = () => trainer.step(inputs, loss);
  return {
    step,
    seconds: async (count) => {
      const start = performance.now();
      for (let i = 0; i < count; i++) await step();
      return (performance.now() - start) / 1000 / count;
    },
    dispose: async () => {
      await trainer.dispose();
      await opened.dispose();
    },
  };
}

/** Of the losses of the first steps, which PyTorch gave for the same weights and images. */
async function largestDifference(own, losses) {
  let largest = 0;
  for (const loss of losses) largest = Math.max(largest, Math.abs((await own.step()) - loss));
  return largest;
}

function memoryOf(model) {
  const script = fileURLToPath(import.meta.url);
  const settings = ['--memory-of', model, '--folder', values.folder, '--threads', values.threads];
  return Number(spawnSync(process.execPath, [script, ...settings], { encoding: 'utf8' }).stdout);
}

/** In a process of its own: exporting takes more memory than a step. */
async function memoryOfPeer(model) {
  const settings = ['--model', model, '--folder', values.folder, '--threads', values.threads];
  const peer = await startPeer(values.python, 'training_torch.py', settings);
  await peer.run(1);
  const { bytes } = await peer.ask('memory');
  peer.stop();
  return bytes;
}

function round(value) {
  return Number(value.toPrecision(3));
}
