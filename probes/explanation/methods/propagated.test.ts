import { openOnnxModel, openTfjsModel, type EngineModel, type EngineSpec, type ModelBytes } from '#engine/index';
import { chooseBackend } from '../../../src/engine/tfjs/backend.js';
import { convolutional, counted, multiLayer } from '../../../test/captum-models.js';
import { specOf } from '../../../test/linear-model.js';
import { fashionImages, fashionModel } from '../../../test/tfjs-models.js';
import { integratedGradientsOf } from './integrated-gradients.js';
import { compositeOf } from './lrp-composites.js';
import { deepLift, relevanceOf, signalOf } from './propagated.js';

beforeAll(() => chooseBackend(['cpu']));

const ENGINES = [
  ['ONNX Runtime', openOnnxModel],
  ['TensorFlow.js', openTfjsModel],
] as const;

async function opened<T>(
  open: (model: ModelBytes, spec: EngineSpec) => Promise<EngineModel>,
  [model, spec]: readonly [ModelBytes, EngineSpec],
  work: (model: EngineModel) => Promise<T>,
): Promise<T> {
  const engine = await open(model, spec);
  try {
    return await work(engine);
  } finally {
    await engine.dispose();
  }
}

function expectClose(found: Float64Array, wanted: ArrayLike<number>): void {
  expect(found).toHaveLength(wanted.length);
  const largest = Math.max(...Array.from(wanted, Math.abs));
  found.forEach((value, i) => expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(1e-6 * largest));
}

describe.each(ENGINES)("values of Captum's tests on %s", (_, open) => {
  const network = [convolutional(), specOf('classes', [1, 4, 4])] as const;
  const dense = [multiLayer(), specOf('classes', [3])] as const;

  test('guided backpropagation and deconvolution', () =>
    opened(open, network, async (engine) => {
      const guided = await signalOf(engine, counted(), [0], 'guided-backpropagation');
      expectClose(guided.values, [0, 1, 1, 1, 1, 3, 3, 2, 1, 3, 3, 2, 1, 2, 2, 1]);
      const deconvolved = await signalOf(engine, counted(), [0], 'deconvolution');
      expectClose(deconvolved.values, [2, 3, 3, 1, 3, 5, 5, 2, 3, 5, 5, 2, 1, 2, 2, 1]);
    }));

  test('layer-wise relevance of the dense network, whose sum lacks what biases bring', () =>
    opened(open, dense, async (engine) => {
      // (1, 2, 3) and three times that, which Captum's network adds up first.
      const inputs = { shape: [1, 3], data: Float32Array.of(4, 8, 12) };
      const found = await relevanceOf(engine, inputs, [0], compositeOf('epsilon', [0, 1]));
      // The score is (24 - 10) + 3 (24 + 1) - 1 = 88; all four units are on, so that 4 x is handed back.
      expectClose(found.values, [16, 32, 48]);
      expect([...found.differences]).toEqual([88]);
      expect([...found.residuals]).toEqual([expect.closeTo(8, 3)]);
    }));

  test('DeepLIFT adds up, and of a network with one hidden layer it is integrated gradients', () =>
    opened(open, dense, async (engine) => {
      const inputs = { shape: [2, 3], data: Float32Array.of(20, 50, 30, 1, 2, 3) };
      const baselines = { shape: [1, 3], data: Float32Array.of(1, 0, 2) };
      const found = await deepLift(engine, inputs, baselines, [0, 1]);
      found.residuals.forEach((residual) => expect(Math.abs(residual)).toBeLessThan(1e-4));
      // The kink of the first unit costs one node of the quadrature at most: 1 / 512 of the way.
      const paths = await integratedGradientsOf(engine, inputs, baselines, [0, 1], 512);
      found.values.forEach((value, i) => expect(Math.abs(value - paths.values[i]!)).toBeLessThan(50 / 512));
    }));
});

test.each([
  'epsilon',
  'epsilon-plus',
  'epsilon-plus-flat',
  'epsilon-gamma-box',
  'epsilon-alpha2-beta1',
  'epsilon-alpha2-beta1-flat',
] as const)('%s goes back through a real network and leaves finite relevance', async (name) => {
  const { model, spec } = fashionModel('fashion-cnn');
  await opened(openOnnxModel, [model, spec], async (engine) => {
    const { values, shape } = await relevanceOf(engine, fashionImages(0, 2), [9, 2], compositeOf(name, [0, 1]));
    expect(shape).toEqual([2, 1, 28, 28]);
    expect(values.every(Number.isFinite)).toBe(true);
    expect(values.some((value) => value !== 0)).toBe(true);
  });
});
