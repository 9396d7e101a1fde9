import { rng, permutation, type Rng } from '#stats/random';
import { classSizes, type ClassSizes } from '../class-sizes.js';
import type { UniquenessEstimate } from './estimate.js';
import { fitPitman, pitman } from './pitman.js';
import { populationUniqueness } from './population-uniqueness.js';
import { classesInPopulation, fitSlide, slideNegativeBinomial } from './slide-negative-binomial.js';
import { zayatz } from './zayatz.js';

/** A population by its class sizes, and a simple random sample without replacement of it. */
interface Population {
  readonly sizes: readonly number[];
  readonly people: number;
  readonly uniqueness: number;
}

function populationFrom(sizes: readonly number[]): Population {
  const people = sizes.reduce((a, b) => a + b, 0);
  return { sizes, people, uniqueness: sizes.filter((size) => size === 1).length / people };
}

function drawn({ sizes, people }: Population, fraction: number, source: Rng): ClassSizes {
  const classOf = sizes.flatMap((size, i) => Array.from({ length: size }, () => i));
  const counts = new Map<number, number>();
  for (const person of permutation(people, source).slice(0, Math.round(fraction * people))) {
    const group = classOf[person]!;
    counts.set(group, (counts.get(group) ?? 0) + 1);
  }
  return classSizes([...counts.values()]);
}

/** The Chinese restaurant of Pitman's model: a new class with probability (theta + alpha * classes) / (theta + people). */
function pitmanPopulation(people: number, alpha: number, theta: number, source: Rng): Population {
  const classOf: number[] = [];
  const sizes: number[] = [];
  for (let i = 0; i < people; i++) {
    let group = sizes.length;
    if (i > 0 && source.uniform() * (theta + i) >= theta + alpha * sizes.length) {
      // A person of before, whose class is joined with weight size - alpha.
      do group = classOf[source.integer(i)]!;
      while (source.uniform() * sizes[group]! < alpha);
    }
    sizes[group] = (sizes[group] ?? 0) + 1;
    classOf.push(group);
  }
  return populationFrom(sizes);
}

/** Classes of 1 + NB(alpha, beta) people; alpha is whole, so a sum of geometric numbers. */
function slidePopulation(classes: number, alpha: number, beta: number, source: Rng): Population {
  const geometric = () => Math.floor(Math.log(1 - source.uniform()) / Math.log(1 - beta));
  return populationFrom(
    Array.from({ length: classes }, () => 1 + Array.from({ length: alpha }, geometric).reduce((a, b) => a + b, 0)),
  );
}

const shareOf = (estimate: UniquenessEstimate) => (estimate.converged ? estimate.share : NaN);

describe("Zayatz's estimate", () => {
  test('in closed form', () => {
    // 6 of 12 people, classes of 1, 1, 1 and 3. h_1 = 6/12; h_3 = 3 C(9, 5) / C(12, 6) = 378 / 924.
    const sizes = classSizes([1, 1, 1, 3]);
    const areUnique = (3 * 0.5) / (3 * 0.5 + 378 / 924);
    expect(shareOf(zayatz({ sizes, fraction: 0.5 }))).toBeCloseTo((3 * areUnique * 2) / 12, 14);
  });

  test('is near the truth where the sample is nearly the population, and above it where it is small', () => {
    const population = slidePopulation(4000, 2, 0.4, rng('zayatz'));
    const at = (fraction: number) =>
      shareOf(zayatz({ sizes: drawn(population, fraction, rng(`${fraction}`)), fraction }));
    // 640 uniques of 16,000 people, about: 9 in 10 of them are drawn, so the share of the sample has a standard error of 4e-4.
    expect(Math.abs(at(0.95) - population.uniqueness)).toBeLessThan(0.004);
    expect(at(0.05)).toBeGreaterThan(2 * population.uniqueness);
  });

  test('takes a class that is larger than all that is not drawn', () => {
    expect(zayatz({ sizes: classSizes([1, 30]), fraction: 0.9 })).toMatchObject({ converged: true });
  });
});

describe("Pitman's model", () => {
  test('the fit is where the derivatives of the likelihood vanish', () => {
    const sizes = drawn(pitmanPopulation(20_000, 0.5, 20, rng('fit')), 0.1, rng('fit sample'));
    const { alpha, theta } = fitPitman(sizes)!;
    const all = sizes.counts.flatMap(({ size, classes }) => Array.from({ length: classes }, () => size));
    const logLikelihood = (a: number, t: number) => {
      let sum = 0;
      for (let i = 1; i < all.length; i++) sum += Math.log(t + i * a);
      for (let i = 1; i < sizes.records; i++) sum -= Math.log(t + i);
      for (const size of all) for (let j = 1; j < size; j++) sum += Math.log(j - a);
      return sum;
    };
    const best = logLikelihood(alpha, theta);
    for (const [a, t] of [
      [1e-4, 0],
      [-1e-4, 0],
      [0, 1e-2],
      [0, -1e-2],
      [1e-4, -1e-2],
      [-1e-4, 1e-2],
    ] as const) {
      expect(logLikelihood(alpha + a, theta + t)).toBeLessThan(best);
    }
  });

  test.each([
    [0.3, 50],
    [0.6, 200],
    [0.8, 30],
  ])('finds alpha %p and theta %p again, and the uniqueness of the population', (alpha, theta) => {
    const population = pitmanPopulation(60_000, alpha, theta, rng(`pitman ${alpha}`));
    const sizes = drawn(population, 0.05, rng(`pitman sample ${alpha}`));
    // Of 3,000 records with hundreds of classes: the standard error of alpha is about 0.02.
    expect(Math.abs(fitPitman(sizes)!.alpha - alpha)).toBeLessThan(0.06);
    // An error of alpha by 0.02 changes 20^alpha, the growth from sample to population, by 6 %: three of them.
    const found = shareOf(pitman({ sizes, fraction: 0.05 }));
    expect(Math.abs(found / population.uniqueness - 1)).toBeLessThan(0.2);
  });

  test('is the expected number of its own process, summed step by step', () => {
    const sizes = classSizes([1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 5, 9]);
    const { alpha, theta } = fitPitman(sizes)!;
    // That the first person stays alone: each later one sits elsewhere.
    let alone = 1;
    const population = sizes.records * 4;
    for (let i = 1; i < population; i++) alone *= 1 - (1 - alpha) / (theta + i);
    expect(shareOf(pitman({ sizes, fraction: 0.25 }))).toBeCloseTo(alone, 12);
  });

  test.each([
    ['all records differ', [1, 1, 1, 1, 1, 1]],
    ['there is one class', [12]],
    ['all classes are equally large', Array.from({ length: 40 }, () => 5)],
  ])('says so where %s and its likelihood has no maximum', (_, sizes) => {
    expect(pitman({ sizes: classSizes(sizes), fraction: 0.05 })).toMatchObject({ converged: false });
  });
});

describe('the slide negative binomial model', () => {
  test.each([
    [1, 0.3, 0.2],
    [2, 0.5, 0.3],
    [3, 0.6, 0.5],
  ])('solves its own equations: alpha %p, beta %p at a fraction of %p', (alpha, beta, f) => {
    // The chances of a class to have 1 or 2 in the sample, summed over its size in the population.
    const choose = (n: number, k: number) =>
      Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((a, b) => a * b, 1);
    const chance = (drawnSize: number) => {
      let sum = 0;
      for (let j = Math.max(1, drawnSize); j < 200; j++) {
        const size = choose(alpha + j - 2, j - 1) * (1 - beta) ** (j - 1) * beta ** alpha;
        sum += size * choose(j, drawnSize) * f ** drawnSize * (1 - f) ** (j - drawnSize);
      }
      return sum;
    };
    const K = 1e9;
    const count = (size: number) => ({ size, classes: K * chance(size) });
    const classes = K * (1 - chance(0));
    const sizes: ClassSizes = { records: 0, suppressed: 0, classes, counts: [count(1), count(2)] };
    const fit = fitSlide(sizes, f, K)!;
    expect(fit.alpha).toBeCloseTo(alpha, 7);
    expect(fit.beta).toBeCloseTo(beta, 7);
  });

  test.each([
    [1, 0.2, 0.5],
    [2, 0.5, 0.5],
    [1, 0.35, 0.7],
  ])('finds the uniqueness of its own populations (alpha %p, beta %p, fraction %p)', (alpha, beta, fraction) => {
    const population = slidePopulation(15_000, alpha, beta, rng(`slide ${alpha} ${fraction}`));
    const sizes = drawn(population, fraction, rng(`slide sample ${alpha}`));
    // Shlosser's number of classes is right to 2 % from half of the population on (at a tenth it is up to 90 % too large).
    expect(Math.abs(classesInPopulation(sizes, fraction) / population.sizes.length - 1)).toBeLessThan(0.03);
    const found = shareOf(slideNegativeBinomial({ sizes, fraction }));
    // Uniques follow the number of classes about fourfold, as it decides how many have no record in the sample.
    expect(Math.abs(found / population.uniqueness - 1)).toBeLessThan(0.1);
  });

  test("Shlosser's number of classes is the sample's own where the sample is the population", () => {
    expect(classesInPopulation(classSizes([1, 1, 2, 5]), 1)).toBe(4);
  });

  test.each([
    ['no class has two records', [1, 1, 1, 5, 7]],
    ['every class has two but one', [1, ...Array.from({ length: 200 }, () => 2)]],
  ])('says so where %s', (_, sizes) => {
    expect(slideNegativeBinomial({ sizes: classSizes(sizes), fraction: 0.01 })).toMatchObject({ converged: false });
  });
});

describe('the decision rule', () => {
  const population = pitmanPopulation(20_000, 0.5, 100, rng('rule'));
  const estimate = (fraction: number) => {
    const sizes = drawn(population, fraction, rng(`rule ${fraction}`));
    return { sample: { sizes, fraction }, found: populationUniqueness({ sizes, fraction }) };
  };

  test('is Pitman up to 10 %', () => {
    const { sample, found } = estimate(0.1);
    expect(found).toMatchObject({ chosen: 'pitman', share: shareOf(pitman(sample)), population: 20_000 });
  });

  test('is the smaller of the other two above', () => {
    const { sample, found } = estimate(0.3);
    const candidates = [shareOf(slideNegativeBinomial(sample)), shareOf(zayatz(sample))].filter(Number.isFinite);
    expect(found.share).toBe(Math.min(...candidates));
    expect(found.chosen).not.toBe('pitman');
  });

  test('takes Zayatz where the first choice does not converge, and says why', () => {
    const found = populationUniqueness({ sizes: classSizes([1, 1, 1, 1]), fraction: 0.01 });
    expect(found).toMatchObject({ chosen: 'zayatz', share: 1 });
    expect(found.because).toContain("Pitman's model did not converge");
  });

  test('counts where the table is the population, and where the sample has no uniques', () => {
    expect(populationUniqueness({ sizes: classSizes([1, 1, 2]), fraction: 1 })).toMatchObject({
      chosen: 'census',
      share: 0.5,
    });
    expect(populationUniqueness({ sizes: classSizes([5, 6]), fraction: 0.01 })).toMatchObject({
      chosen: 'census',
      share: 0,
    });
    expect(populationUniqueness({ sizes: classSizes([]), fraction: 0.01 })).toMatchObject({ share: 0 });
  });

  test('never gives anything but a share or a reason, on 50 random samples', () => {
    const source = rng('any sample');
    for (let i = 0; i < 50; i++) {
      const spread = 1 + source.integer(30);
      const sizes = classSizes(
        Array.from({ length: 1 + source.integer(200) }, () => 1 + Math.floor(spread * source.uniform() ** 4)),
      );
      const found = populationUniqueness({ sizes, fraction: 10 ** (-3 * source.uniform()) });
      for (const each of found.estimates) {
        if (each.converged) expect(each.share >= 0 && each.share <= 1).toBe(true);
        else expect(each.why).toBeTruthy();
      }
      expect(found.chosen === null || (found.share! >= 0 && found.share! <= 1)).toBe(true);
    }
  });

  test('refuses a fraction that is none', () => {
    expect(() => populationUniqueness({ sizes: classSizes([1]), fraction: 0 })).toThrow(RangeError);
  });
});
