import seedrandom from 'seedrandom';

/** One stream of random numbers. Equal keys give equal streams; no stream shares state with another. */
export interface Rng {
  /** Uniform in (0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform in {0, ..., below - 1}. */
  integer(below: number): number;
}

/**
 * The random streams of one cell: one a sample, named by the run's seed, the plugin's id and the sample's index in its
 * data set. So a result depends neither on batches nor on order, sharding or the number of workers.
 */
export interface RandomStreams {
  /** Streams under one more name, such as a restart's number. */
  fork(name: string | number): RandomStreams;
  /** The stream of a sample, from its beginning at every call. */
  of(sampleIndex: number): Rng;
}

export function randomStreams(seed: string | number, ...names: readonly (string | number)[]): RandomStreams {
  // As a JSON list, since names such as `evasion/pgd` hold every separator that could join them.
  const key = JSON.stringify([seed, ...names].map(String));
  return {
    fork: (name) => randomStreams(seed, ...names, name),
    of: (sampleIndex) => rng(`${key}#${sampleIndex}`),
  };
}

/** The stream that a key names, from its beginning: Brent's xorgens 4096 with 53 bits a number (arXiv:1004.3115). */
export function rng(key: string): Rng {
  const generator = seedrandom.xor4096(key);
  const uniform = () => generator.double();
  let spare: number | undefined;
  return {
    uniform,
    integer: (below) => Math.floor(uniform() * below),
    normal() {
      if (spare !== undefined) {
        const value = spare;
        spare = undefined;
        return value;
      }
      // Box and Muller 1958; 1 - u is in (0, 1), so the logarithm is finite.
      const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
      const angle = 2 * Math.PI * uniform();
      spare = radius * Math.sin(angle);
      return radius * Math.cos(angle);
    },
  };
}

/** Fisher-Yates: the numbers 0 to n - 1 in random order. */
export function permutation(n: number, source: Rng): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = source.integer(i + 1);
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

/** A draw from Beta(a, b), for a and b above 0; an end of [0, 1] where rounding leaves nothing beside it. */
export function beta(a: number, b: number, source: Rng): number {
  const first = logGammaDraw(a, source);
  return 1 / (1 + Math.exp(logGammaDraw(b, source) - first));
}

/** A draw from the symmetric Dirichlet distribution: `count` shares that add up to 1; alpha is above 0. */
export function dirichlet(alpha: number, count: number, source: Rng): number[] {
  const logs = Array.from({ length: count }, () => logGammaDraw(alpha, source));
  const largest = Math.max(...logs);
  const parts = logs.map((log) => Math.exp(log - largest));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}

/**
 * The logarithm of a draw from Gamma(shape, 1), since those of small shapes are below the smallest double. Marsaglia & Tsang
 * 2000, "A simple method for generating gamma variables"; shapes below 1 by the power of a uniform number of section 6.
 */
function logGammaDraw(shape: number, source: Rng): number {
  if (shape < 1) return logGammaDraw(shape + 1, source) + Math.log(source.uniform()) / shape;
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = source.normal();
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(source.uniform()) < (x * x) / 2 + d * (1 - v + Math.log(v))) return Math.log(d * v);
  }
}
