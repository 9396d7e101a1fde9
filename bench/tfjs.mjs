// The tfjs engine on native TensorFlow: the input gradient (batch 64) and a training step (batch 128, SGD with momentum) of a small
// CNN and an MLP, against a plain TensorFlow.js program that does the same, and against PyTorch, in one run, as medians of
// paired ratios.
//
//   node bench/tfjs.mjs [cnn mlp] [--python python3] [--repetitions 15] [--threads 2] [--folder /tmp/assay-bench]
//
// It needs `assay setup tensorflow`. The plain program keeps its weights and images in TensorFlow's own layout, hands images over
// and reads the result, as an attack and a training do. It has no weight decay, which the two others have. A timing is the mean
// of as many runs as PyTorch makes in half a second. See pgd.mjs for why 300 ms lie between two timings.
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { inputsOf } from './inputs.mjs';
import { apart, median, startPeer } from './peer.mjs';

/** What each ratio may be at most. */
const REQUIRED = { plain: 1.1, eager: 1.3 };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    python: { type: 'string', default: 'python3' },
    repetitions: { type: 'string', default: '15' },
    threads: { type: 'string', default: '2' },
    folder: { type: 'string', default: join(tmpdir(), 'assay-bench') },
  },
});

const root = fileURLToPath(new URL('..', import.meta.url));
const { decodeModel, openTfjsModel } = await import(`${root}/dist/src/engine/index.js`);

for (const model of positionals.length === 0 ? ['cnn', 'mlp'] : positionals) {
  for (const [what, script, open, plainOf] of [
    ['gradient', 'gradient_torch.py', openGradient, plainGradient],
    ['training', 'training_torch.py', openTraining, plainTraining],
  ]) {
    process.stdout.write(`${JSON.stringify(await compare(model, what, script, open, plainOf))}\n`);
  }
}

async function compare(model, what, script, open, plainOf) {
  const settings = ['--model', model, '--folder', values.folder, '--threads', values.threads];
  const eager = await startPeer(values.python, script, settings);
  const own = await open(model);
  const plain = plainOf(own);
  const difference = await own.differenceTo(plain);
  const count = Math.max(1, Math.ceil(0.5 / (await eager.run(3))));
  const rows = [];
  for (let i = 0; i < Number(values.repetitions); i++) {
    rows.push({
      assay: await apart(() => seconds(own.run, count)),
      plain: await apart(() => seconds(plain, count)),
      eager: await apart(() => eager.run(count)),
    });
  }
  await own.dispose();
  eager.stop();
  const ratio = (key) => round(median(rows.map((row) => row.assay / row[key])));
  return {
    model,
    what,
    on: own.notes[0],
    seconds: Object.fromEntries(
      ['assay', 'plain', 'eager'].map((key) => [key, round(median(rows.map((r) => r[key])))]),
    ),
    ratio: { plain: ratio('plain'), eager: ratio('eager') },
    required: REQUIRED,
    difference: round(difference),
  };
}

async function seconds(run, count) {
  await run();
  const start = performance.now();
  for (let i = 0; i < count; i++) await run();
  return (performance.now() - start) / 1000 / count;
}

async function openFile(name) {
  const facts = JSON.parse(readFileSync(join(values.folder, `${name}.json`), 'utf8'));
  const file = `${name}.onnx`;
  const model = { main: file, files: new Map([[file, readFileSync(join(values.folder, file))]]) };
  const opened = await openTfjsModel(model, {
    head: 'classes',
    output: null,
    normalization: { axis: 0, mean: [0], std: [1] },
    probe: inputsOf(facts, 3),
    resources: { threads: Number(values.threads), batchSize: 128 },
  });
  if (!opened.facts.notes[0].includes('(TensorFlow ')) throw new Error('native TensorFlow is not installed');
  const classes = Float64Array.from({ length: facts.shape[0] }, (_, i) => i % 10);
  const loss = { kind: 'cross-entropy', labels: classes };
  return { opened, facts, inputs: inputsOf(facts), loss, weights: weightsOf(decodeModel(model)) };
}

async function openGradient(model) {
  const { opened, inputs, loss, weights } = await openFile(model);
  const run = () => opened.gradient(inputs, loss);
  return {
    run,
    inputs,
    weights,
    notes: opened.facts.notes,
    differenceTo: async (plain) => largestDifference((await run()).gradient.data, await plain()),
    dispose: () => opened.dispose(),
  };
}

async function openTraining(model) {
  const { opened, facts, inputs, loss, weights } = await openFile(`${model}-training`);
  const trainer = await opened.trainer({
    optimizer: { kind: 'sgd', momentum: facts.momentum },
    learningRate: { kind: 'constant', rate: facts.rate },
    weightDecay: facts.weightDecay,
  });
  const run = () => trainer.step(inputs, loss);
  return {
    run,
    inputs,
    weights,
    facts,
    notes: opened.facts.notes,
    differenceTo: async (plain) => Math.abs((await run()).loss - (await plain())),
    dispose: async () => {
      await trainer.dispose();
      await opened.dispose();
    },
  };
}

/** Weights and biases, layer by layer, in the layout of TensorFlow: [height, width, inputs, outputs], and [inputs, outputs]. */
function weightsOf({ nodes, constants }) {
  return nodes
    .filter(({ op }) => op === 'Conv' || op === 'Gemm')
    .map(({ op, inputs }) => {
      const [kernel, bias] = inputs.slice(1).map((name) => {
        const { shape, bytes } = constants.get(name);
        return tf.tensor(new Float32Array(Uint8Array.from(bytes).buffer), [...shape]);
      });
      return { op, kernel: tf.transpose(kernel, op === 'Conv' ? [2, 3, 1, 0] : [1, 0]), bias };
    });
}

/** The classifiers of fixtures/make/train_classifiers.py, as a user of TensorFlow.js writes them. */
function logits(layers, images) {
  let x = images;
  for (const [i, { op, kernel, bias }] of layers.entries()) {
    if (op === 'Conv') {
      x = tf.maxPool(tf.relu(tf.add(tf.conv2d(x, kernel, 1, 'same'), bias)), 2, 2, 'valid');
      continue;
    }
    // The weights of the first dense layer count channels first.
    if (x.rank === 4) x = tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [x.shape[0], -1]);
    x = tf.add(tf.matMul(x, kernel), bias);
    if (i < layers.length - 1) x = tf.relu(x);
  }
  return x;
}

function losses(layers, images, hot) {
  return tf.neg(tf.sum(tf.mul(hot, tf.logSoftmax(logits(layers, images))), 1));
}

function handed({ shape: [n, channels, height, width], data }) {
  return tf.tensor4d(data, [n, height, width, channels]);
}

function hotLabels(count) {
  const classes = Int32Array.from({ length: count }, (_, i) => i % 10);
  return tf.cast(tf.oneHot(tf.tensor1d(classes, 'int32'), 10), 'float32');
}

/** Losses and the gradient, as the engine gives them. A tidy would look for tensors in each number that leaves it. */
function plainGradient({ inputs, weights }) {
  return () => {
    const { value, grad } = tf.tidy(() => {
      const hot = hotLabels(inputs.shape[0]);
      return tf.valueAndGrad((x) => tf.sum(losses(weights, x, hot)))(handed(inputs));
    });
    value.dataSync();
    const data = grad.dataSync();
    tf.dispose([value, grad]);
    return data;
  };
}

function plainTraining({ inputs, weights, facts }) {
  const layers = weights.map(({ op, kernel, bias }) => ({ op, kernel: tf.variable(kernel), bias: tf.variable(bias) }));
  const optimizer = tf.train.momentum(facts.rate, facts.momentum);
  return () =>
    tf.tidy(() => {
      const [images, hot] = [handed(inputs), hotLabels(inputs.shape[0])];
      return optimizer.minimize(() => tf.mean(losses(layers, images, hot)), true).dataSync()[0];
    });
}

function largestDifference(found, wanted) {
  let [most, scale] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    most = Math.max(most, Math.abs(found[i] - wanted[i]));
    scale = Math.max(scale, Math.abs(wanted[i]));
  }
  return most / scale;
}

function round(value) {
  return Number(value.toPrecision(3));
}
