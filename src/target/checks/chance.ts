/** How often two lists agree when one of them is shuffled: the mean of the count and its standard deviation. */
export interface Chance {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * The number of places where answers and truths agree, over all orders of the answers. With a_c answers and b_c truths of each
 * kind c among n, the counts of agreement are hypergeometric (as in Cohen's kappa under permutation, Hubert 1977):
 *
 *   mean = sum_c a_c b_c / n
 *   variance = [sum_c a_c b_c (n - a_c - b_c) + (sum_c a_c b_c)^2 / n] / (n (n - 1))
 *
 * the second of which gathers Var(N_cc) = a_c b_c (n - a_c)(n - b_c) / (n^2 (n - 1)) and Cov(N_cc, N_dd) = a_c b_c a_d b_d / (n^2 (n - 1)).
 */
export function agreementByChance(answers: readonly string[], truths: readonly string[]): Chance {
  const n = truths.length;
  const answered = countsOf(answers);
  let products = 0;
  let skewed = 0;
  for (const [kind, b] of countsOf(truths)) {
    const a = answered.get(kind) ?? 0;
    products += a * b;
    skewed += a * b * (n - a - b);
  }
  const variance = n < 2 ? 0 : (skewed + (products * products) / n) / (n * (n - 1));
  return { mean: n === 0 ? 0 : products / n, deviation: Math.sqrt(Math.max(0, variance)) };
}

function countsOf(kinds: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}
