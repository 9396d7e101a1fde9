import { AssayError } from '#base/errors';
import { openOnnxModel } from './index.js';
import { float32Constant, int64Constant } from './graph/constants.js';
import { graphOf, linearModel, modelOf, specOf } from '../../../test/linear-model.js';

const threeClasses = linearModel(
  [
    [1, -2, 0.5],
    [0, 3, -1],
  ],
  [0.1, 0, -0.1],
);

describe('opening a model', () => {
  test('scores are those of the file', async () => {
    const model = await openOnnxModel(threeClasses, specOf('classes', [2]));
    const scores = await model.scores({ shape: [2, 2], data: Float32Array.of(1, 2, -1, 0) });
    await model.dispose();
    const wanted = [1.1, 4, -1.6, -0.9, 2, -0.6];
    wanted.forEach((value, i) => expect(scores.data[i]).toBeCloseTo(value, 6));
    expect(model.facts).toMatchObject({ scale: 'logits', batch: 'dynamic', scoreWidth: 3, noGradients: null });
  });

  test('normalization is part of the target: gradients are in the units of the data', async () => {
    const spec = { ...specOf('classes', [2]), normalization: { axis: 0, mean: [10, 20], std: [2, 4] } };
    const model = await openOnnxModel(threeClasses, spec);
    const inputs = { shape: [1, 2], data: Float32Array.of(12, 28) };
    const { scores, gradient } = await model.gradient(inputs, { kind: 'score', labels: Float64Array.of(1) });
    const forward = await model.scores(inputs);
    await model.dispose();
    expect([...scores.data]).toEqual([...forward.data]);
    expect([...gradient.data]).toEqual([-2 / 2, 3 / 4]);
  });

  test('rows do not depend on the batch that they are in', async () => {
    const spec = { ...specOf('classes', [2]), resources: { threads: 1, batchSize: 3 } };
    const model = await openOnnxModel(threeClasses, spec);
    const data = Float32Array.from({ length: 14 }, (_, i) => Math.cos(i));
    const labels = Float64Array.of(0, 1, 2, 0, 1, 2, 0);
    const together = await model.gradient({ shape: [7, 2], data }, { kind: 'cross-entropy', labels });
    for (let i = 0; i < 7; i++) {
      const alone = await model.gradient(
        { shape: [1, 2], data: data.subarray(2 * i, 2 * i + 2) },
        { kind: 'cross-entropy', labels: labels.subarray(i, i + 1) },
      );
      expect([...alone.gradient.data]).toEqual([...together.gradient.data.subarray(2 * i, 2 * i + 2)]);
      expect(alone.loss[0]).toBe(together.loss[i]);
    }
    await model.dispose();
  });

  test('probabilities are told from logits and given as logits', async () => {
    const softmax = modelOf(
      graphOf({
        nodes: [
          { op: 'Identity', inputs: ['x'], outputs: ['z'] },
          { op: 'Softmax', inputs: ['z'], outputs: ['y'] },
        ],
        inputShape: ['n', 3],
        outputShape: ['n', 3],
      }),
    );
    const model = await openOnnxModel(softmax, specOf('classes', [3]));
    expect(model.facts.scale).toBe('probabilities');
    const inputs = { shape: [1, 3], data: Float32Array.of(0, 1, 3) };
    const scores = await model.scores(inputs);
    const { gradient } = await model.gradient(inputs, { kind: 'margin', labels: Float64Array.of(2) });
    await model.dispose();
    // log softmax keeps differences of logits.
    expect((scores.data[2] ?? NaN) - (scores.data[0] ?? NaN)).toBeCloseTo(3, 5);
    expect([...gradient.data]).toEqual([0, 1, -1]);
  });
});

describe('a model without gradients keeps its scores and says why', () => {
  test('a step function that every way leads through is named with its node', async () => {
    const rounded = modelOf(
      graphOf({
        nodes: [
          { op: 'Floor', inputs: ['x'], outputs: ['f'] },
          { op: 'Gemm', inputs: ['f', 'w'], outputs: ['y'] },
        ],
        constants: new Map([['w', float32Constant([2, 2], [1, 0, 0, 1])]]),
        inputShape: ['n', 2],
        outputShape: ['n', 2],
      }),
    );
    const model = await openOnnxModel(rounded, specOf('classes', [2]));
    expect(model.facts.noGradients).toMatch(/^node `node_0` \(Floor\) is a step function/);
    const scores = await model.scores({ shape: [1, 2], data: Float32Array.of(1.7, -0.2) });
    expect([...scores.data]).toEqual([1, -1]);
    await expect(
      model.gradient({ shape: [1, 2], data: Float32Array.of(1, 2) }, { kind: 'score', labels: Float64Array.of(0) }),
    ).rejects.toThrow(AssayError);
    await model.dispose();
  });
});

describe('a model that cannot be opened ends in one sentence', () => {
  test('an operator without a kernel', async () => {
    const unknown = modelOf(
      graphOf({
        nodes: [{ op: 'Fourier', inputs: ['x'], outputs: ['y'] }],
        inputShape: ['n', 2],
        outputShape: ['n', 2],
      }),
    );
    await expect(openOnnxModel(unknown, specOf('classes', [2]))).rejects.toMatchObject({
      code: 'model',
      message: expect.stringMatching(/Fourier/) as string,
    });
  });

  test('a graph that fails on real inputs', async () => {
    const wrong = modelOf(
      graphOf({
        nodes: [{ op: 'Reshape', inputs: ['x', 's'], outputs: ['y'] }],
        constants: new Map([['s', int64Constant([2], [7, 7])]]),
        inputShape: ['n', 2],
        outputShape: [7, 7],
      }),
    );
    await expect(openOnnxModel(wrong, specOf('classes', [2]))).rejects.toMatchObject({ code: 'model' });
  });

  test('several outputs without a choice are listed', async () => {
    const graph = graphOf({
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
      inputShape: ['n', 2],
      outputShape: ['n', 2],
    });
    const two = modelOf({ ...graph, outputs: [...graph.outputs, { name: 'x', type: 'float32', shape: ['n', 2] }] });
    await expect(openOnnxModel(two, specOf('classes', [2]))).rejects.toThrow('2 outputs (`y`, `x`)');
  });
});
