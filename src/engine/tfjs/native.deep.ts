import { exportedModelNames } from '../../../test/exported-models.js';
import { describeOnTensorFlow } from '../../../test/native-tensorflow.js';
import { OPERATOR_FAMILIES } from '../../../test/operator-cases.js';
import { exportedDifference, fashionImages, fashionLabels, fashionModel } from '../../../test/tfjs-models.js';
import { tfjsProblems } from '../../../test/tfjs-operators.js';
import {
  constantOf,
  dropoutsOf,
  fashionBatch,
  hashedMasks,
  largest,
  largestDifference,
  modelOf,
  numbersOf,
  trajectories,
  trajectoryStart,
} from '../../../test/training-fixtures.js';
import { specOf } from '../../../test/linear-model.js';
import { chooseBackend } from './backend.js';
import { openTfjsModel } from './index.js';

describeOnTensorFlow('the engine')('the engine on native TensorFlow', () => {
  beforeAll(async () => expect((await chooseBackend(['tensorflow'])).forward).toBe('tensorflow'));

  test.each(OPERATOR_FAMILIES)('outputs and gradients of %s operators are those of PyTorch', (family) => {
    expect(tfjsProblems(family).problems).toEqual([]);
  });

  test.each(exportedModelNames('unit'))('%s has the scores and gradients of the other engine', async (name) => {
    const { scores, gradient } = await exportedDifference(name);
    const allowed = LOOSE.find(({ models }) => models.test(name));
    expect(scores).toBeLessThan(allowed?.scores ?? 1e-4);
    expect(gradient ?? 0).toBeLessThan(allowed?.gradient ?? 1e-3);
  });

  test.each(trajectories().map((stored) => [stored.name, stored] as const))(
    'a hundred steps of %s are those of PyTorch',
    async (_, { options, losses, statistics, weights }) => {
      const start = trajectoryStart();
      const model = await openTfjsModel(modelOf(start), { ...specOf('classes', [1]), probe: fashionBatch(0).inputs });
      const trainer = await model.trainer({ ...options, dropout: hashedMasks(dropoutsOf(start)) });
      for (const [step, wanted] of losses.entries()) {
        const { inputs, loss } = fashionBatch(step);
        expect(Math.abs((await trainer.step(inputs, loss)).loss - wanted)).toBeLessThan(1e-3);
      }
      const trained = trainer.file();
      for (const [name, stored] of Object.entries({ ...statistics, ...weights })) {
        const wanted = numbersOf(stored);
        expect(largestDifference(constantOf(trained, name), wanted) / largest(wanted)).toBeLessThan(1e-3);
      }
      await trainer.dispose();
      await model.dispose();
    },
  );

  test.each(['fashion-mlp', 'fashion-cnn'])(
    'a sample of %s gives the same bits whatever comes with it, and wherever it stands',
    async (name) => {
      const { model, spec } = fashionModel(name);
      const opened = await openTfjsModel(model, spec);
      const whole = fashionImages(0, 100);
      const all = await opened.gradient(whole, { kind: 'cross-entropy', labels: fashionLabels(0, 100) });
      const scores = await opened.scores(whole);
      for (const [start, end] of [
        [0, 1],
        [7, 9],
        [31, 80],
      ] as const) {
        const part = fashionImages(start, end);
        const own = await opened.gradient(part, { kind: 'cross-entropy', labels: fashionLabels(start, end) });
        expect(own.gradient.data).toEqual(all.gradient.data.slice(start * 784, end * 784));
        expect((await opened.scores(part)).data).toEqual(scores.data.slice(start * 10, end * 10));
      }
      await opened.dispose();
    },
  );
});

/** What is rounded, and what stands on a kink. */
const LOOSE = [
  // The other engine's scores are those of kernels for half precision.
  { models: /cnn-half$/, scores: 1e-3, gradient: 1e-3 },
  // A sum that falls on the other side of a half is a whole step of the quantizer, a tenth of what these scores reach.
  { models: /cnn-quantized$/, scores: 0.5, gradient: 0.1 },
  // One ReLU6 of 300,000 has an input of 1e-8 here and -4e-8 there.
  { models: /mobilenetv2/, scores: 1e-4, gradient: 0.05 },
];
