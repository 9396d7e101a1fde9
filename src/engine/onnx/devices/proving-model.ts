import { sizeOf, type Tensor } from '#base/tensor';
import { float32Constant } from '../graph/constants.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph } from '../graph/ir.js';
import { encodeModel } from '../proto/codec.js';

/** Samples of one batch of the proof. */
export const PROVING_SAMPLES = 128;

const CLASSES = 10;
const CHANNELS = 32;
const PIXELS = 32;

/**
 * Two convolutions and a linear layer, some 14 GFLOP for scores and gradients of a batch: a tenth of a second on two cores, and
 * large beside what it takes to talk to a device.
 */
export function provingModel(): Uint8Array {
  const builder = new GraphBuilder(EMPTY);
  const weights = (shape: readonly number[], inputs: number): string =>
    builder.constant(
      float32Constant(
        shape,
        noise(sizeOf(shape)).map((value) => value * Math.sqrt(6 / inputs)),
      ),
    );
  const convolution = (input: string, channels: number): string =>
    builder.node('Relu', [
      builder.node('Conv', [input, weights([CHANNELS, channels, 3, 3], channels * 9)], { pads: [1, 1, 1, 1] }),
    ]);
  const features = convolution(convolution('x', 3), CHANNELS);
  const pooled = builder.node('MaxPool', [features], { kernel_shape: [2, 2], strides: [2, 2] });
  const flat = builder.node('Flatten', [pooled]);
  const size = (CHANNELS * PIXELS * PIXELS) / 4;
  const logits = builder.node('Gemm', [flat, weights([size, CLASSES], size)]);
  return encodeModel(builder.build([{ name: logits, type: 'float32', shape: null }]));
}

export function provingInputs(): Tensor {
  const shape = [PROVING_SAMPLES, 3, PIXELS, PIXELS];
  return { shape, data: noise(sizeOf(shape)) };
}

export function provingLabels(): Float64Array {
  return Float64Array.from({ length: PROVING_SAMPLES }, (_, i) => i % CLASSES);
}

/** Evenly spread over [-1, 1], the same on every machine (Park & Miller 1988). */
function noise(length: number): Float32Array {
  let state = 1;
  return Float32Array.from({ length }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 1_073_741_823.5 - 1;
  });
}

const EMPTY: Graph = {
  name: 'proof',
  irVersion: 9,
  opsets: new Map([['', 20]]),
  inputs: [{ name: 'x', type: 'float32', shape: ['n', 3, PIXELS, PIXELS] }],
  outputs: [],
  nodes: [],
  constants: new Map(),
  functions: [],
};
