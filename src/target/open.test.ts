import { float32Constant } from '../engine/onnx/graph/constants.js';
import type { TargetConfig } from '#config/schema';
import { graphOf, linearModel, modelOf } from '../../test/linear-model.js';
import { openTarget } from './open.js';
import { isDifferentiable } from './target.js';

const resources = { threads: 1, batchSize: 128 };

/** Two channels, one pixel each, summed into two scores: x0 - x1 and x1. */
function pixels(layout: 'NCHW' | 'NHWC'): { config: TargetConfig; model: ReturnType<typeof modelOf> } {
  const shape = layout === 'NCHW' ? [2, 1, 1] : [1, 1, 2];
  const model = modelOf(
    graphOf({
      nodes: [
        { op: 'Flatten', inputs: ['x'], outputs: ['f'] },
        { op: 'MatMul', inputs: ['f', 'w'], outputs: ['y'] },
      ],
      constants: new Map([['w', float32Constant([2, 2], [1, 0, -1, 1])]]),
      inputShape: ['n', ...shape],
      outputShape: ['n', 2],
    }),
  );
  const domain = { kind: 'image', layout, range: [0, 255], mean: [10, 20], std: [2, 4] } as TargetConfig['domain'];
  return { config: { file: 'test.onnx', head: 'classes', domain }, model };
}

describe.each(['NCHW', 'NHWC'] as const)('normalization in the layout %s', (layout) => {
  test('scores and gradients are in the units of the data, channel by channel', async () => {
    const { config, model } = pixels(layout);
    const shape = layout === 'NCHW' ? [1, 2, 1, 1] : [1, 1, 1, 2];
    const inputs = { shape, data: Float32Array.of(14, 28) };
    const { target, card } = await openTarget(config, model, inputs, resources);
    // (14 - 10) / 2 = 2 and (28 - 20) / 4 = 2
    expect([...(await target.predict(inputs)).data]).toEqual([0, 2]);
    expect(card).toMatchObject({ domain: { layout, range: [0, 255] }, batch: 'dynamic', head: { outputs: 2 } });
    if (!isDifferentiable(target)) throw new Error('the target has lost its gradients');
    const { gradient } = await target.gradient(inputs, { kind: 'score', labels: Float64Array.of(0) });
    expect([...gradient.data]).toEqual([1 / 2, -1 / 4]);
    expect(target.queries).toEqual({ predictions: 1, gradients: 1 });
    const { scores, rows } = await target.jacobian(inputs, Float64Array.of(1, 0));
    expect(rows).toEqual({ shape: [1, 2, ...shape.slice(1)], data: Float32Array.of(0, 1 / 4, 1 / 2, -1 / 4) });
    expect([...scores.data]).toEqual([0, 2]);
    expect(target.queries.gradients).toBe(3);
    await target.dispose();
  });
});

const threeScores = linearModel(
  [
    [1, 0, 0],
    [0, 1, 0],
  ],
  [0, 0, 0],
);
const tabular = { kind: 'tabular', range: [0, 1] } as TargetConfig['domain'];
const probe = { shape: [2, 2], data: Float32Array.of(0.1, 0.2, 0.3, 0.4) };

describe('a declaration that does not fit the model is refused in one sentence', () => {
  test.each([
    [{ head: 'binary' }, 'needs one score a sample, and the model gives 3'],
    [{ head: 'classes', labels: ['a', 'b'] }, 'there are 2 labels for 3 classes'],
    [{ head: 'classes', output: 'z' }, 'there is no output `z`'],
    [{ head: 'classes', domain: { ...tabular, mean: [1, 2, 3], std: [1, 1, 1] } }, '3 entries for 2 channels'],
    [{ head: 'classes', domain: { kind: 'image', layout: 'NCHW', range: [0, 1] } }, 'an image has three axes'],
    [{ head: 'classes', labels: '/nowhere/labels.txt' }, 'the file of labels cannot be read'],
  ])('%j', async (part, sentence) => {
    const config = { file: 'test.onnx', domain: tabular, ...part } as TargetConfig;
    await expect(openTarget(config, threeScores, probe, resources)).rejects.toThrow(sentence);
  });
});

test('the digest covers the bytes, the domain and the head', async () => {
  const digestOf = async (config: TargetConfig): Promise<string> => {
    const { target } = await openTarget(config, threeScores, probe, resources);
    await target.dispose();
    return target.digest;
  };
  const base: TargetConfig = { file: 'test.onnx', head: 'classes', domain: tabular };
  const same = await digestOf({ ...base, file: '/elsewhere/test.onnx', labels: ['a', 'b', 'c'] });
  expect(same).toBe(await digestOf(base));
  expect(await digestOf({ ...base, domain: { ...tabular, range: [0, 2] } })).not.toBe(same);
  expect(await digestOf({ ...base, head: 'multi-label' })).not.toBe(same);
});
