import { AssayError } from '#base/errors';
import { regularizedBeta } from '#stats/special';
import type { MeasuringModel } from './measured-model.js';
import { leastSizeModel } from './size-models.js';

/**
 * (epsilon, delta)-differential privacy of the records of a released table: SafePub (Bild, Kuhn & Prasser 2018,
 * doi:10.1515/popets-2018-0004) on the theorem of Li, Qardaji & Su 2012 (arXiv:1101.2604, theorem 1).
 *
 * It is a promise about a procedure of three steps, and this model is the third of them:
 *
 * 1. {@link sampleRecords}: each record is kept with probability beta, by random numbers that the reader does not know;
 * 2. the kept ones are generalized in a way that is fixed without a look at the data: a search that picks the best levels for this
 *    table breaks the promise, unless the choice has a budget of its own;
 * 3. classes of fewer than k kept records are suppressed, and those records are left out of the release.
 */
export interface DifferentialPrivacy {
  readonly epsilon: number;
  readonly delta: number;
  /** The probability with which a record is kept. */
  readonly beta: number;
  /** The least number of kept records of a class. */
  readonly k: number;
}

export interface DifferentialPrivacyModel extends MeasuringModel {
  readonly promise: DifferentialPrivacy;
}

export function differentialPrivacyModel(parameters: Parameters): DifferentialPrivacyModel {
  const promise = safePubParameters(parameters);
  const { epsilon, delta, k } = promise;
  const model = leastSizeModel(
    `(${epsilon}, ${delta})-differential privacy of records`,
    k,
    'Sampled records in the class',
  );
  return { ...model, promise };
}

interface Parameters {
  readonly epsilon: number;
  readonly delta: number;
  /** At most 1 - exp(-epsilon), which is what SafePub takes and the default. */
  readonly beta?: number | undefined;
}

/**
 * The k that makes (epsilon, delta) true of sampling with beta: the least one for which
 * delta >= max over n >= ceil(k / gamma - 1) of P[Binomial(n, beta) > gamma n], where gamma = (e^epsilon - 1 + beta) / e^epsilon.
 * (ARX adds one to it: its loop counts once more after the last test.)
 *
 * @throws AssayError `config` for a beta that is too large for epsilon, or parameters that would need a k beyond all tables
 */
export function safePubParameters({ epsilon, delta, beta: wanted }: Parameters): DifferentialPrivacy {
  const largest = -Math.expm1(-epsilon);
  const beta = wanted ?? largest;
  if (!(beta > 0 && beta <= largest && delta > 0 && delta < 1)) {
    throw new AssayError('config', {
      what: `records cannot be (${epsilon}, ${delta})-private when each is sampled with probability ${beta}`,
      mend: `Take a \`beta\` of at most 1 - exp(-epsilon) = ${largest}, and a \`delta\` between 0 and 1.`,
    });
  }
  // (e^epsilon - 1 + beta) / e^epsilon, without cancellation.
  const gamma = largest + beta * Math.exp(-epsilon);
  const smallest = smallestSafeCount(delta, beta, gamma);
  // The least k with ceil(k / gamma - 1) >= smallest.
  return { epsilon, delta, beta, k: Math.floor(gamma * smallest) + 1 };
}

/** No table has classes of as many records. */
const BEYOND_TABLES = 1e8;

/** The least m such that P[Binomial(n, beta) > gamma n] <= delta for all n >= m. */
function smallestSafeCount(delta: number, beta: number, gamma: number): number {
  // Chernoff's bound exp(-n KL(gamma, beta)) holds for all n, so beyond this one every tail is below delta.
  const divergence = gamma * Math.log(gamma / beta) + (1 - gamma) * Math.log((1 - gamma) / (1 - beta));
  let n = Math.ceil(-Math.log(delta) / divergence);
  if (!(n < BEYOND_TABLES)) {
    throw new AssayError('config', {
      what: `an epsilon and delta as small as these need classes of more than ${Math.floor(gamma * BEYOND_TABLES)} records`,
      mend: 'Take a larger `epsilon` or `delta`.',
    });
  }
  while (n > 0 && binomialTail(n, beta, gamma) <= delta) n -= 1;
  return n + 1;
}

/** P[Binomial(n, beta) > gamma n], exact to 1e-12 of itself or so. */
export function binomialTail(n: number, beta: number, gamma: number): number {
  const least = Math.floor(gamma * n) + 1;
  if (least > n) return 0;
  return regularizedBeta(least, n - least + 1, beta);
}

/**
 * Step 1: which records are sampled, one byte a record.
 *
 * @param secret uniform numbers in [0, 1); the promise holds only against those who do not know them
 */
export function sampleRecords(rows: number, beta: number, secret: () => number): Uint8Array {
  return Uint8Array.from({ length: rows }, () => (secret() < beta ? 1 : 0));
}
