import type { Tensor } from '#base/tensor';
import {
  constantOf,
  crossEntropy,
  graphOf,
  hashedMasks,
  inputsOf,
  largest,
  largestDifference,
  numbersOf,
  openNetwork,
  tensorOf,
  weightGradients,
  type WeightGradients,
} from '../../../../test/training-fixtures.js';
import type { EngineTrainer } from '../../contract.js';
import { everyNth } from '../../../../test/tier.js';

/** Of the largest value of a weight's gradient: float32 sums over a few hundred terms. */
const TOLERANCE = 1e-5;
/** Of the largest value of all gradients: what rounding leaves of a gradient that is zero. */
const ROUNDING = 1e-6;

async function trained(stored: WeightGradients, check: (trainer: EngineTrainer) => Promise<void>): Promise<void> {
  const model = await openNetwork(Buffer.from(stored.model, 'base64'), inputsOf(stored));
  expect(model.facts.noTraining).toBeNull();
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

describe.each(['dense', 'convolutions', 'normalizations', 'sequences'])('weight gradients of %s', (family) => {
  const cases = weightGradients(family).map((stored) => [stored.name, stored] as const);

  test.each(everyNth(3, cases))('%s equal those of PyTorch', async (_, stored) => {
    await trained(stored, async (trainer) => {
      const found = await trainer.weightGradients(inputsOf(stored), crossEntropy(stored.labels));
      const wanted = new Map(Object.entries(stored.gradients).map(([name, own]) => [name, tensorOf(own)]));
      const names = withOwnNames(stored, [...found.keys()]);
      expect(names.sort()).toEqual([...wanted.keys()].sort());
      expect(trainer.parameters.map(({ name }) => name).sort()).toEqual([...found.keys()].sort());
      expect(apart(found, wanted)).toEqual([]);
    });
  });
});

/** Where an exporter stored equal weights once, the file does not tell what the others were called: any new name will do. */
function withOwnNames({ model, gradients }: WeightGradients, found: readonly string[]): string[] {
  const { constants, nodes } = graphOf(Buffer.from(model, 'base64'));
  const told = new Set([...constants.keys(), ...nodes.flatMap(({ outputs }) => outputs)]);
  const untold = Object.keys(gradients).filter((name) => !told.has(name));
  return found.map((name) => (told.has(name) ? name : (untold.shift() ?? name)));
}

/** The names of gradients that are not among those found, by name or, where the file does not tell it, by value. */
function apart(found: ReadonlyMap<string, Tensor>, wanted: ReadonlyMap<string, Tensor>): string[] {
  const scale = Math.max(...[...wanted.values()].map(({ data }) => largest(data)));
  return [...wanted].flatMap(([name, { shape, data }]) => {
    const allowed = largest(data) > 0 ? TOLERANCE * largest(data) : ROUNDING * scale;
    const own = found.get(name);
    const candidates = own === undefined ? [...found.values()] : [own];
    const isFound = candidates.some(
      (one) => String(one.shape) === String(shape) && largestDifference(one.data, data) < allowed,
    );
    return isFound ? [] : [name];
  });
}

describe('a step', () => {
  const normalized = weightGradients('normalizations').filter(
    ({ batchNormalization }) => batchNormalization === 'batch',
  );

  test.each(everyNth(3, normalized).map((stored) => [stored.name, stored] as const))(
    'moves the running statistics of %s as PyTorch does, and nothing else at a rate of 0',
    async (_, stored) => {
      await trained(stored, async (trainer) => {
        const { loss } = await trainer.step(inputsOf(stored), crossEntropy(stored.labels));
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
    const dropped = ['dense', 'sequences'].flatMap(weightGradients).filter(({ dropouts }) => dropouts.length > 0);
    for (const stored of everyNth(3, dropped)) {
      await trained(stored, async (trainer) => {
        const { loss } = await trainer.step(inputsOf(stored), crossEntropy(stored.labels));
        expect(Math.abs(loss / stored.loss - 1)).toBeLessThan(TOLERANCE);
      });
    }
  });
});
