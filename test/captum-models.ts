/** The small networks on which Captum's tests have values by hand, as ONNX graphs from `x` to `y`. */
import type { ModelBytes } from '#engine/index';
import { float32Constant } from '../src/engine/onnx/graph/constants.js';
import { graphOf, modelOf } from './linear-model.js';

const ints = (...value: readonly number[]) => ({ kind: 'ints', value }) as const;
const ones = (...shape: readonly number[]) =>
  float32Constant(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1));

/**
 * `ConvNet_One_Conv`: two 3 x 3 filters of ones with the biases -50 and -75, ReLU, a dense layer whose rows are all
 * (1, 1, 1, 1, 1, -1, -1, -1), and ReLU. Takes [n, 1, 4, 4]; its layers are `stem` (a convolution that changes nothing, so that
 * the input is a layer too), `conv1`, `relu1`, `fc1` and `relu2`.
 */
export function convolutional(): ModelBytes {
  const row = [1, 1, 1, 1, 1, -1, -1, -1];
  const graph = graphOf({
    nodes: [
      { op: 'Conv', inputs: ['x', 'stem.weight'], outputs: ['s'], attributes: { kernel_shape: ints(1, 1) } },
      { op: 'Conv', inputs: ['s', 'conv1.weight', 'bias'], outputs: ['c'], attributes: { kernel_shape: ints(3, 3) } },
      { op: 'Relu', inputs: ['c'], outputs: ['r'] },
      { op: 'Flatten', inputs: ['r'], outputs: ['f'] },
      {
        op: 'Gemm',
        inputs: ['f', 'fc1.weight', 'zero'],
        outputs: ['d'],
        attributes: { transB: { kind: 'int', value: 1 } },
      },
      { op: 'Relu', inputs: ['d'], outputs: ['y'] },
    ],
    constants: new Map([
      ['stem.weight', ones(1, 1, 1, 1)],
      ['conv1.weight', ones(2, 1, 3, 3)],
      ['bias', float32Constant([2], [-50, -75])],
      ['fc1.weight', float32Constant([4, 8], [...row, ...row, ...row, ...row])],
      ['zero', float32Constant([4], [0, 0, 0, 0])],
    ]),
    inputShape: ['n', 1, 4, 4],
    outputShape: ['n', 4],
  });
  const names = ['stem', 'conv1', 'relu1', 'flatten', 'fc1', 'relu2'];
  return modelOf({ ...graph, nodes: graph.nodes.map((node, i) => ({ ...node, name: names[i] ?? '' })) });
}

/**
 * `BasicModel_MultiLayer`: I of 3, a dense layer of ones with the biases (-10, 1, 1, 1), ReLU, a dense layer of ones with the
 * biases (-1, 1). Its layers are `linear0`, `linear1`, `relu` and `linear2`.
 */
export function multiLayer(): ModelBytes {
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const graph = graphOf({
    nodes: [
      { op: 'Gemm', inputs: ['x', 'linear0.weight', 'none'], outputs: ['a'] },
      { op: 'Gemm', inputs: ['a', 'linear1.weight', 'bias1'], outputs: ['b'] },
      { op: 'Relu', inputs: ['b'], outputs: ['r'] },
      { op: 'Gemm', inputs: ['r', 'linear2.weight', 'bias2'], outputs: ['y'] },
    ],
    constants: new Map([
      ['linear0.weight', float32Constant([3, 3], identity)],
      ['none', float32Constant([3], [0, 0, 0])],
      ['linear1.weight', ones(3, 4)],
      ['bias1', float32Constant([4], [-10, 1, 1, 1])],
      ['linear2.weight', ones(4, 2)],
      ['bias2', float32Constant([2], [-1, 1])],
    ]),
    inputShape: ['n', 3],
    outputShape: ['n', 2],
  });
  const names = ['linear0', 'linear1', 'relu', 'linear2'];
  return modelOf({ ...graph, nodes: graph.nodes.map((node, i) => ({ ...node, name: names[i] ?? '' })) });
}

/** The numbers 0 to 15, as Captum's tests feed them, [1, 1, 4, 4]. */
export function counted(): { readonly shape: readonly number[]; readonly data: Float32Array } {
  return { shape: [1, 1, 4, 4], data: Float32Array.from({ length: 16 }, (_, i) => i) };
}
