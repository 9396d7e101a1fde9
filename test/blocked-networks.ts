/** Networks whose convolutions have a blocked form, with models of four classes made of them. */
import type { ModelBytes } from '#engine/index';
import { float32Constant } from '../src/engine/onnx/graph/constants.js';
import type { Constant } from '../src/engine/onnx/graph/ir.js';
import { graphOf, modelOf, type GraphParts } from './linear-model.js';

export const ints = (...value: readonly number[]) => ({ kind: 'ints', value }) as const;
export const kernel = (size: number, stride = 1, pad = (size - 1) >> 1) => ({
  kernel_shape: ints(size, size),
  strides: ints(stride, stride),
  pads: ints(pad, pad, pad, pad),
});
const HALVING = { kernel_shape: ints(2, 2), strides: ints(2, 2) };
const grouped = (group: number) => ({ group: { kind: 'int', value: group } as const });

export type Layers = GraphParts['nodes'];

/** Layers from 3 x 16 x 16 pictures to the value `last`; weights by name as [outputs, inputs / group, size], biases `b...`. */
export interface Network {
  readonly layers: Layers;
  readonly weights: (block: number) => Readonly<Record<string, readonly number[]>>;
}

export const NETWORKS: readonly (readonly [string, Network])[] = [
  [
    'a residual block and a pooling behind it',
    {
      layers: [
        { op: 'Conv', inputs: ['x', 'w0', 'b0'], outputs: ['c0'], attributes: kernel(3) },
        { op: 'Relu', inputs: ['c0'], outputs: ['r0'] },
        { op: 'Conv', inputs: ['r0', 'w1'], outputs: ['c1'], attributes: kernel(3) },
        { op: 'Add', inputs: ['c1', 'r0'], outputs: ['s'] },
        { op: 'Relu', inputs: ['s'], outputs: ['r1'] },
        { op: 'MaxPool', inputs: ['r1'], outputs: ['last'], attributes: HALVING },
      ],
      weights: (block) => ({ w0: [block, 3, 3, 3], b0: [block], w1: [block, block, 3, 3] }),
    },
  ],
  [
    'the stem and a narrowing block of ResNet',
    {
      layers: [
        { op: 'Conv', inputs: ['x', 'w0', 'b0'], outputs: ['c0'], attributes: kernel(7, 2) },
        { op: 'Relu', inputs: ['c0'], outputs: ['r0'] },
        { op: 'MaxPool', inputs: ['r0'], outputs: ['p0'], attributes: kernel(3, 2) },
        { op: 'Conv', inputs: ['p0', 'w1', 'b1'], outputs: ['c1'], attributes: kernel(3, 2) },
        { op: 'Relu', inputs: ['c1'], outputs: ['r1'] },
        { op: 'Conv', inputs: ['r1', 'w2', 'b1'], outputs: ['c2'], attributes: kernel(3) },
        { op: 'Conv', inputs: ['p0', 'w3', 'b1'], outputs: ['d'], attributes: kernel(1, 2) },
        { op: 'Add', inputs: ['c2', 'd'], outputs: ['s'] },
        { op: 'Relu', inputs: ['s'], outputs: ['last'] },
      ],
      weights: (block) => ({
        w0: [block, 3, 7, 7],
        b0: [block],
        w1: [2 * block, block, 3, 3],
        b1: [2 * block],
        w2: [2 * block, 2 * block, 3, 3],
        w3: [2 * block, block, 1, 1],
      }),
    },
  ],
  [
    'inverted residuals of MobileNetV2, of stride 1 and 2, with activations that end at 6',
    {
      layers: [
        { op: 'Conv', inputs: ['x', 'w0', 'b0'], outputs: ['c0'], attributes: kernel(3, 2) },
        { op: 'Clip', inputs: ['c0', 'zero', 'six'], outputs: ['r0'] },
        { op: 'Conv', inputs: ['r0', 'w1', 'b0'], outputs: ['c1'], attributes: { ...kernel(3), ...grouped(NaN) } },
        { op: 'Clip', inputs: ['c1', 'zero', 'six'], outputs: ['r1'] },
        { op: 'Conv', inputs: ['r1', 'w2'], outputs: ['c2'], attributes: kernel(1) },
        { op: 'Add', inputs: ['r0', 'c2'], outputs: ['s'] },
        { op: 'Conv', inputs: ['s', 'w3', 'b0'], outputs: ['c3'], attributes: { ...kernel(3, 2), ...grouped(NaN) } },
        { op: 'Clip', inputs: ['c3', 'zero', 'six'], outputs: ['last'] },
      ],
      weights: (block) => ({
        w0: [block, 3, 3, 3],
        b0: [block],
        w1: [block, 1, 3, 3],
        w2: [block, block, 1, 1],
        w3: [block, 1, 3, 3],
      }),
    },
  ],
  [
    'branches that are joined, dilated and gated, and a result that two read',
    {
      layers: [
        { op: 'Conv', inputs: ['x', 'w0'], outputs: ['c0'], attributes: kernel(5) },
        {
          op: 'Conv',
          inputs: ['c0', 'w1'],
          outputs: ['c1'],
          attributes: { ...kernel(3, 1, 2), dilations: ints(2, 2) },
        },
        { op: 'Sigmoid', inputs: ['c1'], outputs: ['g'] },
        { op: 'Mul', inputs: ['c1', 'g'], outputs: ['swish'] },
        { op: 'Concat', inputs: ['swish', 'c0'], outputs: ['both'], attributes: { axis: { kind: 'int', value: 1 } } },
        { op: 'Conv', inputs: ['both', 'w2'], outputs: ['c2'], attributes: kernel(1) },
        { op: 'Add', inputs: ['c2', 'c2'], outputs: ['last'] },
      ],
      weights: (block) => ({
        w0: [block, 3, 5, 5],
        w1: [block, block, 3, 3],
        w2: [block, 2 * block, 1, 1],
      }),
    },
  ],
];

/** The network with a pooling and a dense layer behind it. */
export function modelOfNetwork({ layers, weights }: Network, block: number): ModelBytes {
  const shapes = weights(block);
  const width = layers.some(({ outputs }) => outputs.includes('c3')) ? block : (shapes['b1']?.[0] ?? block);
  const constants = Object.entries(shapes).map(
    ([name, shape], seed) => [name, /^spread/.test(name) ? positive(shape, seed) : waves(shape, seed + 1)] as const,
  );
  return modelOf(
    graphOf({
      nodes: [
        ...layers.map((layer) => withGroups(layer, block)),
        { op: 'GlobalAveragePool', inputs: ['last'], outputs: ['mean'] },
        { op: 'Flatten', inputs: ['mean'], outputs: ['f'] },
        { op: 'Gemm', inputs: ['f', 'dense'], outputs: ['y'] },
      ],
      constants: new Map([
        ...constants,
        ['dense', waves([width, 4], 9)],
        ['zero', float32Constant([], [0])],
        ['six', float32Constant([], [0.4])],
      ]),
      inputShape: ['n', 3, 16, 16],
      outputShape: ['n', 4],
    }),
  );
}

/** Pictures of that many samples, each different. */
export function pictures(samples: number, seed = 0.9): { shape: number[]; data: Float32Array } {
  const data = Float32Array.from({ length: samples * 768 }, (_, i) => Math.cos(seed * i * i));
  return { shape: [samples, 3, 16, 16], data };
}

/** One group for each channel, as many as a block has. */
export function withGroups(layer: Layers[number], block: number): Layers[number] {
  const { group } = layer.attributes ?? {};
  return group === undefined ? layer : { ...layer, attributes: { ...layer.attributes, ...grouped(block) } };
}

export function waves(shape: readonly number[], seed: number): Constant {
  const count = shape.reduce((a, b) => a * b, 1);
  return float32Constant(
    shape,
    Array.from({ length: count }, (_, i) => 0.3 * Math.sin(seed + 1.7 * i)),
  );
}

function positive(shape: readonly number[], seed: number): Constant {
  const count = shape.reduce((a, b) => a * b, 1);
  return float32Constant(
    shape,
    Array.from({ length: count }, (_, i) => 0.5 + Math.abs(Math.sin(seed + 1.3 * i))),
  );
}
