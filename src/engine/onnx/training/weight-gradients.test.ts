import {
  constantOf,
  crossEntropy,
  hashedMasks,
  inputsOf,
  largest,
  largestDifference,
  numbersOf,
  openNetwork,
  weightGradients,
  type WeightGradients,
} from '../../../../test/training-fixtures.js';
import type { EngineModel, EngineTrainer } from '../../contract.js';

/** Of the largest value of a weight's gradient: float32 sums over a few hundred terms. */
const TOLERANCE = 1e-5;
/** Of the largest value of all gradients: what rounding leaves of a gradient that is zero. */
const ROUNDING = 1e-6;

async function trained(
  stored: WeightGradients,
  check: (trainer: EngineTrainer, model: EngineModel) => Promise<void>,
): Promise<void> {
  const model = await openNetwork(Buffer.from(stored.model, 'base64'), inputsOf(stored));
  expect(model.facts.noTraining).toBeNull();
  const trainer = await model.trainer({
    optimizer: { kind: 'sgd', momentum: 0 },
    learningRate: { kind: 'constant', rate: 0 },
    batchNormalization: stored.batchNormalization,
    ...(stored.dropouts.length > 0 ? { dropout: hashedMasks(stored.dropouts) } : {}),
  });
  await check(trainer, model);
  await trainer.dispose();
  await model.dispose();
}

describe.each(['dense', 'convolutions', 'normalizations', 'sequences'])('weight gradients of %s', (family) => {
  const cases = weightGradients(family).map((stored) => [stored.name, stored] as const);

  test.each(cases)('%s equal those of PyTorch', async (_, stored) => {
    await trained(stored, async (trainer) => {
      const gradients = await trainer.weightGradients(inputsOf(stored), crossEntropy(stored.labels));
      const wanted = new Map(Object.entries(stored.gradients).map(([name, gradient]) => [name, numbersOf(gradient)]));
      const scale = Math.max(...[...wanted.values()].map(largest));
      expect([...gradients.keys()].sort()).toEqual([...wanted.keys()].sort());
      expect(trainer.parameters.map(({ name }) => name).sort()).toEqual([...wanted.keys()].sort());
      const errors = [...wanted].map(([name, values]) => {
        const found = gradients.get(name);
        expect(found?.shape).toEqual(stored.gradients[name]?.shape);
        const difference = largestDifference(found?.data ?? new Float32Array(), values);
        const allowed = largest(values) > 0 ? TOLERANCE * largest(values) : ROUNDING * scale;
        return { name, error: difference / allowed };
      });
      expect(errors.filter(({ error }) => !(error < 1))).toEqual([]);
    });
  });
});

describe('a step', () => {
  const normalized = weightGradients('normalizations').filter(
    ({ batchNormalization }) => batchNormalization === 'batch',
  );

  test.each(normalized.map((stored) => [stored.name, stored] as const))(
    'moves the running statistics of %s as PyTorch does, and nothing else at a rate of 0',
    async (_, stored) => {
      await trained(stored, async (trainer) => {
        const loss = await trainer.step(inputsOf(stored), crossEntropy(stored.labels));
        expect(Math.abs(loss / stored.loss - 1)).toBeLessThan(TOLERANCE);
        const [before, after] = [Buffer.from(stored.model, 'base64'), trainer.file()];
        for (const [name, statistics] of Object.entries(stored.statistics)) {
          const wanted = numbersOf(statistics);
          expect(largestDifference(constantOf(after, name), wanted)).toBeLessThan(TOLERANCE * largest(wanted));
        }
        for (const { name } of trainer.parameters) expect(constantOf(after, name)).toEqual(constantOf(before, name));
      });
    },
  );

  test('gives the loss of PyTorch where dropout has masks', async () => {
    for (const stored of ['dense', 'sequences']
      .flatMap(weightGradients)
      .filter(({ dropouts }) => dropouts.length > 0)) {
      await trained(stored, async (trainer) => {
        const loss = await trainer.step(inputsOf(stored), crossEntropy(stored.labels));
        expect(Math.abs(loss / stored.loss - 1)).toBeLessThan(TOLERANCE);
      });
    }
  });
});
