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
