import { halvingPace, sparsePace } from './paces.js';

const NOWHERE = new Float32Array();

/** Whether steps are halved at the end of one window of losses, the start first. */
function halves(losses: readonly number[], rho = 0.75): boolean {
  const pace = halvingPace(1, rho);
  losses.forEach((loss) => pace.observe(loss));
  return pace.check(losses.length - 1, NOWHERE);
}

describe('steps are halved', () => {
  test('where the loss rose in at most rho of the iterates, that share included', () => {
    expect(halves([1, 2, 3, 2, 3])).toBe(true);
    expect(halves([1, 2, 3, 4, 5])).toBe(false);
    expect(halves([1, 2, 3, 2, 3], 0.7)).toBe(false);
  });

  test('a loss that stays as it is does not rise, and NaN never does', () => {
    expect(halves([1, 1, 1, 1, 1])).toBe(true);
    expect(halves([1, NaN, NaN, NaN, NaN])).toBe(true);
  });

  test('the first iterate is held against the start, not against zero', () => {
    // Three rises of four. Held against zero a loss of 1 would be the fourth, and nothing would be halved.
    expect(halves([2, 1, 3, 4, 5])).toBe(true);
    // Four of four. Held against zero the ratio of logits, which is negative up to success, would rise three times.
    expect(halves([-0.9, -0.8, -0.7, -0.6, -0.5])).toBe(false);
  });

  test('where two windows of equal steps had the same best, and not right after a halving', () => {
    const pace = halvingPace(8, 0.5);
    const window = (...losses: readonly number[]) => {
      losses.forEach((loss) => pace.observe(loss));
      return [pace.check(4, NOWHERE), pace.size()];
    };
    expect(window(0, 1, 2, 9, 8)).toEqual([false, 8]);
    // Three rises of four, none of them to above 9.
    expect(window(1, 2, 3, 4)).toEqual([true, 4]);
    // The same again, but the steps were only just halved.
    expect(window(1, 2, 3, 4)).toEqual([false, 4]);
    expect(window(1, 2, 3, 4)).toEqual([true, 2]);
  });

  test('the first window has none before it', () => {
    const pace = halvingPace(1, 0.5);
    [9, 1, 2, 3, 4].forEach((loss) => pace.observe(loss));
    expect(pace.check(4, NOWHERE)).toBe(false);
  });
});

describe('in L1', () => {
  const center = new Float32Array(100);
  const withChanged = (count: number) => center.map((_, i) => (i < count ? 1 : 0));

  test('a random start follows a fifth of the slopes, another two thirds of what it changed', () => {
    expect(sparsePace(center, 100, 1, null).count()).toBe(20);
    expect(sparsePace(center, 100, 1, 9).count()).toBe(6);
    expect(sparsePace(center, 100, 1, 10).count()).toBe(7);
    expect(sparsePace(center, 100, 1, 0).count()).toBe(1);
  });

  test('a sparser best point brings the walk back with full steps, another shortens them to a tenth at least', () => {
    const pace = sparsePace(center, 100, 3, null);
    const check = (changed: number) => [pace.check(4, withChanged(changed)), pace.count(), pace.size()];
    expect(check(60)).toEqual([true, 40, 3]);
    expect(check(58)).toEqual([false, 39, 2]);
    expect(check(59)).toEqual([false, 40, 2 / 1.5]);
    expect(check(56)).toEqual([true, 38, 3]);
    for (let i = 0; i < 10; i++) check(56);
    expect(pace.size()).toBeCloseTo(0.3, 12);
  });
});
