import { rng } from '#stats/random';
import { drawStratified, largestRemainders } from './draw.js';

/** n labels with the given weights, in an order that has nothing to do with them. */
function labels(n: number, weights: readonly number[], key = 'labels'): string[] {
  const source = rng(key);
  const total = weights.reduce((a, b) => a + b, 0);
  return Array.from({ length: n }, () => {
    let left = source.uniform() * total;
    return String(
      Math.max(
        0,
        weights.findIndex((weight) => (left -= weight) < 0),
      ),
    );
  });
}

function count(strata: readonly string[], drawn: readonly number[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const sample of drawn) counts.set(strata[sample] ?? '?', (counts.get(strata[sample] ?? '?') ?? 0) + 1);
  return counts;
}

describe('largestRemainders', () => {
  test.each([
    // 41, 34 and 25 of 100: exact shares of 10 are 4.1, 3.4, 2.5, so the one left goes to the largest remainder.
    [[41, 34, 25], 10, [4, 3, 3]],
    [[10, 10, 10], 10, [4, 3, 3]],
    [[1, 99], 10, [0, 10]],
    [[5], 3, [3]],
    [[3, 0, 3], 6, [3, 0, 3]],
    [[2, 2], 0, [0, 0]],
  ])('%p, %p in all', (counts, total, shares) => {
    expect(largestRemainders(counts, total)).toEqual(shares);
  });

  test('adds up, stays within one of the exact share, and never exceeds a count', () => {
    const source = rng('shares');
    for (let round = 0; round < 1000; round++) {
      const counts = Array.from({ length: 1 + source.integer(12) }, () => source.integer(50));
      const sum = counts.reduce((a, b) => a + b, 0);
      if (sum === 0) continue;
      const total = source.integer(sum + 1);
      const shares = largestRemainders(counts, total);
      expect(shares.reduce((a, b) => a + b, 0)).toBe(total);
      for (const [i, share] of shares.entries()) {
        expect(Math.abs(share - (total * (counts[i] ?? 0)) / sum)).toBeLessThan(1);
        expect(share).toBeLessThanOrEqual(counts[i] ?? 0);
      }
    }
  });
});

describe('drawStratified', () => {
  const strata = labels(2000, [50, 30, 15, 5]);

  test('gives that many samples, ascending, none twice, with the shares of the whole', () => {
    const drawn = drawStratified(strata, 200, 7);
    expect(drawn).toHaveLength(200);
    expect(drawn).toEqual([...new Set(drawn)].sort((a, b) => a - b));
    const whole = count(strata, [...strata.keys()]);
    for (const [label, part] of count(strata, drawn)) {
      expect(Math.abs(part - (whole.get(label) ?? 0) / 10)).toBeLessThan(1);
    }
  });

  test('depends on the seed and on nothing else', () => {
    expect(drawStratified(strata, 200, 7)).toEqual(drawStratified(strata, 200, '7'));
    expect(drawStratified(strata, 200, 7)).not.toEqual(drawStratified(strata, 200, 8));
  });

  test('draws of a stratum do not depend on the other strata', () => {
    const of = (all: readonly string[], size: number) =>
      drawStratified(all, size, 3).filter((sample) => all[sample] === 'a');
    const alone = Array.from({ length: 100 }, () => 'a');
    const more = [...alone, ...Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 'b' : 'c'))];
    expect(of(more, 60)).toEqual(of(alone, 30));
  });

  test('a smaller draw of one stratum is part of a larger one', () => {
    const one = Array.from({ length: 500 }, () => '');
    const larger = new Set(drawStratified(one, 200, 1));
    for (const sample of drawStratified(one, 50, 1)) expect(larger.has(sample)).toBe(true);
  });

  test('each sample is as likely to be drawn', () => {
    const counts = new Array<number>(40).fill(0);
    const rounds = 4000;
    const four = Array.from({ length: 40 }, (_, i) => String(i % 4));
    for (let seed = 0; seed < rounds; seed++) {
      for (const sample of drawStratified(four, 8, seed)) counts[sample] = (counts[sample] ?? 0) + 1;
    }
    // Binomial(4000, 1/5): five standard deviations are 126.
    for (const times of counts) expect(Math.abs(times - rounds / 5)).toBeLessThan(126);
  });
});
