import { openOnnxModel, openTfjsModel, type EngineModel } from '#engine/index';
import { chooseBackend } from '../../../src/engine/tfjs/backend.js';
import { convolutional, counted, multiLayer } from '../../../test/captum-models.js';
import { specOf } from '../../../test/linear-model.js';
import { layerConductance } from './conductance.js';

beforeAll(() => chooseBackend(['cpu']));

describe.each([
  ['ONNX Runtime', openOnnxModel],
  ['TensorFlow.js', openTfjsModel],
] as const)('on %s', (_, open) => {
  const inputs = { shape: [1, 3], data: Float32Array.of(0, 100, 0) };
  const zeros = { shape: [1, 3], data: new Float32Array(3) };
  let model: EngineModel;
  beforeAll(async () => {
    model = await open(multiLayer(), specOf('classes', [3]));
  });
  afterAll(() => model.dispose());

  // Captum comes within 0.1. With 50 steps the kink, after a tenth of the way, lies between two of them.
  test.each([
    ['linear0', [0, 390, 0]],
    ['linear1', [90, 100, 100, 100]],
    ['relu', [90, 100, 100, 100]],
    ['linear2', [390, 0]],
  ])('%s has the values of the closed form', async (layer, wanted) => {
    const { shape, values, differences, residuals } = await layerConductance(model, inputs, zeros, [0], layer, 50);
    expect(shape).toEqual([1, wanted.length]);
    wanted.forEach((value, j) => expect(Math.abs(values[j]! - value)).toBeLessThan(390e-6));
    expect([...differences]).toEqual([390]);
    expect(Math.abs(residuals[0]!)).toBeLessThan(390e-6);
  });

  test('a kink within a step costs no more than half of that step', async () => {
    const { values, residuals } = await layerConductance(model, inputs, zeros, [0], 'linear0', 64);
    // The slope jumps by 1 over 100 / 64.
    expect(Math.abs(residuals[0]!)).toBeGreaterThan(1e-3);
    expect(Math.abs(residuals[0]!)).toBeLessThan(50 / 64);
    expect(values[1]! - 390).toBeCloseTo(residuals[0]!, 3);
  });

  test('several samples, with a baseline each or one for all, have what each has alone', async () => {
    const network = await open(convolutional(), specOf('classes', [1, 4, 4]));
    const both = {
      shape: [2, 1, 4, 4],
      data: Float32Array.of(...counted().data, ...counted().data.map((x) => 15 - x)),
    };
    const baselines = { shape: [2, 1, 4, 4], data: both.data.map((_, i) => (i < 16 ? 0 : Math.sin(i))) };
    const together = await layerConductance(network, both, baselines, [0, 2], 'conv1', 20);
    expect(together.shape).toEqual([2, 2, 2, 2]);
    for (const i of [0, 1]) {
      const [own, start] = [both, baselines].map(({ data }) => ({
        shape: [1, 1, 4, 4],
        data: data.slice(16 * i, 16 * (i + 1)),
      }));
      const alone = await layerConductance(network, own!, start!, [2 * i], 'conv1', 20);
      expect(together.values.slice(8 * i, 8 * (i + 1))).toEqual(alone.values);
      expect(together.differences[i]).toBe(alone.differences[0]);
    }
    await network.dispose();
  });
});
