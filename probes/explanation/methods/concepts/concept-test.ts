import { permutation, type RandomStreams, type Rng } from '#stats/random';
import { kernelLogistic, productsOf } from './kernel-logistic.js';

/** Rows at a layer by their products: all that concept vectors need. */
export interface ConceptSpace {
  readonly rows: number;
  /** [rows, rows]: products of the centred rows, on average 1 on the diagonal. */
  readonly gram: Float64Array;
  /** [examples, rows]: the gradient of the score at each example, times each centred row on the same scale. */
  readonly slopes: Float64Array;
  readonly examples: number;
}

export interface ConceptOptions {
  /** Concept vectors a concept, each against other random rows. */
  readonly runs: number;
  /** Random concepts that the true one is held against. */
  readonly permutations: number;
  /** Of the classifiers: lambda of |w|^2 / 2 beside the mean loss. */
  readonly penalty: number;
}

export interface ConceptFinding {
  /** The share of examples whose score rises towards the concept, mean over the runs (Kim et al. 2018, equation 2). */
  readonly score: number;
  /** The same of each run: they differ by the random rows that the concept was told from. */
  readonly runScores: readonly number[];
  /** The derivative of the score along the concept vector of length 1, mean over examples and runs. */
  readonly sensitivity: number;
  /** The share of rows that the classifiers tell right when they were left out; at .5 there is no such direction. */
  readonly accuracy: number;
  /** Of random concepts, one each. */
  readonly randomScores: Float64Array;
  readonly randomSensitivities: Float64Array;
  /** Two-sided, of the sensitivity, at least 1 / (permutations + 1). */
  readonly p: number;
}

interface Measured {
  readonly score: number;
  readonly runScores: readonly number[];
  readonly sensitivity: number;
}

/**
 * Testing with concept activation vectors (Kim et al. 2018, arXiv:1711.11279), with a permutation test of its significance.
 * Under the null hypothesis the concept's rows are drawn as the random ones, so that any other rows of both together could
 * have been the concept: each random concept takes as many of them, and its runs draw fresh counterparts of the same size from
 * those that are left. That makes all of them exchangeable, and the test exact. (A t-test over runs that share one concept
 * set takes its luck for significance: it rejects the more random concepts, the more runs there are.) Tested is the
 * sensitivity: the share of signs is all or nothing wherever the gradient is the same for all examples.
 *
 * @param concept rows of the concept
 * @param pool the other rows, at least as many
 */
export function testConcept(
  space: ConceptSpace,
  concept: readonly number[],
  pool: readonly number[],
  options: ConceptOptions,
  random: RandomStreams,
): ConceptFinding {
  const all = [...concept, ...pool];
  const observed = measure(space, concept, pool, options, random.fork('concept').of(0));
  const randomScores = new Float64Array(options.permutations);
  const randomSensitivities = new Float64Array(options.permutations);
  for (let k = 0; k < options.permutations; k++) {
    const source = random.fork('random concept').of(k);
    const drawn = permutation(all.length, source).map((i) => all[i] ?? -1);
    const { score, sensitivity } = measure(
      space,
      drawn.slice(0, concept.length),
      drawn.slice(concept.length),
      options,
      source,
    );
    randomScores[k] = score;
    randomSensitivities[k] = sensitivity;
  }
  return {
    ...observed,
    accuracy: accuracyOf(space, concept, pool, options, random.fork('left out').of(0)),
    ...{ randomScores, randomSensitivities },
    p: twoSided(observed.sensitivity, randomSensitivities),
  };
}

/** The share of all values, the observed one among them, that lie as far from their common mean. */
function twoSided(observed: number, others: Float64Array): number {
  const n = others.length + 1;
  const centre = others.reduce((sum, value) => sum + value, observed) / n;
  // Values that differ by rounding tie.
  const distance = Math.abs(observed - centre) * (1 - 1e-12);
  return (1 + others.filter((value) => Math.abs(value - centre) >= distance).length) / n;
}

function measure(
  space: ConceptSpace,
  concept: readonly number[],
  others: readonly number[],
  { runs, penalty }: ConceptOptions,
  source: Rng,
): Measured {
  let sensitivity = 0;
  const runScores: number[] = [];
  for (let run = 0; run < runs; run++) {
    const rows = [...concept, ...drawnFrom(others, concept.length, source)];
    const { alphas, norm } = conceptVector(space, rows, concept.length, penalty);
    let rising = 0;
    for (let x = 0; x < space.examples; x++) {
      let slope = 0;
      for (let i = 0; i < rows.length; i++) {
        slope += (alphas[i] ?? NaN) * (space.slopes[x * space.rows + (rows[i] ?? -1)] ?? NaN);
      }
      sensitivity += slope / norm / (space.examples * runs);
      if (slope > 0) rising += 1;
    }
    runScores.push(rising / space.examples);
  }
  return { score: runScores.reduce((sum, share) => sum + share, 0) / runs, runScores, sensitivity };
}

/** The normal of the hyperplane between the first rows and the others, as a sum over rows. */
function conceptVector(
  space: ConceptSpace,
  rows: readonly number[],
  first: number,
  penalty: number,
): { readonly alphas: Float64Array; readonly intercept: number; readonly norm: number } {
  const gram = between(space, rows, rows);
  const { alphas, intercept } = kernelLogistic(gram, labelsOf(rows.length, first), penalty);
  const products = productsOf(gram, alphas);
  return {
    alphas,
    intercept,
    norm: Math.sqrt(alphas.reduce((sum, alpha, i) => sum + alpha * (products[i] ?? NaN), 0)),
  };
}

/** Each run leaves out a third of both sides, and asks for it. */
function accuracyOf(
  space: ConceptSpace,
  concept: readonly number[],
  pool: readonly number[],
  { runs, penalty }: ConceptOptions,
  source: Rng,
): number {
  const out = Math.max(Math.floor(concept.length / 3), 1);
  let right = 0;
  for (let run = 0; run < runs; run++) {
    const own = drawnFrom(concept, concept.length, source);
    const others = drawnFrom(pool, concept.length, source);
    const rows = [...own.slice(out), ...others.slice(out)];
    const asked = [...own.slice(0, out), ...others.slice(0, out)];
    const { alphas, intercept } = conceptVector(space, rows, own.length - out, penalty);
    const products = between(space, asked, rows);
    for (let a = 0; a < asked.length; a++) {
      let value = intercept;
      for (let i = 0; i < rows.length; i++) value += (alphas[i] ?? NaN) * (products[a * rows.length + i] ?? NaN);
      if (value > 0 === a < out) right += 1;
    }
  }
  return right / (runs * 2 * out);
}

function between({ gram, rows }: ConceptSpace, a: readonly number[], b: readonly number[]): Float64Array {
  const products = new Float64Array(a.length * b.length);
  for (let i = 0; i < a.length; i++) {
    for (let k = 0; k < b.length; k++) {
      products[i * b.length + k] = gram[(a[i] ?? -1) * rows + (b[k] ?? -1)] ?? NaN;
    }
  }
  return products;
}

function labelsOf(rows: number, first: number): Uint8Array {
  return new Uint8Array(rows).fill(1, 0, first);
}

/** Some of the rows, none twice. */
function drawnFrom(rows: readonly number[], count: number, source: Rng): number[] {
  return permutation(rows.length, source)
    .slice(0, count)
    .map((i) => rows[i] ?? -1);
}
