import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { runPgd } from '#attacks/evasion/index';
import { packageRoot } from '#base/package-root';
import { row, rowRange, rowsOf, type Tensor } from '#base/tensor';
import type { FileTargetConfig, SamplesConfig } from '#config/schema';
import { loadSamples } from '#data/load-samples';
import { rng, randomStreams } from '#stats/random';
import { declareTarget } from '#target/declare';
import { openTarget } from '#target/open';
import { prepareTarget, type EngineName } from '#target/formats/prepare';
import { isDifferentiable, type DifferentiableTarget, type Samples } from '#target/target';
import { chooseBackend } from '../src/engine/tfjs/backend.js';
import { describeOnTensorFlow } from './native-tensorflow.js';
import { nsfwjsModel } from './nsfwjs.js';
import { temporaryFolder } from './temporary-folder.js';
import { relative } from './tfjs-models.js';

/**
 * A model of each format by both engines: they share no code below the graph, and where TensorFlow.js executes the file as it is
 * not even that. PGD has no random start, so the attack is the same walk on both but for rounding.
 */

const models = join(packageRoot(), 'fixtures/models');
const data = join(packageRoot(), 'fixtures/data');

const LOGITS = 1e-4;
const GRADIENT = 1e-3;
/**
 * Where rounding moves one of millions of activations over a kink of ReLU, the gradient jumps. As much as it jumps on one engine
 * alone when its inputs move by a millionth, it may differ between two.
 */
const UNREST = 2;
/** Share of samples: 0.2 points. */
const ROBUST = 0.002;

interface Case {
  readonly config: FileTargetConfig;
  /** Real samples, or how many random ones, which are labelled as the model itself does. */
  readonly samples: SamplesConfig | { readonly random: number; readonly shape: readonly number[] };
  readonly epsilon: number;
  readonly steps?: number;
}

const fashion = (file: string, epsilon: number): Case => ({
  config: {
    file: join(models, file),
    head: 'classes',
    domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
  },
  samples: {
    inputs: join(data, 'fashion-test-images.idx3-ubyte.gz'),
    labels: join(data, 'fashion-test-labels.idx1-ubyte.gz'),
    scale: 1 / 255,
  },
  epsilon,
});

const digits = (file: string, layout: 'NCHW' | 'NHWC'): Case => ({
  config: {
    file: join(models, 'exported-snippets', file),
    head: 'classes',
    domain: { kind: 'image', layout, range: [0, 1] },
  },
  samples: {
    inputs: join(models, 'exported-snippets/digits-inputs.npy'),
    labels: join(models, 'exported-snippets/digits-labels.npy'),
    scale: 1 / 16,
  },
  epsilon: 0.05,
});

const random = (file: string, domain: FileTargetConfig['domain'], shape: readonly number[], count = 500): Case => ({
  config: { file, head: 'classes', domain },
  samples: { random: count, shape },
  epsilon: 0.05,
});

const table = (name: string): Case => {
  const path = join(models, 'tabular', `${name}.config.json`);
  const config = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly target: FileTargetConfig;
    readonly data: { readonly test: SamplesConfig };
  };
  const absolute = (file: string): string => resolve(dirname(path), file);
  return {
    config: { ...config.target, file: absolute(config.target.file) },
    samples: { ...config.data.test, inputs: absolute(config.data.test.inputs) },
    epsilon: 0.05,
  };
};

const IMAGE = { kind: 'image', layout: 'NHWC', range: [-1, 1] as [number, number] } as const;
const SIGNAL = { kind: 'tabular', range: [-1, 1] as [number, number] } as const;

const CASES: readonly (readonly [name: string, of: () => Case])[] = [
  ['ONNX: fashion-mlp', () => fashion('fashion-mlp.onnx', 0.02)],
  ['ONNX: fashion-cnn', () => fashion('fashion-cnn.onnx', 0.02)],
  ['ONNX: fashion-cnn-robust', () => fashion('fashion-cnn-robust.onnx', 0.1)],
  ['ONNX: from PyTorch', () => digits('pytorch.onnx', 'NCHW')],
  ['ONNX: from JAX', () => digits('jax.onnx', 'NHWC')],
  ['ONNX: from Keras', () => digits('keras.onnx', 'NHWC')],
  ['Keras: digits', () => digits('keras.keras', 'NHWC')],
  ['Hugging Face folder', () => digits('hugging-face', 'NCHW')],
  ['ONNX: credit-mlp', () => table('credit-mlp')],
  ['ONNX: churn-mlp', () => table('churn-mlp')],
  ['GraphModel: lstm', () => random(join(models, 'graph-model/lstm'), SIGNAL, [7, 4])],
  ['GraphModel: gru', () => random(join(models, 'graph-model/gru'), SIGNAL, [6, 4])],
  ['GraphModel: sequence', () => random(join(models, 'graph-model/sequence'), SIGNAL, [24, 3])],
  ['GraphModel: volume', () => random(join(models, 'graph-model/volume'), SIGNAL, [6, 6, 6, 2])],
  ['GraphModel: cnn', () => random(join(models, 'graph-model/cnn'), IMAGE, [16, 16, 3])],
  ['LayersModel: MobileNetV2 of nsfwjs', layersModel],
];

function layersModel(): Case {
  const folder = temporaryFolder();
  const { files } = nsfwjsModel('mobilenet_v2');
  for (const [name, bytes] of files) writeFileSync(join(folder, name), bytes);
  const domain = { kind: 'image', layout: 'NHWC', range: [0, 1] as [number, number] } as const;
  return { ...random(join(folder, 'model.json'), domain, [224, 224, 3], 16), epsilon: 0.1 / 255, steps: 3 };
}

interface Opened {
  readonly target: DifferentiableTarget;
  readonly executed: string;
  readonly samples: Samples;
}

async function opened({ config, samples: source }: Case, engine: EngineName): Promise<Opened> {
  const prepared = await prepareTarget(config, engine);
  const declaration = await declareTarget(prepared.config, prepared.model);
  const samples =
    'random' in source
      ? randomSamples(source.random, source.shape, config)
      : (await loadSamples(source, declaration, 7)).samples;
  const probe = rowRange(samples.inputs, 0, Math.min(16, rowsOf(samples.inputs)));
  const { target } = await openTarget(
    prepared.config,
    prepared.model,
    { ...probe, data: probe.data.slice() },
    {
      threads: 2,
      batchSize: 64,
    },
  );
  if (!isDifferentiable(target)) throw new Error(`no gradients: ${target.missing.get('gradients') ?? ''}`);
  return { target, samples, executed: prepared.model.executed ?? 'onnx' };
}

function randomSamples(count: number, shape: readonly number[], { domain }: FileTargetConfig): Samples {
  const source = rng('engines agree');
  const [low, high] = domain.range ?? [0, 1];
  const size = count * shape.reduce((product, each) => product * each, 1);
  const values = Float32Array.from({ length: size }, () => low + (high - low) * source.uniform());
  return {
    inputs: { shape: [count, ...shape], data: values },
    labels: { width: 1, values: new Float64Array(count) },
    indices: Array.from({ length: count }, (_, i) => i),
  };
}

/** Random samples get the labels that the model gives them. */
function labelled(samples: Samples, scores: Tensor): Samples {
  const values = Float64Array.from(samples.indices, (_, i) => {
    const own = row(scores, i);
    return own.indexOf(Math.max(...own));
  });
  return { ...samples, labels: { width: 1, values } };
}

/** Moved by a millionth, here up and there down. */
function nudged({ shape, data: values }: Tensor): Tensor {
  return { shape, data: values.map((value, i) => value * (1 + (i % 2 === 0 ? 1e-6 : -1e-6))) };
}

async function robustAccuracy(target: DifferentiableTarget, samples: Samples, { epsilon, steps = 10 }: Case) {
  const { epsilons } = await runPgd(
    target,
    samples,
    { norm: 'Linf', epsilons: epsilon, steps, restarts: 1, randomStart: false, loss: 'cross-entropy', earlyStop: true },
    randomStreams(7),
  );
  return epsilons[0]!.outcomes.filter(({ fate }) => fate === 'survived').length / samples.indices.length;
}

describeOnTensorFlow('both engines on every format')('both engines agree on', () => {
  beforeAll(() => chooseBackend(['tensorflow']));

  test.each(CASES)(
    '%s',
    async (name, of) => {
      const given = of();
      const [onnx, tfjs] = [await opened(given, 'onnx'), await opened(given, 'tfjs')];
      const scores = [
        await onnx.target.predict(onnx.samples.inputs),
        await tfjs.target.predict(tfjs.samples.inputs),
      ] as const;
      const logits = relative(scores[1].data, scores[0].data);
      const samples = 'random' in given.samples ? labelled(onnx.samples, scores[0]) : onnx.samples;
      const few = Math.min(64, samples.indices.length);
      const inputs = rowRange(samples.inputs, 0, few);
      const loss = { kind: 'cross-entropy', labels: samples.labels.values.slice(0, few) } as const;
      const [own, other] = [await tfjs.target.gradient(inputs, loss), await onnx.target.gradient(inputs, loss)];
      const gradient = relative(own.gradient.data, other.gradient.data);
      const unrest = relative((await onnx.target.gradient(nudged(inputs), loss)).gradient.data, other.gradient.data);
      const robust = [
        await robustAccuracy(onnx.target, samples, given),
        await robustAccuracy(tfjs.target, samples, given),
      ] as const;
      process.stderr.write(
        `${name}: tfjs executes ${tfjs.executed}; logits ${logits.toExponential(1)}, gradients ${gradient.toExponential(1)} (unrest ${unrest.toExponential(1)}), ` +
          `robust ${(100 * robust[0]).toFixed(1)} % and ${(100 * robust[1]).toFixed(1)} % of ${samples.indices.length}\n`,
      );
      expect(logits).toBeLessThanOrEqual(LOGITS);
      expect(gradient).toBeLessThanOrEqual(Math.max(GRADIENT, UNREST * unrest));
      expect(Math.abs(robust[0] - robust[1])).toBeLessThanOrEqual(ROBUST);
      await Promise.all([onnx.target.dispose(), tfjs.target.dispose()]);
    },
    600_000,
  );
});
