import { classesOfSize } from '../class-sizes.js';
import { estimateOf, populationOf, unfitted, type PopulationSample, type UniquenessEstimate } from './estimate.js';

/**
 * Zayatz 1991, Estimation of the number of unique population elements using a sample: by Bayes' rule a unique of the sample is
 * one of the population with probability p_1 h_1 / sum of p_i h_i, where h_i is the hypergeometric probability that a class of
 * i people gives the sample one of them. The shares p_i of classes by size are taken from the sample, so it is right where the
 * sample is nearly the population, and says too much where it is small.
 */
export function zayatz(sample: PopulationSample): UniquenessEstimate {
  const { counts, records } = sample.sizes;
  const population = populationOf(sample);
  const uniques = classesOfSize(sample.sizes, 1);
  if (uniques === 0) return estimateOf('zayatz', 0, population);
  const chances = chancesOfOne(counts.at(-1)?.size ?? 0, records, population);
  const ones = counts.reduce((sum, { size, classes }) => sum + classes * (chances[size] ?? 0), 0);
  if (!(ones > 0)) return unfitted('zayatz', 'no class could give the sample a unique');
  const areUnique = (uniques * (chances[1] ?? 0)) / ones;
  return estimateOf('zayatz', uniques * areUnique * (population / records), population);
}

/**
 * By the size i of a class: that just one of it is among n drawn from N, i C(N - i, n - 1) / C(N, n). As a product, since
 * logarithms of factorials would lose as many digits as N has.
 */
function chancesOfOne(largest: number, n: number, N: number): Float64Array {
  const chances = new Float64Array(largest + 1);
  let oneAndNoOther = n / N;
  for (let i = 1; i <= largest; i++) {
    chances[i] = i * oneAndNoOther;
    oneAndNoOther *= Math.max(0, N - n - i + 1) / Math.max(1, N - i);
  }
  return chances;
}
