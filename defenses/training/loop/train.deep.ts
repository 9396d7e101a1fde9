import { train } from './train.js';
import { goesOn, lowersAndGoesOn, SHORT } from '../testing/goes-on.js';
import { fixtureTraining, recipe, runOf, type FixtureTraining } from '../testing/runs.js';

let fixture: FixtureTraining;

beforeAll(async () => {
  fixture = await fixtureTraining('fashion-mlp', 192);
});

afterAll(() => fixture.target.dispose());

const RECIPES: readonly (readonly [string, object])[] = [
  ['standard', { method: 'standard' }],
  ['pgd in L2', { method: 'pgd', norm: 'L2', epsilon: 1.5 }],
  ['pgd in L1', { method: 'pgd', norm: 'L1', epsilon: 10 }],
  ['mart', { method: 'mart' }],
  ['weight perturbation', { method: 'pgd', weightPerturbation: 0.005 }],
  ['trades with weight perturbation', { method: 'trades', weightPerturbation: 0.005 }],
  ['a gradient penalty', { method: 'standard', gradientPenalty: 0.1 }],
  ['label smoothing', { method: 'pgd', labelSmoothing: 0.1 }],
  [
    'crops, rotations, noise and cutout',
    {
      method: 'standard',
      augmentation: [
        { kind: 'crop', padding: 2 },
        { kind: 'rotation' },
        { kind: 'noise', std: 0.05 },
        { kind: 'cutout', size: 8 },
      ],
    },
  ],
  ['AugMix', { method: 'pgd', augmentation: [{ kind: 'augmix' }] }],
];

test.each(RECIPES)('%s lowers its loss, and gives the same weights when it is stopped anywhere', async (_, parts) => {
  await lowersAndGoesOn(fixture, recipe({ ...SHORT, ...parts }));
});

// Its share is drawn anew for each batch, and the loss goes up and down with it.
test('mixup gives the same weights when it is stopped anywhere', async () => {
  await goesOn(fixture, recipe({ ...SHORT, augmentation: [{ kind: 'mixup' }] }));
});

// Few images, single steps twice as long as the ball is wide, and a high rate: what Wong et al. 2020 saw on CIFAR-10.
test('a real network that overfits to single steps is stopped, and the epoch before it is kept', async () => {
  const images = await fixtureTraining('fashion-cnn', 900);
  const learningRate = { kind: 'constant', rate: 0.05 } as const;
  const given = recipe({ method: 'fast', epsilon: 0.2, relativeStepSize: 2, epochs: 20, learningRate });
  const { stop, kept, epochs } = await train(runOf(images, given));
  expect(stop?.kind).toBe('catastrophic-overfitting');
  expect(stop?.sentence).toMatch(
    /^Catastrophic overfitting: accuracy under PGD fell from 3\d\.\d % to 1\d\.\d % in epoch /,
  );
  expect(kept).toBeLessThan(epochs.at(-1)?.epoch ?? 0);
  await images.target.dispose();
});
