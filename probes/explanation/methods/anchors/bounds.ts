const { log, max, min } = Math;

/** Halvings of an interval of length 1 at most: as far as doubles go. */
const HALVINGS = 60;

/** KL(p || q) of two Bernoulli distributions; infinite where q excludes what p allows. */
export function bernoulliDivergence(p: number, q: number): number {
  return term(p, q) + term(1 - p, 1 - q);
}

function term(p: number, q: number): number {
  return p === 0 ? 0 : p * log(p / q);
}

/** The largest q with KL(p || q) <= level (Kaufmann & Kalyanakrishnan 2013, KL-LUCB, section 3). */
export function upperBound(p: number, level: number): number {
  return boundary(p, 1, level);
}

/** The smallest q with KL(p || q) <= level. */
export function lowerBound(p: number, level: number): number {
  return boundary(p, 0, level);
}

/** The divergence grows from p to the end; the last point at which it is not above the level. */
function boundary(p: number, end: number, level: number): number {
  let [within, beyond] = [p, end];
  if (bernoulliDivergence(p, end) <= level) return end;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (within + beyond) / 2;
    if (bernoulliDivergence(p, middle) > level) beyond = middle;
    else within = middle;
  }
  return min(max(within, 0), 1);
}

/**
 * The exploration rate of round t among so many arms (Kaufmann & Kalyanakrishnan 2013, theorem 1, with alpha 1.1 and
 * k = 405.5, as the authors of anchors have it): with it all bounds of all rounds hold with probability 1 - delta.
 */
export function explorationRate(arms: number, round: number, delta: number): number {
  const rate = log((405.5 * arms * round ** 1.1) / delta);
  return rate + log(rate);
}
