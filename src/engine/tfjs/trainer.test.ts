import * as tf from '@tensorflow/tfjs-core';
import { rowRange } from '#base/tensor';
import { linearModel, specOf } from '../../../test/linear-model.js';
import {
  constantOf,
  crossEntropy,
  dropoutsOf,
  fashionBatch,
  hashedMasks,
  inputsOf,
  largest,
  largestDifference,
  modelOf,
  numbersOf,
  trajectories,
  trajectoryStart,
  weightGradients,
  type WeightGradients,
} from '../../../test/training-fixtures.js';
import type { EngineInputs, EngineModel, EngineTrainer } from '../contract.js';
import { chooseBackend } from './backend.js';
import { openTfjsModel } from './index.js';
import { everyNth, isDeep } from '../../../test/tier.js';

beforeAll(() => chooseBackend(['cpu']));

/** A tenth of what is asked for; PyTorch's own losses in float32 and float64 differ by 4e-7 at most. */
const LOSS = 1e-4;
/** Of the largest value of a weight's gradient. */
const TOLERANCE = 1e-5;
/** Of the largest value of all gradients: what rounding leaves of a gradient that is zero. */
const ROUNDING = 1e-6;
/** A step takes seconds in plain JavaScript: native.deep.ts takes all hundred of every optimizer. */
const STEPS = 2;

function openNetwork(bytes: Uint8Array, probe: EngineInputs): Promise<EngineModel> {
  return openTfjsModel(modelOf(bytes), { ...specOf('classes', [1]), probe });
}

if (isDeep) {
  test.each(
    trajectories()
      .slice(0, 1)
      .map((stored) => [stored.name, stored] as const),
  )('the first steps of %s are those of PyTorch, and leave no tensor behind', async (_, { options, losses }) => {
    const start = trajectoryStart();
    const model = await openNetwork(start, rowRange(fashionBatch(0).inputs, 0, 4));
    const trainer = await model.trainer({ ...options, dropout: hashedMasks(dropoutsOf(start)) });
    const before = tf.memory().numTensors;
    for (let step = 0; step < STEPS; step++) {
      const { inputs, loss } = fashionBatch(step);
      expect(Math.abs((await trainer.step(inputs, loss)).loss - (losses[step] ?? NaN))).toBeLessThan(LOSS);
    }
    expect(tf.memory().numTensors).toBe(before);
    await trainer.dispose();
    await model.dispose();
  });
}

async function trained(stored: WeightGradients, check: (trainer: EngineTrainer) => Promise<void>): Promise<void> {
  const model = await openNetwork(Buffer.from(stored.model, 'base64'), inputsOf(stored));
  const trainer = await model.trainer({
    optimizer: { kind: 'sgd', momentum: 0 },
    learningRate: { kind: 'constant', rate: 0 },
    batchNormalization: stored.batchNormalization,
    ...(stored.dropouts.length > 0 ? { dropout: hashedMasks(stored.dropouts) } : {}),
  });
  await check(trainer);
  await trainer.dispose();
  await model.dispose();
}

/** One of each network: how it was exported is for the other engine's suite to vary. */
function networks(family: string): readonly WeightGradients[] {
  const byName = new Map(weightGradients(family).map((stored) => [stored.name.split('/')[0], stored]));
  return [...byName.values()];
}

describe.each(['dense', 'convolutions', 'normalizations', 'sequences'])('weight gradients of %s', (family) => {
  test.each(everyNth(3, networks(family)).map((stored) => [stored.name, stored] as const))('%s', async (_, stored) => {
    await trained(stored, async (trainer) => {
      const found = await trainer.weightGradients(inputsOf(stored), crossEntropy(stored.labels));
      const wanted = Object.entries(stored.gradients).map(([name, own]) => [name, numbersOf(own)] as const);
      const scale = Math.max(...wanted.map(([, data]) => largest(data)));
      for (const [name, data] of wanted) {
        const allowed = largest(data) > 0 ? TOLERANCE * largest(data) : ROUNDING * scale;
        const own = found.get(name)?.data;
        // Where an exporter stored equal weights once, the file does not tell what the others were called.
        const candidates = own === undefined ? [...found.values()].map((each) => each.data) : [own];
        const isFound = candidates.some((each) => largestDifference(each, data) < allowed);
        expect({ name, isFound }).toEqual({ name, isFound: true });
      }
      const { loss } = await trainer.step(inputsOf(stored), crossEntropy(stored.labels));
      expect(Math.abs(loss / stored.loss - 1)).toBeLessThan(TOLERANCE);
      for (const [name, statistics] of Object.entries(stored.statistics)) {
        const moved = numbersOf(statistics);
        expect(largestDifference(constantOf(trainer.file(), name), moved)).toBeLessThan(TOLERANCE * largest(moved));
      }
    });
  });
});

describe('a trainer', () => {
  const model = linearModel(
    [
      [0.5, -0.25, 1],
      [1, 0.75, -1],
    ],
    [0, 0.5, -0.5],
  );
  const inputs = { shape: [2, 2], data: Float32Array.of(1, 2, -1, 0.5) };
  const loss = crossEntropy([0, 2]);

  async function openTrainer(frozen: readonly string[] = []): Promise<EngineTrainer> {
    const opened = await openTfjsModel(model, specOf('classes', [2]));
    return opened.trainer({
      optimizer: { kind: 'adam' },
      learningRate: { kind: 'constant', rate: 0.1 },
      frozen,
    });
  }

  test('goes on from a state as if it had not stopped', async () => {
    const [whole, first, second] = [await openTrainer(), await openTrainer(), await openTrainer()];
    for (let i = 0; i < 4; i++) await whole.step(inputs, loss);
    for (let i = 0; i < 2; i++) await first.step(inputs, loss);
    second.restore(first.state());
    for (let i = 0; i < 2; i++) await second.step(inputs, loss);
    expect(second.file()).toEqual(whole.file());
  });

  test('leaves frozen weights as they are, and says which there are', async () => {
    const trainer = await openTrainer(['w']);
    expect(trainer.parameters.map(({ name, frozen }) => [name, frozen])).toEqual([
      ['w', true],
      ['b', false],
    ]);
    await trainer.step(inputs, loss);
    const [before, after] = [model.files.get('test.onnx') ?? new Uint8Array(), trainer.file()];
    expect(constantOf(after, 'w')).toEqual(constantOf(before, 'w'));
    expect(constantOf(after, 'b')).not.toEqual(constantOf(before, 'b'));
    await expect(openTrainer(['nothing'])).rejects.toThrow('there is no weight and no module `nothing` to freeze');
  });

  test('gives the input gradient of its present weights, as the file that it writes has it', async () => {
    const trainer = await openTrainer();
    await trainer.step(inputs, loss);
    const reopened = await openTfjsModel(
      { main: 'test.onnx', files: new Map([['test.onnx', trainer.file()]]) },
      specOf('classes', [2]),
    );
    const [own, other] = [await trainer.inputGradient(inputs, loss), await reopened.gradient(inputs, loss)];
    expect(own.gradient.data).toEqual(other.gradient.data);
    expect(own.loss).toEqual(other.loss);
    await reopened.dispose();
  });
});
