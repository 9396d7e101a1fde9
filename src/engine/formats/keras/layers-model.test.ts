import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Tensor } from '#base/tensor';
import { noise, savedLayersModel, scramble } from '../../../../test/layers-model.js';
import { outputsOf } from '../../../../test/lowered.js';
import { lowerLayersModel } from './index.js';

/** Relative to the largest value: both compute in float32, in another order. */
const TOLERANCE = 1e-5;

/** The default initializer of recurrent weights needs operations that chain. */
const cell = { units: 2, recurrentInitializer: 'glorotUniform' } as const;

type Layer = ReturnType<typeof tfl.layers.dense>;
type Symbolic = tfl.SymbolicTensor;
/** Builds on an input of this shape. */
type Branch = readonly [shape: readonly number[], build: (x: Symbolic) => Symbolic | Symbolic[], tokens?: true];

const { layers } = tfl;
const of =
  (...chain: readonly (() => unknown)[]) =>
  (x: Symbolic): Symbolic =>
    chain.reduce<Symbolic>((value, make) => (make() as Layer).apply(value) as Symbolic, x);

const masked = (...chain: readonly (() => unknown)[]): Branch => [
  [5],
  of(() => layers.embedding({ inputDim: 6, outputDim: 3, maskZero: true }), ...chain),
  true,
];

const conv = (options: object) => () => layers.conv2d({ filters: 3, kernelSize: 3, ...options });

const BRANCHES: Readonly<Record<string, Branch>> = {
  dense: [[5], of(() => layers.dense({ units: 4, activation: 'tanh' }))],
  dense_sequence: [[3, 5], of(() => layers.dense({ units: 4, useBias: false, activation: 'relu' }))],
  conv1d: [[7, 2], of(() => layers.conv1d({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' }))],
  conv2d: [[6, 7, 2], of(conv({ strides: 2, padding: 'same', activation: 'relu6' }))],
  conv2d_dilated: [[7, 7, 2], of(conv({ dilationRate: 2 }))],
  conv2d_first: [[2, 6, 7], of(conv({ dataFormat: 'channelsFirst', padding: 'same' }))],
  conv2d_first_chain: [
    [2, 6, 6],
    of(
      conv({ dataFormat: 'channelsFirst', activation: 'relu' }),
      () => layers.maxPooling2d({ poolSize: 2, dataFormat: 'channelsFirst' }),
      () => layers.flatten({ dataFormat: 'channelsFirst' }),
    ),
  ],
  conv3d: [[4, 4, 4, 2], of(() => layers.conv3d({ filters: 2, kernelSize: 2, strides: 2, padding: 'valid' }))],
  depthwise: [[6, 6, 2], of(() => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2, padding: 'same' }))],
  separable: [[6, 6, 2], of(() => layers.separableConv2d({ filters: 3, kernelSize: 3 }))],
  transposed: [[3, 4, 2], of(() => layers.conv2dTranspose({ filters: 3, kernelSize: 3, strides: 2, padding: 'same' }))],
  transposed_valid: [[3, 4, 2], of(() => layers.conv2dTranspose({ filters: 3, kernelSize: 4, strides: 3 }))],
  max2d: [[6, 7, 2], of(() => layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same' }))],
  average2d: [[6, 7, 2], of(() => layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same' }))],
  average1d: [[7, 2], of(() => layers.averagePooling1d({ poolSize: 2 }))],
  max3d: [[4, 4, 4, 2], of(() => layers.maxPooling3d({ poolSize: 2 }))],
  global_mean2d: [[4, 5, 2], of(() => layers.globalAveragePooling2d({}))],
  global_max2d: [[4, 5, 2], of(() => layers.globalMaxPooling2d({}))],
  global_mean1d: [[4, 2], of(() => layers.globalAveragePooling1d())],
  batch: [[4, 4, 3], of(() => layers.batchNormalization({}))],
  layer: [[3, 5], of(() => layers.layerNormalization())],
  relu: [[5], of(() => layers.reLU({ maxValue: 0.5 }))],
  leaky: [[5], of(() => layers.leakyReLU({ alpha: 0.2 }))],
  elu: [[5], of(() => layers.elu())],
  prelu: [[3, 4, 2], of(() => layers.prelu({ sharedAxes: [1, 2] }))],
  thresholded: [[5], of(() => layers.thresholdedReLU({ theta: 0.3 }))],
  softmax: [[3, 4], of(() => layers.softmax({ axis: 2 }))],
  ...Object.fromEntries(
    (['elu', 'hardSigmoid', 'linear', 'relu', 'relu6', 'selu', 'sigmoid', 'softmax'] as const).map(
      (name): [string, Branch] => [`activation_${name}`, [[6], of(() => layers.activation({ activation: name }))]],
    ),
  ),
  ...Object.fromEntries(
    (['softplus', 'softsign', 'tanh', 'swish', 'mish'] as const).map((name): [string, Branch] => [
      `activation_${name}`,
      [[6], of(() => layers.activation({ activation: name }))],
    ]),
  ),
  lstm: [[4, 3], of(() => layers.lstm({ ...cell, returnSequences: true }))],
  lstm_sigmoid: [[4, 3], of(() => layers.lstm({ ...cell, recurrentActivation: 'sigmoid', goBackwards: true }))],
  gru: [[4, 3], of(() => layers.gru({ ...cell }))],
  simple: [[4, 3], of(() => layers.simpleRNN({ ...cell, goBackwards: true, returnSequences: true }))],
  both: [
    [4, 3],
    of(() => layers.bidirectional({ layer: layers.lstm({ ...cell, returnSequences: true }), mergeMode: 'concat' })),
  ],
  both_sum: [[4, 3], of(() => layers.bidirectional({ layer: layers.gru({ ...cell }), mergeMode: 'sum' }))],
  cells: [[4, 3], of(() => layers.rnn({ cell: layers.lstmCell({ ...cell }), returnSequences: true }))],
  time: [[3, 5], of(() => layers.timeDistributed({ layer: layers.dense({ units: 2 }) }))],
  time_conv: [[2, 5, 5, 2], of(() => layers.timeDistributed({ layer: conv({})() }))],
  embedding: [[5], of(() => layers.embedding({ inputDim: 6, outputDim: 3 })), true],
  masked_lstm: masked(() => layers.lstm({ ...cell, returnSequences: true })),
  masked_gru: masked(() => layers.gru({ ...cell })),
  masked_backwards: masked(() => layers.simpleRNN({ ...cell, goBackwards: true, returnSequences: true })),
  masked_mean: masked(() => layers.globalAveragePooling1d()),
  add: [[5], (x) => layers.add().apply([x, layers.dense({ units: 5 }).apply(x) as Symbolic]) as Symbolic],
  concatenate: [
    [4, 4, 2],
    (x) => layers.concatenate().apply([x, conv({ padding: 'same' })().apply(x) as Symbolic]) as Symbolic,
  ],
  dot: [[5], (x) => layers.dot({ axes: 1 }).apply([x, layers.dense({ units: 5 }).apply(x) as Symbolic]) as Symbolic],
  reshape: [[6], of(() => layers.reshape({ targetShape: [2, -1] }))],
  permute: [[2, 3, 4], of(() => layers.permute({ dims: [3, 1, 2] }))],
  repeat: [[3], of(() => layers.repeatVector({ n: 4 }))],
  pad: [
    [3, 4, 2],
    of(() =>
      layers.zeroPadding2d({
        padding: [
          [1, 2],
          [0, 3],
        ],
      }),
    ),
  ],
  crop: [
    [5, 6, 2],
    of(() =>
      layers.cropping2D({
        cropping: [
          [1, 2],
          [0, 3],
        ],
      }),
    ),
  ],
  up: [[3, 4, 2], of(() => layers.upSampling2d({ size: [2, 3] }))],
  up_bilinear: [[3, 4, 2], of(() => layers.upSampling2d({ size: [2, 2], interpolation: 'bilinear' }))],
  rescale: [[4], of(() => layers.rescaling({ scale: 0.5, offset: -1 }))],
  shared: [
    [4],
    (x) => {
      const dense = layers.dense({ units: 4, activation: 'relu' });
      return dense.apply(dense.apply(x)) as Symbolic;
    },
  ],
  nested: [
    [4],
    (x) => {
      const inner = tfl.sequential({
        layers: [layers.dense({ units: 3, inputShape: [4] }), layers.dense({ units: 4 })],
      });
      return inner.apply(inner.apply(x)) as Symbolic;
    },
  ],
  dropped: [
    [4],
    of(
      () => layers.dropout({ rate: 0.5 }),
      () => layers.gaussianNoise({ stddev: 1 }),
    ),
  ],
};

const SAMPLES = 2;

function inputOf([shape, , tokens]: Branch, seed: number): Tensor {
  const whole = [SAMPLES, ...shape];
  const data = noise(whole, seed);
  return {
    shape: whole,
    data: tokens === true ? data.map((_, i) => [0, 3, 5, 0, 1, 2, 4, 0, 0, 3][i % 10] ?? 0) : data,
  };
}

test.each(Object.entries(BRANCHES))('%s gives what TensorFlow.js gives', async (name, branch) => {
  await tf.setBackend('cpu');
  const x = tfl.input({ shape: [...branch[0]], name: `x_${name}` });
  const model = tfl.model({ inputs: x, outputs: branch[1](x) });
  scramble(model);
  const input = inputOf(branch, 31);
  const expected = model.predict(tf.tensor(input.data, [...input.shape])) as tf.Tensor;

  const lowered = await lowerLayersModel(await savedLayersModel(model));

  const outputs = await outputsOf(lowered.model, { [`x_${name}`]: input });
  const [actual] = [...outputs.values()];
  expect(actual?.shape).toEqual(expected.shape);
  const values = Float32Array.from(await expected.data());
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  const difference = values.reduce((most, value, i) => Math.max(most, Math.abs(value - Number(actual?.data[i]))), 0);
  expect(difference).toBeLessThanOrEqual(TOLERANCE * largest);
});
