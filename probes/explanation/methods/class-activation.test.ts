import { layers, sequential } from '@tensorflow/tfjs-layers';
import { row, rowsOf, type Tensor } from '#base/tensor';
import { openOnnxModel, openTfjsModel, type EngineModel, type EngineSpec, type ModelBytes } from '#engine/index';
import { chooseBackend } from '../../../src/engine/tfjs/backend.js';
import { lowerLayersModel } from '../../../src/engine/formats/keras/index.js';
import { convolutional, counted, multiLayer } from '../../../test/captum-models.js';
import { savedLayersModel, scramble } from '../../../test/layers-model.js';
import { specOf } from '../../../test/linear-model.js';
import { classActivation, type LayerModel } from './class-activation.js';
import { saliency } from './saliency.js';

beforeAll(() => chooseBackend(['cpu']));

const ENGINES = [
  ['ONNX Runtime', openOnnxModel],
  ['TensorFlow.js', openTfjsModel],
] as const;

/** All values of these networks are whole numbers or halves of them: float32 has them exactly. */
const EXACT = 1e-6;

async function opened<T>(
  open: (model: ModelBytes, spec: EngineSpec) => Promise<EngineModel>,
  model: ModelBytes,
  sample: readonly number[],
  work: (model: EngineModel) => Promise<T>,
): Promise<T> {
  const engine = await open(model, specOf('classes', sample));
  try {
    return await work(engine);
  } finally {
    await engine.dispose();
  }
}

function expectClose(found: Float64Array, wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  const largest = Math.max(...wanted.map(Math.abs));
  found.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(EXACT * largest));
}

const plain = { method: 'grad-cam', relu: false } as const;
const conv1 = { name: 'conv1', channels: 'first' } as const;
const relu1 = { name: 'relu1', channels: 'first' } as const;

describe.each(ENGINES)("values of Captum's tests on %s", (_, open) => {
  test('Grad-CAM of the convolutional network, without a last ReLU', () =>
    opened(open, convolutional(), [1, 4, 4], async (engine) => {
      const at = (layer: typeof conv1 | typeof relu1) => classActivation(engine, counted(), [0], layer, plain);
      expect((await at(conv1)).shape).toEqual([1, 2, 2]);
      expectClose((await at(conv1)).values, [11.25, 13.5, 20.25, 22.5]);
      expectClose((await at(relu1)).values, [0, 4, 28, 32.5]);
      // Captum adds a second picture, of ones, to the first.
      const more = { shape: counted().shape, data: counted().data.map((value) => value + 1) };
      expectClose((await classActivation(engine, more, [0], conv1, plain)).values, [14.5, 19, 32.5, 37]);
    }));

  test('Grad-CAM channel by channel, which its map adds up', () =>
    opened(open, convolutional(), [1, 4, 4], async (engine) => {
      const each = await classActivation(engine, counted(), [0], conv1, { ...plain, perChannel: true });
      expect(each.shape).toEqual([1, 2, 2, 2]);
      expectClose(each.values, [-3.75, 3, 23.25, 30, 15, 10.5, -3, -7.5]);
    }));

  test('Grad-CAM at the input, where ReLU cuts off the one cell that speaks against the score', () =>
    opened(open, convolutional(), [1, 4, 4], async (engine) => {
      const inputs = counted();
      inputs.data[5] = -4;
      const stem = { name: 'stem', channels: 'first' } as const;
      const { values } = await classActivation(engine, inputs, [0], stem, plain);
      expectClose(
        values,
        Array.from(inputs.data, (x) => 0.5625 * x),
      );
      const cut = await classActivation(engine, inputs, [0], stem, { ...plain, relu: true });
      expectClose(
        cut.values,
        Array.from(inputs.data, (x) => 0.5625 * Math.max(x, 0)),
      );
    }));

  test('Grad-CAM of a dense layer, which has no positions', () =>
    opened(open, multiLayer(), [3], async (engine) => {
      const inputs = { shape: [1, 3], data: Float32Array.of(0, 100, 0) };
      const { shape, values } = await classActivation(
        engine,
        inputs,
        [0],
        { name: 'linear0', channels: 'first' },
        plain,
      );
      expect(shape).toEqual([1]);
      expectClose(values, [400]);
    }));

  test('the signed gradient is that of the active branches, for each sample of a batch', () =>
    opened(open, multiLayer(), [3], async (engine) => {
      // Of (1, 2, 3) the first unit is off: f = 3 s + 2; of the other f = 4 s - 8.
      const inputs = { shape: [2, 3], data: Float32Array.of(1, 2, 3, 20, 50, 30) };
      expectClose((await saliency(engine, inputs, [0, 1])).values, [3, 3, 3, 4, 4, 4]);
    }));
});

/** A layer whose activations and gradients are chosen: what the formulas see, and nothing else. */
function layerOf(shape: readonly number[], activation: readonly number[], gradient: readonly number[]): LayerModel {
  return {
    atLayer: () =>
      Promise.resolve({
        activation: { shape, data: Float32Array.from(activation) },
        gradient: { shape, data: Float32Array.from(gradient) },
        loss: new Float32Array(shape[0] ?? 0),
      }),
  };
}

describe('the formulas, by hand', () => {
  const inputs: Tensor = { shape: [1, 1], data: new Float32Array(1) };
  // Two channels of 1 x 2 positions.
  const activation = [1, 3, 2, -1];
  const gradient = [2, -1, 0.5, 1];
  const first = layerOf([1, 2, 1, 2], activation, gradient);
  const channels = { name: 'any', channels: 'first' } as const;
  const of = (method: 'grad-cam' | 'grad-cam-plus-plus' | 'layer-cam', relu = false) =>
    classActivation(first, inputs, [0], channels, { method, relu });

  test('Layer-CAM weights each position by its own gradient, where that is positive', async () => {
    expectClose((await of('layer-cam')).values, [2 * 1 + 0.5 * 2, 0 * 3 + 1 * -1]);
    expectClose((await of('layer-cam', true)).values, [3, 0]);
  });

  test('Grad-CAM weights each channel by its mean gradient', async () => {
    expectClose((await of('grad-cam')).values, [0.5 * 1 + 0.75 * 2, 0.5 * 3 + 0.75 * -1]);
  });

  test('Grad-CAM++ by positive gradients with the shares of equation 19', async () => {
    // Sums of activations 4 and 1; alpha = G^2 / (2 G^2 + sum G^3).
    const alpha = (g: number, sum: number) => g ** 2 / (2 * g ** 2 + sum * g ** 3);
    const weights = [alpha(2, 4) * 2, alpha(0.5, 1) * 0.5 + alpha(1, 1) * 1] as const;
    expectClose((await of('grad-cam-plus-plus')).values, [
      weights[0] * 1 + weights[1] * 2,
      weights[0] * 3 - weights[1] * 1,
    ]);
  });

  test('Grad-CAM++ has no share where there is nothing to divide by', async () => {
    // G = 0 gives 0 / 0; a sum of -2 with G = 1 gives 1 / 0.
    const odd = layerOf([1, 1, 1, 2], [0, -2], [0, 1]);
    const { values } = await classActivation(odd, inputs, [0], channels, { method: 'grad-cam-plus-plus', relu: false });
    expect([...values]).toEqual([0, 0]);
  });

  test.each(['grad-cam', 'grad-cam-plus-plus', 'layer-cam'] as const)(
    '%s is the same with channels last',
    async (method) => {
      const swapped = (values: readonly number[]) => [values[0]!, values[2]!, values[1]!, values[3]!];
      const last = layerOf([1, 1, 2, 2], swapped(activation), swapped(gradient));
      const { shape, values } = await classActivation(
        last,
        inputs,
        [0],
        { name: 'any', channels: 'last' },
        { method, relu: false },
      );
      expect(shape).toEqual([1, 1, 2]);
      expect([...values]).toEqual([...(await of(method)).values]);
    },
  );
});

test('a Keras model as it is, channels last, has the maps of the graph that it is lowered to, channels first', async () => {
  const network = sequential({
    layers: [
      layers.conv2d({ inputShape: [8, 8, 2], filters: 3, kernelSize: 3, activation: 'relu', name: 'convolution' }),
      layers.flatten(),
      layers.dense({ units: 3, name: 'head' }),
    ],
  });
  scramble(network);
  const model = await savedLayersModel(network);
  const spec = specOf('classes', [8, 8, 2]);
  const own = await openTfjsModel(model, spec);
  const other = await openOnnxModel((await lowerLayersModel(model)).model, spec);
  const inputs = { shape: [2, 8, 8, 2], data: Float32Array.from({ length: 256 }, (_, i) => Math.sin(1.7 * i)) };
  const lowered = (await other.layers()).filter(({ operator }) => operator === 'Relu');
  for (const method of ['grad-cam', 'grad-cam-plus-plus', 'layer-cam'] as const) {
    const options = { method, relu: false };
    const last = await classActivation(own, inputs, [1, 2], { name: 'convolution', channels: 'last' }, options);
    const first = await classActivation(other, inputs, [1, 2], { name: lowered[0]!.name, channels: 'first' }, options);
    expect(last.shape).toEqual([2, 6, 6]);
    expect(first.shape).toEqual(last.shape);
    const largest = last.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    // Two engines: float32 sums of 108 products.
    last.values.forEach((value, i) => expect(Math.abs(value - first.values[i]!)).toBeLessThan(1e-5 * largest));
  }
  await own.dispose();
  await other.dispose();
});

test('a sample has the same map alone and among others', () =>
  opened(openOnnxModel, convolutional(), [1, 4, 4], async (engine) => {
    const inputs = { shape: [3, 1, 4, 4], data: Float32Array.from({ length: 48 }, (_, i) => (i * 7) % 17) };
    const options = { method: 'layer-cam', relu: true } as const;
    const { values } = await classActivation(engine, inputs, [0, 1, 2], conv1, options);
    for (let i = 0; i < rowsOf(inputs); i++) {
      const alone = { shape: [1, 1, 4, 4], data: row(inputs, i) };
      const own = await classActivation(engine, alone, [i], conv1, options);
      expect([...own.values]).toEqual([...values.subarray(i * 4, (i + 1) * 4)]);
    }
  }));
