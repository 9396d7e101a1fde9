import * as tf from '@tensorflow/tfjs-core';
import {
  exportedDifference,
  fashionImages,
  fashionLabels,
  fashionModel,
  onBoth,
  relative,
} from '../../../test/tfjs-models.js';
import { rowRange } from '#base/tensor';
import { chooseBackend } from './backend.js';
import { openTfjsModel } from './index.js';
import { everyNth } from '../../../test/tier.js';

beforeAll(() => chooseBackend(['cpu']));

/** What the issue asks for; float32 stays a hundred times below. */
const [LOGITS, GRADIENT] = [1e-4, 1e-3];

describe.each(['fashion-mlp', 'fashion-cnn'])('%s on both engines', (name) => {
  const { model, spec } = fashionModel(name);
  const inputs = fashionImages(0, 10);
  const labels = fashionLabels(0, 10);
  const loss = { kind: 'cross-entropy', labels } as const;

  test('has the same facts, scores, losses, gradients and Jacobians', () =>
    onBoth(model, spec, async ({ tfjs, onnx }) => {
      const { notes, ...facts } = tfjs.facts;
      expect(facts).toEqual({ ...onnx.facts, notes: undefined });
      expect(notes[0]).toMatch(
        /^executed by TensorFlow\.js with @tensorflow\/tfjs-backend-cpu \(4\..*\) on JavaScript$/,
      );
      const [own, other] = [await tfjs.scores(inputs), await onnx.scores(inputs)];
      expect(own.shape).toEqual(other.shape);
      expect(relative(own.data, other.data)).toBeLessThan(LOGITS);
      const [found, wanted] = [await tfjs.gradient(inputs, loss), await onnx.gradient(inputs, loss)];
      expect(found.gradient.shape).toEqual(wanted.gradient.shape);
      expect(relative(found.scores.data, wanted.scores.data)).toBeLessThan(LOGITS);
      expect(relative(found.loss, wanted.loss)).toBeLessThan(LOGITS);
      expect(relative(found.gradient.data, wanted.gradient.data)).toBeLessThan(GRADIENT);
      const some = rowRange(inputs, 0, 3);
      const indices = Float64Array.of(0, 9, 3, 3, 1, 2);
      const [rows, others] = [await tfjs.jacobian(some, indices), await onnx.jacobian(some, indices)];
      expect(rows.rows.shape).toEqual(others.rows.shape);
      expect(rows.scores.shape).toEqual(others.scores.shape);
      expect(relative(rows.rows.data, others.rows.data)).toBeLessThan(GRADIENT);
    }));

  test('has the same layers with weights, and the same gradients there', () =>
    onBoth(model, spec, async ({ tfjs, onnx }) => {
      const some = rowRange(inputs, 0, 4);
      const loss4 = { kind: 'margin', labels: labels.slice(0, 4) } as const;
      const [own, other] = [await tfjs.layers(), await onnx.layers()];
      const shared = other.filter((layer) => own.some((each) => each.name === layer.name));
      expect(shared.length).toBeGreaterThan(other.length / 2);
      for (const layer of shared) {
        expect(own.find((each) => each.name === layer.name)?.shape).toEqual(layer.shape);
        const [found, wanted] = [
          await tfjs.atLayer(some, loss4, layer.name),
          await onnx.atLayer(some, loss4, layer.name),
        ];
        expect(found.activation.shape).toEqual(wanted.activation.shape);
        expect(found.gradient.shape).toEqual(wanted.gradient.shape);
        expect(relative(found.activation.data, wanted.activation.data)).toBeLessThan(LOGITS);
        expect(relative(found.gradient.data, wanted.gradient.data)).toBeLessThan(GRADIENT);
      }
      await expect(tfjs.atLayer(some, loss4, 'nothing')).rejects.toThrow('there is no layer `nothing`');
    }));

  test('gives the same bits for a sample alone and among others, and leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    const opened = await openTfjsModel(model, spec);
    const [scores, { gradient }] = [await opened.scores(inputs), await opened.gradient(inputs, loss)];
    const kept = tf.memory().numTensors;
    const alone = rowRange(inputs, 7, 9);
    const own = await opened.gradient(alone, { kind: 'cross-entropy', labels: labels.slice(7, 9) });
    expect((await opened.scores(alone)).data).toEqual(rowRange(scores, 7, 9).data);
    expect(own.gradient.data).toEqual(rowRange(gradient, 7, 9).data);
    await opened.layers();
    expect(tf.memory().numTensors).toBe(kept);
    await opened.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('models of other exporters', () => {
  // Larger ones take minutes in plain JavaScript: native.deep.ts has all of them.
  const names = [
    'unit/bert-dynamo',
    'unit/cnn-mixed',
    'unit/gru-torchscript',
    'unit/jax-mlp',
    'unit/keras-cnn',
    'unit/lstm-series-torchscript',
    'unit/sklearn-regressor',
    'unit/sklearn-scaled-classifier',
  ];

  test.each(everyNth(3, names))('%s has the scores and gradients of the other engine', async (name) => {
    const { scores, gradient } = await exportedDifference(name);
    expect(scores).toBeLessThan(LOGITS);
    expect(gradient).toBeLessThan(GRADIENT);
  });

  test('half precision is computed in float32, which the other engine does for gradients alone', async () => {
    const { scores, gradient } = await exportedDifference('unit/cnn-half');
    expect(scores).toBeLessThan(1e-3);
    expect(gradient).toBeLessThan(GRADIENT);
  });
});
