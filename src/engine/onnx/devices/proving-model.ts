import { sizeOf, type Tensor } from '#base/tensor';
import { float32Constant } from '../graph/constants.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Graph } from '../graph/ir.js';
import { encodeModel } from '../proto/codec.js';

/** Of a network of two convolutions and a linear layer on square images. */
export interface ProvingSize {
  readonly channels: number;
  readonly pixels: number;
}

/** For scores and gradients of a batch: some 10 MFLOP, which a program that plays a GPU does within seconds. */
export const SMALL: ProvingSize = { channels: 8, pixels: 8 };

/** Some 8 GFLOP: a twentieth of a second on two cores, and large beside what it takes to talk to a device. */
export const LARGE: ProvingSize = { channels: 64, pixels: 32 };

const SAMPLES = 32;
const CLASSES = 10;

export function provingModel({ channels, pixels }: ProvingSize): Uint8Array {
  const builder = new GraphBuilder({
    ...EMPTY,
    inputs: [{ name: 'x', type: 'float32', shape: ['n', 3, pixels, pixels] }],
  });
  // He et al. 2015, so that values keep their size from layer to layer.
  const weights = (shape: readonly number[], inputs: number): string =>
    builder.constant(
      float32Constant(
        shape,
        noise(sizeOf(shape)).map((value) => value * Math.sqrt(6 / inputs)),
      ),
    );
  const convolution = (input: string, from: number): string =>
    builder.node('Relu', [
      builder.node('Conv', [input, weights([channels, from, 3, 3], from * 9)], { pads: [1, 1, 1, 1] }),
    ]);
  const features = convolution(convolution('x', 3), channels);
  const pooled = builder.node('MaxPool', [features], { kernel_shape: [2, 2], strides: [2, 2] });
  const size = (channels * pixels * pixels) / 4;
  const logits = builder.node('Gemm', [builder.node('Flatten', [pooled]), weights([size, CLASSES], size)]);
  return encodeModel(builder.build([{ name: logits, type: 'float32', shape: null }]));
}

export function provingInputs({ pixels }: ProvingSize): Tensor {
  const shape = [SAMPLES, 3, pixels, pixels];
  return { shape, data: noise(sizeOf(shape)) };
}

export function provingLabels(): Float64Array {
  return Float64Array.from({ length: SAMPLES }, (_, i) => i % CLASSES);
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
  inputs: [],
  outputs: [],
  nodes: [],
  constants: new Map(),
  functions: [],
};
