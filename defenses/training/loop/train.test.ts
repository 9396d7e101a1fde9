import type { DescentStep } from '#engine/index';
import type { TrainableTarget } from '#target/target';
import { lowersAndGoesOn, SHORT } from '../testing/goes-on.js';
import { fixtureTraining, outcomeOf, recipe, runOf, type FixtureTraining } from '../testing/runs.js';

let fixture: FixtureTraining;

beforeAll(async () => {
  fixture = await fixtureTraining('fashion-mlp', 192);
});

afterAll(() => fixture.target.dispose());

const RECIPES: readonly (readonly [string, object])[] = [
  ['pgd', { method: 'pgd', augmentation: [{ kind: 'flip' }] }],
  ['trades', { method: 'trades' }],
  ['free', { method: 'free', epochs: 4, replays: 2 }],
  ['fast with averaging', { method: 'fast', averaging: { on: true, from: 0 } }],
];

test.each(RECIPES)('%s lowers its loss, and gives the same weights when it is stopped anywhere', async (_, parts) => {
  await lowersAndGoesOn(fixture, recipe({ ...SHORT, ...parts }));
});

test('robust accuracy rises on the samples held out, and the best epoch is kept', async () => {
  const { epochs, kept } = await outcomeOf(
    runOf(fixture, recipe({ ...SHORT, epochs: 6, steps: 5, learningRate: { kind: 'constant', rate: 0.02 } })),
  );
  const robust = epochs.map(({ robustAccuracy }) => robustAccuracy ?? NaN);
  expect(robust[0]).toBeLessThan(0.1);
  expect(Math.max(...robust)).toBeGreaterThan(0.2);
  expect(robust[kept ?? -1]).toBe(Math.max(...robust.slice(1)));
});

test('training stops when no epoch is better for as long as the recipe waits', async () => {
  const still = recipe({ ...SHORT, epochs: 9, patience: 2, learningRate: { kind: 'constant', rate: 1e-9 } });
  // Equal accuracies count as better: of two epochs the later one is kept.
  const { stop, epochs } = await outcomeOf(runOf(fixture, still));
  expect([stop, epochs.length]).toEqual([null, 10]);
});

/** The fixture with something else in the place of the steps of its trainer. */
function tampered(step: (count: number, made: DescentStep) => DescentStep): FixtureTraining {
  const { target } = fixture;
  const trainer: TrainableTarget['trainer'] = async (options) => {
    const real = await target.trainer(options);
    let count = 0;
    return new Proxy(real, {
      get(of, name) {
        if (name === 'step') {
          return async (...given: Parameters<typeof real.step>) => step(++count, await of.step(...given));
        }
        const value: unknown = Reflect.get(of, name);
        return typeof value === 'function' ? (value.bind(of) as unknown) : value;
      },
    });
  };
  return {
    ...fixture,
    target: new Proxy(target, { get: (of, name) => (name === 'trainer' ? trainer : bound(of, name)) }),
  };
}

function bound(of: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(of, name);
  return typeof value === 'function' ? value.bind(of) : value;
}

test.each([
  ['loss', (made: DescentStep) => ({ ...made, loss: NaN }), 'The loss is no number in epoch 2, batch 2.'],
  [
    'gradients',
    (made: DescentStep) => ({ ...made, gradientNorm: 20_000 }),
    'The gradient explodes: it has the norm 2.00e+4 in epoch 2, batch 2, and the recipe allows 10000.',
  ],
])('trouble with the %s is named, and the last good weights are kept', async (kind, spoil, sentence) => {
  const parts = { ...SHORT, method: 'fast' } as const;
  const good = await outcomeOf(runOf(fixture, recipe({ ...parts, epochs: 1 })));
  const spoilt = tampered((count, made) => (count === 6 ? spoil(made) : made));
  const found = await outcomeOf(runOf(spoilt, recipe(parts)));
  expect(found.stop).toEqual({ kind, sentence });
  expect(found.kept).toBe(1);
  expect(found.weights).toEqual(good.weights);
});

test('a rate that is far too high ends in one of both', async () => {
  const { stop, kept, weights } = await outcomeOf(
    runOf(fixture, recipe({ ...SHORT, learningRate: { kind: 'constant', rate: 1e6 } })),
  );
  expect(['loss', 'gradients']).toContain(stop?.kind);
  expect(kept).toBe(0);
  expect(Object.values(weights).every((values) => values.every(Number.isFinite))).toBe(true);
});

test('a rate that undoes what was learned ends in constant answers, or in gradients that explode', async () => {
  const { stop, kept, epochs } = await outcomeOf(
    runOf(fixture, recipe({ ...SHORT, epochs: 4, learningRate: { kind: 'constant', rate: 1.4 } })),
  );
  expect(epochs[0]?.cleanAccuracy).toBeGreaterThan(0.9);
  expect(epochs.at(-1)?.cleanAccuracy ?? 0).toBeLessThan(0.2);
  expect(['constant-answers', 'gradients']).toContain(stop?.kind);
  expect(kept).toBeLessThan(epochs.length - 1);
});
