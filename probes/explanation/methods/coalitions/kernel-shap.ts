import { AssayError } from '#base/errors';
import { solveInPlace } from '../concepts/cholesky.js';
import type { CoalitionGame } from './game.js';
import type { KernelCoalitions } from './kernel-coalitions.js';
import type { ShapleyEstimate } from './shapley.js';

/**
 * The regression of KernelSHAP but for the worths: it depends on the coalitions alone, so that games of as many players
 * share it. Directions are -1/2 for a player who is absent and 1/2 for one who takes part: under the constraint of
 * efficiency a coalition's worth, less the mean of the empty and the full one, is linear in them without an intercept, and
 * of a pair all that matters is half its difference.
 */
export interface KernelRegression {
  readonly coalitions: KernelCoalitions;
  /** [players, players]: what moves the values without moving their sum, times the inverse of the normal matrix. */
  readonly inverse: Float64Array;
  /** How the worth of all is shared when every direction is worth nothing, as shares of it. */
  readonly shares: Float64Array;
  /** [drawn, players]: what a residual of 1 of each coalition (or pair) that was drawn adds to the values, but for its weight. */
  readonly influence: Float64Array;
}

/** @throws AssayError `usage` when the coalitions do not tell all players apart */
export function kernelRegression(coalitions: KernelCoalitions): KernelRegression {
  const { players } = coalitions;
  const inverse = inverseOf(normalMatrix(coalitions), players);
  const shares = rowSums(inverse, players);
  const total = shares.reduce((sum, share) => sum + share, 0);
  if (!Number.isFinite(total)) {
    throw new AssayError('usage', {
      what: `${coalitions.count} coalitions do not tell ${players} features apart`,
      mend: 'Give more samples.',
    });
  }
  for (let i = 0, at = 0; i < players; i++) {
    for (let j = 0; j < players; j++, at++) {
      inverse[at] = (inverse[at] ?? NaN) - ((shares[i] ?? NaN) * (shares[j] ?? NaN)) / total;
    }
  }
  const scaled = shares.map((share) => share / total);
  return { coalitions, inverse, shares: scaled, influence: influenceOf(coalitions, inverse) };
}

/**
 * Shapley values by the weighted regression of KernelSHAP (Lundberg & Lee 2017, arXiv:1705.07874, theorem 2), whose
 * constraint, that they add up to what all players are worth together, holds exactly. Without selection of features.
 *
 * Standard errors are those of the sampling of coalitions: the estimate is a smooth function of means over independent
 * draws, so its covariance is that of the draws' contributions (the sandwich of White 1980), each residual divided by what
 * its own weight left of it (MacKinnon & White 1985, HC3). They are 0 where all coalitions were asked for. For a game of second
 * order the pairs' regression leaves no residual, so that nothing but the rounding of worths is left (Covert & Lee 2021).
 */
export async function kernelShap(game: CoalitionGame, regression: KernelRegression): Promise<ShapleyEstimate> {
  const { coalitions, shares } = regression;
  const { players, members, count } = coalitions;
  const asked = new Uint8Array((count + 2) * players).fill(1, players, 2 * players);
  asked.set(members, 2 * players);
  const worths = await game.worths(asked, count + 2);
  const [none = NaN, all = NaN] = worths;
  const responses = responsesOf(coalitions, worths.subarray(2), (none + all) / 2);
  const values = solved(regression, responses);
  for (let i = 0; i < players; i++) values[i] = (values[i] ?? NaN) + (shares[i] ?? NaN) * (all - none);
  // The inverse loses some digits, which a second solution for what the first one left gives back.
  const rest = solved(regression, residualsOf(coalitions, responses, values));
  for (let i = 0; i < players; i++) values[i] = (values[i] ?? NaN) + (rest[i] ?? NaN);
  const residuals = residualsOf(coalitions, responses, values);
  return { values, standardErrors: standardErrors(regression, residuals), none, all };
}

/** Half the difference of each pair, and of each single coalition how far its worth is from the middle. */
function responsesOf({ pairs, weights }: KernelCoalitions, worths: Float64Array, middle: number): Float64Array {
  const responses = new Float64Array(weights.length);
  for (let i = 0; i < responses.length; i++) {
    responses[i] =
      i < pairs ? ((worths[2 * i] ?? NaN) - (worths[2 * i + 1] ?? NaN)) / 2 : (worths[pairs + i] ?? NaN) - middle;
  }
  return responses;
}

/** Where the members of an observation begin: pairs hold two rows. */
function rowOf({ pairs, players }: KernelCoalitions, observation: number): number {
  return (observation < pairs ? 2 * observation : pairs + observation) * players;
}

/** The weighted sum of the outer products of directions, and 1 everywhere, which the constraint makes a constant. */
function normalMatrix(coalitions: KernelCoalitions): Float64Array {
  const { players, members, weights } = coalitions;
  const matrix = new Float64Array(players * players).fill(1);
  for (let observation = 0; observation < weights.length; observation++) {
    const at = rowOf(coalitions, observation);
    const quarter = (weights[observation] ?? NaN) / 4;
    for (let i = 0; i < players; i++) {
      const inside = members[at + i];
      for (let j = 0, cell = i * players; j <= i; j++, cell++) {
        matrix[cell] = (matrix[cell] ?? NaN) + (members[at + j] === inside ? quarter : -quarter);
      }
    }
  }
  return matrix;
}

/** @param matrix its lower triangle; overwritten */
function inverseOf(matrix: Float64Array, size: number): Float64Array {
  const inverse = new Float64Array(size * size);
  const columns = Array.from({ length: size }, (_, i) => inverse.subarray(i * size, (i + 1) * size));
  columns.forEach((column, i) => (column[i] = 1));
  solveInPlace(matrix, columns);
  return inverse;
}

function rowSums(matrix: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) =>
    matrix.subarray(i * size, (i + 1) * size).reduce((sum, value) => sum + value, 0),
  );
}

/** The inverse times the weighted sum of directions times responses. */
function solved({ coalitions, inverse }: KernelRegression, responses: Float64Array): Float64Array {
  const { players, members, weights } = coalitions;
  const side = new Float64Array(players);
  for (let observation = 0; observation < responses.length; observation++) {
    const at = rowOf(coalitions, observation);
    const half = ((weights[observation] ?? NaN) * (responses[observation] ?? NaN)) / 2;
    for (let i = 0; i < players; i++) side[i] = (side[i] ?? NaN) + (members[at + i] === 1 ? half : -half);
  }
  const values = new Float64Array(players);
  for (let i = 0, cell = 0; i < players; i++) {
    let sum = 0;
    for (let j = 0; j < players; j++, cell++) sum += (inverse[cell] ?? NaN) * (side[j] ?? NaN);
    values[i] = sum;
  }
  return values;
}

/** Of each that was drawn the inverse times its direction, divided by 1 less its leverage. */
function influenceOf(coalitions: KernelCoalitions, inverse: Float64Array): Float64Array {
  const { players, members, weights, firstDrawn } = coalitions;
  const influence = new Float64Array((weights.length - firstDrawn) * players);
  for (let observation = firstDrawn, to = 0; observation < weights.length; observation++, to += players) {
    const at = rowOf(coalitions, observation);
    let leverage = 0;
    for (let i = 0, cell = 0; i < players; i++) {
      let sum = 0;
      for (let j = 0; j < players; j++, cell++) {
        sum += members[at + j] === 1 ? (inverse[cell] ?? NaN) : -(inverse[cell] ?? NaN);
      }
      influence[to + i] = sum / 2;
      leverage += members[at + i] === 1 ? sum / 4 : -sum / 4;
    }
    const left = Math.max(1 - (weights[observation] ?? NaN) * leverage, Number.EPSILON);
    for (let i = 0; i < players; i++) influence[to + i] = (influence[to + i] ?? NaN) / left;
  }
  return influence;
}

function standardErrors({ coalitions, influence }: KernelRegression, residuals: Float64Array): Float64Array {
  const { players, weights, firstDrawn } = coalitions;
  const drawn = weights.length - firstDrawn;
  const sums = new Float64Array(players);
  const squares = new Float64Array(players);
  for (let observation = firstDrawn, from = 0; observation < weights.length; observation++, from += players) {
    const residual = residuals[observation] ?? NaN;
    for (let i = 0; i < players; i++) {
      const part = residual * (influence[from + i] ?? NaN);
      sums[i] = (sums[i] ?? NaN) + part;
      squares[i] = (squares[i] ?? NaN) + part * part;
    }
  }
  const weight = weights[firstDrawn] ?? 0;
  return squares.map((square, i) => {
    const spread = Math.max(0, square - (sums[i] ?? NaN) ** 2 / Math.max(1, drawn));
    return weight * Math.sqrt((spread * drawn) / Math.max(1, drawn - 1));
  });
}

/** What the values leave of the response of each observation. */
function residualsOf(coalitions: KernelCoalitions, responses: Float64Array, values: Float64Array): Float64Array {
  const { players, members } = coalitions;
  const residuals = new Float64Array(responses.length);
  for (let observation = 0; observation < residuals.length; observation++) {
    const at = rowOf(coalitions, observation);
    let twice = 0;
    for (let i = 0; i < players; i++) twice += members[at + i] === 1 ? (values[i] ?? NaN) : -(values[i] ?? NaN);
    residuals[observation] = (responses[observation] ?? NaN) - twice / 2;
  }
  return residuals;
}
