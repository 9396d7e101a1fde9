import type { TrainingState } from '#engine/index';
import { fixtureTraining, outcomeOf, recipe, runOf, type FixtureTraining, type RecipeParts } from '../testing/runs.js';

let fixture: FixtureTraining;

beforeAll(async () => {
  fixture = await fixtureTraining('fashion-mlp', 96);
});

afterAll(() => fixture.target.dispose());

const BRIEF: RecipeParts = {
  epochs: 1,
  steps: 1,
  batchSize: 48,
  optimizer: { weightDecay: 0 },
  learningRate: { kind: 'constant', rate: 0.01 },
};

/** The weights of the last epoch, since nothing is held out, and the loss of the first. */
async function trained(parts: RecipeParts) {
  const run = runOf(fixture, recipe({ ...BRIEF, ...parts }), { validation: null });
  const { weights, epochs } = await outcomeOf(run);
  return { values: valuesOf(weights), loss: epochs[1]?.loss ?? NaN };
}

function valuesOf(state: TrainingState): readonly number[] {
  return Object.entries(state).flatMap(([key, values]) => (key.startsWith('value:') ? [...values] : []));
}

async function start(): Promise<readonly number[]> {
  const trainer = await fixture.target.trainer({
    optimizer: { kind: 'sgd', momentum: 0 },
    learningRate: { kind: 'constant', rate: 1 },
  });
  const values = valuesOf(trainer.state());
  await trainer.dispose();
  return values;
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);
}

/** Two steps of at most 0.2 a weight, in float32. */
const ROUNDING = 2e-6;

test('without robustness TRADES is standard training, its loss included', async () => {
  const [without, standard] = [await trained({ method: 'trades', beta: 0 }), await trained({ method: 'standard' })];
  expect(largestDifference(without.values, standard.values)).toBeLessThan(ROUNDING);
  expect(without.loss).toBeCloseTo(standard.loss, 5);
  expect(largestDifference((await trained({ method: 'trades' })).values, standard.values)).toBeGreaterThan(1e-3);
});

test('a weightless gradient penalty is none, and one with weight is', async () => {
  const standard = await trained({ method: 'standard' });
  const light = await trained({ method: 'standard', gradientPenalty: 1e-12 });
  expect(largestDifference(light.values, standard.values)).toBeLessThan(ROUNDING);
  const heavy = await trained({ method: 'standard', gradientPenalty: 0.1 });
  expect(largestDifference(heavy.values, standard.values)).toBeGreaterThan(1e-4);
});

test('label smoothing of nearly nothing is none', async () => {
  const [smoothed, hard] = [await trained({ labelSmoothing: 1e-9 }), await trained({})];
  expect(largestDifference(smoothed.values, hard.values)).toBeLessThan(ROUNDING);
});

test('free training begins on clean inputs, and its change grows from replay to replay', async () => {
  const one = { epochs: 1, batchSize: 96 };
  const standard = await trained({ method: 'standard', ...one });
  const first = await trained({ method: 'free', replays: 1, ...one });
  expect(largestDifference(first.values, standard.values)).toBeLessThan(ROUNDING);
  const more = await trained({ method: 'free', replays: 3, ...one });
  // The mean over replays: the later ones are on inputs that were moved against the model.
  expect(more.loss).toBeGreaterThan(2 * standard.loss);
});

test('perturbed weights are put back', async () => {
  const still = { learningRate: { kind: 'constant', rate: 1e-12 }, weightPerturbation: 0.05 } as const;
  expect(largestDifference((await trained(still)).values, await start())).toBeLessThan(ROUNDING);
  const plain = await trained({});
  // It is descended where the loss is higher.
  expect((await trained({ weightPerturbation: 0.05 })).loss).toBeGreaterThan(plain.loss);
});

test('averaged weights are the mean of those at the end of the epochs', async () => {
  const [one, two] = [await trained({}), await trained({ epochs: 2 })];
  const mean = one.values.map((value, i) => (value + (two.values[i] ?? NaN)) / 2);
  const averaged = await trained({ epochs: 2, averaging: { on: true, from: 0 } });
  expect(largestDifference(averaged.values, mean)).toBeLessThan(ROUNDING);
});
