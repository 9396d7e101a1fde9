import { AssayError } from '#base/errors';
import { openOnnxModel } from './index.js';
import { float32Constant, int64Constant } from './graph/constants.js';
import { graphOf, linearModel, modelOf, specOf } from '../../../test/linear-model.js';

const ints = (...value: number[]) => ({ kind: 'ints', value }) as const;

/** Two convolutions whose weights have the names that PyTorch gives them, then a mean and a dense layer. */
const network = modelOf(
  graphOf({
    nodes: [
      { op: 'Conv', inputs: ['x', 'features.0.weight'], outputs: ['a'], attributes: { kernel_shape: ints(1, 1) } },
      { op: 'Relu', inputs: ['a'], outputs: ['b'] },
      { op: 'Conv', inputs: ['b', 'features.2.weight'], outputs: ['c'], attributes: { kernel_shape: ints(1, 1) } },
      { op: 'Relu', inputs: ['c'], outputs: ['d'] },
      { op: 'ReduceMean', inputs: ['d', 'space'], outputs: ['e'], attributes: { keepdims: { kind: 'int', value: 0 } } },
      { op: 'Gemm', inputs: ['e', 'head.weight'], outputs: ['y'] },
    ],
    constants: new Map([
      ['features.0.weight', float32Constant([2, 1, 1, 1], [1, -1])],
      ['features.2.weight', float32Constant([2, 2, 1, 1], [1, 2, 3, 4])],
      ['head.weight', float32Constant([2, 2], [1, 0, 0.5, -1])],
      ['space', int64Constant([2], [2, 3])],
    ]),
    inputShape: ['n', 1, 2, 2],
    outputShape: ['n', 2],
  }),
);

test('layers have the names of their modules, in order', async () => {
  const model = await openOnnxModel(network, specOf('classes', [1, 2, 2]));
  const layers = await model.layers();
  await model.dispose();
  expect(layers.map(({ name, operator, shape }) => [name, operator, shape])).toEqual([
    ['features.0', 'Conv', [2, 2, 2]],
    ['node_1', 'Relu', [2, 2, 2]],
    ['features.2', 'Conv', [2, 2, 2]],
    ['node_3', 'Relu', [2, 2, 2]],
    ['node_4', 'ReduceMean', [2]],
    ['head', 'Gemm', [2]],
  ]);
});

test('activations and gradients at a layer, as Grad-CAM takes them', async () => {
  const model = await openOnnxModel(network, specOf('classes', [1, 2, 2]));
  const inputs = { shape: [1, 1, 2, 2], data: Float32Array.of(1, 2, -3, 0.5) };
  const loss = { kind: 'score', labels: Float64Array.of(0) } as const;
  const { activation, gradient } = await model.atLayer(inputs, loss, 'features.2');
  // b = [relu(x), relu(-x)]; c_0 = b_0 + 2 b_1, c_1 = 3 b_0 + 4 b_1.
  expect([...activation.data]).toEqual([1, 2, 6, 0.5, 3, 6, 12, 1.5]);
  // y_0 = mean(relu(c_0)) + mean(relu(c_1)) / 2, and all are positive.
  expect(gradient.shape).toEqual([1, 2, 2, 2]);
  expect([...gradient.data]).toEqual([0.25, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.125]);
  await model.dispose();
});

test('a layer that is not there is named', async () => {
  const model = await openOnnxModel(linearModel([[1]], [0]), specOf('binary', [1]));
  const inputs = { shape: [1, 1], data: Float32Array.of(1) };
  const asked = model.atLayer(inputs, { kind: 'cross-entropy', labels: Float64Array.of(1) }, 'layer9');
  await expect(asked).rejects.toThrow(AssayError);
  await expect(asked).rejects.toThrow('there is no layer `layer9`');
  await model.dispose();
});
