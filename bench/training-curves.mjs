// Whole models are trained by Assay and by PyTorch on the same real data, from the same start, in the same order, with the same
// dropout: the loss of both, step by step, and what others say of the file that Assay writes back.
//
//   node bench/training-curves.mjs [model ...] [--python python3] [--data ../shared/data] [--threads 2]
//     [--folder /tmp/assay-bench] [--write docs/evidence/training.md]
//
// Models: cnn resnet18 lstm transformer; see bench/peers/training_curves_torch.py for what they are. The texts come from
// `sentiment/` in the folder of --data.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { hashedMasks } from './inputs.mjs';
import { apart, startPeer } from './peer.mjs';

const TITLES = {
  cnn: 'The CNN of the fixtures: SGD with momentum, one cycle, batches of 64',
  resnet18: 'ResNet-18 for 32 pixels: Nesterov momentum, warm-up and cosine, batches of 32',
  lstm: 'A bidirectional LSTM on texts: Adam, batches of 32',
  transformer: 'Two transformer layers on texts: AdamW, warm-up and cosine, dropout 0.1, batches of 32',
};
/** Each row of a table is the mean of as many steps as there are between two rows. */
const ROWS = 10;
/** How far rounding alone leads is told by the first steps in float64, where PyTorch takes long for a convolution. */
const EXACT_STEPS = { cnn: 300, resnet18: 5, lstm: 50, transformer: 50 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: 'python3' },
    data: { type: 'string', default: '../shared/data' },
    threads: { type: 'string', default: '2' },
    folder: { type: 'string', default: join(tmpdir(), 'assay-bench') },
    write: { type: 'string' },
  },
});

const root = fileURLToPath(new URL('..', import.meta.url));
const { openOnnxModel, decodeModel } = await import(`${root}/dist/src/engine/index.js`);

const atCommit = commit();
const results = [];
for (const model of positionals.length === 0 ? Object.keys(TITLES) : positionals) {
  const result = await compare(model);
  results.push(result);
  const { theirs, own } = result;
  process.stderr.write(`${model}: ${summary(own)}; PyTorch ${summary(theirs)}. ${summaryOfGaps(result)}\n`);
}
const page = pageOf(results);
if (values.write === undefined) process.stdout.write(page);
else writeFileSync(values.write, page);

async function compare(model) {
  const settings = ['--model', model, '--data', values.data, '--folder', values.folder, '--threads', values.threads];
  const peer = await startPeer(values.python, 'training_curves_torch.py', settings);
  const facts = JSON.parse(readFileSync(join(values.folder, `${model}-curves.json`), 'utf8'));
  const samples = samplesOf(model, facts);
  const exact = (await peer.ask(`exact ${EXACT_STEPS[model]}`)).losses;
  const theirs = await peer.ask('train');
  const own = await apart(() => train(model, facts, samples));
  const written = join(values.folder, `${model}-trained.onnx`);
  writeFileSync(written, own.file);
  const checked = await peer.ask(`check ${written}`);
  const again = await evaluate(own.file, facts, samples);
  peer.stop();
  if (again.right !== Math.round(checked.accuracy * facts.testLabels.length)) {
    throw new Error(`${model}: Assay reads its own file as something else than ONNX Runtime does`);
  }
  return { model, facts, versions: peer.ready, exact, theirs, checked, own: { ...own, accuracy: again.accuracy } };
}

async function train(model, facts, samples) {
  const bytes = readFileSync(join(values.folder, `${model}-start.onnx`));
  const opened = await open(bytes, samples);
  const layers = decodeModel(modelOf(bytes)).nodes.flatMap(({ op, name }) => (op === 'Dropout' ? [name] : []));
  const trainer = await opened.trainer({ ...facts.options, dropout: hashedMasks(layers) });
  const losses = [];
  const start = performance.now();
  for (let step = 0; step < facts.steps; step++) {
    const rows = Array.from({ length: facts.batch }, (_, i) => (step * facts.batch + i) % facts.labels.length);
    const labels = Float64Array.from(rows, (row) => facts.labels[row]);
    const { loss } = await trainer.step(samples.rows(rows), { kind: 'cross-entropy', labels });
    losses.push(loss);
  }
  const seconds = (performance.now() - start) / 1000;
  const file = trainer.file();
  await trainer.dispose();
  await opened.dispose();
  return { losses, seconds, file };
}

async function evaluate(bytes, { labels, testLabels }, samples) {
  const opened = await open(bytes, samples);
  const { data } = await opened.scores(samples.range(labels.length, labels.length + testLabels.length));
  await opened.dispose();
  const width = data.length / testLabels.length;
  const right = testLabels.filter((label, i) => {
    const scores = data.subarray(i * width, (i + 1) * width);
    return scores.indexOf(Math.max(...scores)) === label;
  }).length;
  return { right, accuracy: right / testLabels.length };
}

function open(bytes, samples) {
  return openOnnxModel(modelOf(bytes), {
    head: 'classes',
    output: null,
    normalization: { axis: 0, mean: [0], std: [1] },
    probe: samples.range(0, 4),
    resources: { threads: Number(values.threads), batchSize: 128 },
  });
}

function modelOf(bytes) {
  return { main: 'model.onnx', files: new Map([['model.onnx', bytes]]) };
}

/** Samples by their rows; tokens are handed on as numbers. */
function samplesOf(model, { type, shape }) {
  const { buffer } = Uint8Array.from(readFileSync(join(values.folder, `${model}-samples.bin`)));
  const all = type === 'int64' ? Float32Array.from(new BigInt64Array(buffer), Number) : new Float32Array(buffer);
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  const range = (start, end) => ({ shape: [end - start, ...shape], data: all.subarray(start * size, end * size) });
  const rows = (indices) => {
    const data = new Float32Array(indices.length * size);
    indices.forEach((row, i) => data.set(range(row, row + 1).data, i * size));
    return { shape: [indices.length, ...shape], data };
  };
  return { range, rows };
}

function summary({ losses, accuracy, seconds }) {
  return `${losses[0].toFixed(3)} to ${losses.at(-1).toFixed(3)}, ${percent(accuracy)}, ${seconds.toFixed(0)} s`;
}

function summaryOfGaps({ own, theirs, exact }) {
  const ofBoth = [10, 50, own.losses.length].map((steps) => largestGap(own.losses, theirs.losses, steps));
  const [ofOwn, ofTheirs] = [own, theirs].map(({ losses }) => largestGap(losses, exact, exact.length));
  return `Losses of both differ by ${ofBoth[0]} at most over 10 steps, ${ofBoth[1]} over 50, ${ofBoth[2]} over all; over the first ${exact.length}, from those of PyTorch in float64, Assay's by ${ofOwn} and PyTorch's by ${ofTheirs}.`;
}

function largestGap(losses, others, steps) {
  const gaps = losses.slice(0, steps).map((loss, i) => Math.abs(loss - others[i]));
  return Math.max(...gaps).toExponential(1);
}

function pageOf(all) {
  const [{ versions }] = all;
  return `# Training, as PyTorch does it

\`node bench/training-curves.mjs --write docs/evidence/training.md\`, ${new Date().toISOString().slice(0, 10)}, commit ${atCommit}, on ${cpus().length} cores:
Assay against PyTorch ${release(versions.torch)} on the same data, from the same start, in the same order, with the same dropout masks. Losses are means
of the training loss over the steps since the row above. Where the two part, values lie on the edge of a ReLU or of a maximum, as all
of a black background does, and rounding decides on which side: PyTorch in float64 parts from PyTorch as far.
\`trajectories.test.ts\` has a hundred steps without such edges, where losses stay within 1e-4. Each file that Assay wrote back was accepted by \`onnx.checker\` ${versions.onnx} (full check) and by ONNX Runtime
${versions.onnxruntime} in Python, which gives as many right answers as Assay finds when it opens the file again.

${all.map(sectionOf).join('\n')}`;
}

function sectionOf(result) {
  const { model, facts, own, theirs, checked } = result;
  const every = facts.steps / ROWS;
  const rows = [`| 1 | ${own.losses[0].toFixed(4)} | ${theirs.losses[0].toFixed(4)} |`];
  for (let end = every; end <= facts.steps; end += every) {
    const mean = (losses) => (losses.slice(end - every, end).reduce((sum, loss) => sum + loss, 0) / every).toFixed(4);
    rows.push(`| ${end} | ${mean(own.losses)} | ${mean(theirs.losses)} |`);
  }
  return `## ${TITLES[model]}

${facts.parameters.toLocaleString('en')} weights, ${facts.labels.length.toLocaleString('en')} samples to train on. Right on ${facts.testLabels.length.toLocaleString('en')} others: Assay ${percent(own.accuracy)} (its file in ONNX Runtime
${percent(checked.accuracy)}), PyTorch ${percent(theirs.accuracy)}. ${summaryOfGaps(result)}

| step | Assay | PyTorch |
| ---- | ----- | ------- |
${rows.join('\n')}
`;
}

function commit() {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
}

function release(version) {
  return version.split('+')[0];
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
