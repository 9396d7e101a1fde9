import type { EpochRecord } from '../loop/progress.js';
import type { Recipe } from '../recipe.js';
import { memoryBookmark, outcomeOf, runOf, type FixtureTraining } from './runs.js';

/** A training of eight batches on the 192 images of the tests. */
export const SHORT = {
  epochs: 2,
  steps: 2,
  batchSize: 48,
  learningRate: { kind: 'constant', rate: 0.005 },
  validation: { part: 0.1, samples: 50, steps: 3 },
} as const;

/** Holds that a training lowers its loss, and that one that is killed in its sixth batch goes on to the same weights. */
export async function lowersAndGoesOn(fixture: FixtureTraining, recipe: Recipe): Promise<void> {
  const [, first, last] = await goesOn(fixture, recipe);
  expect(last?.loss).toBeLessThan(first?.loss ?? NaN);
}

/** Holds that a training that is killed in its sixth batch goes on to the same weights; gives its epochs. */
export async function goesOn(fixture: FixtureTraining, recipe: Recipe): Promise<readonly EpochRecord[]> {
  const run = runOf(fixture, recipe);
  const whole = await outcomeOf(run);
  expect(whole.stop).toBeNull();

  const bookmark = memoryBookmark();
  const killedAt = new Error('killed');
  const killed = outcomeOf({
    ...run,
    bookmark,
    bookmarkEvery: 0,
    progress(done) {
      if (done === 6) throw killedAt;
    },
  });
  await expect(killed).rejects.toBe(killedAt);
  expect(bookmark.written()).toBe(5);
  expect(await outcomeOf({ ...run, bookmark })).toEqual(whole);
  return whole.epochs;
}
