import { row, zeros, type Tensor } from '#base/tensor';
import type { RandomStreams, Rng } from '#stats/random';
import type { ConvexNorm } from '../geometry/norms.js';
import { widthAt, type Box } from '../geometry/space.js';
import type { Walk } from '../search/walk.js';
import type { ConvexSpace } from './mover.js';

const { abs, max, sqrt } = Math;

/**
 * The walk at random points, as the authors of APGD begin: on the border of the ball, not within it. Linf: uniform numbers
 * over the largest of them; L2: a Gaussian direction; L1: Gaussian noise, its deviation the range of each value, projected
 * onto ball and box. Then clipped to the box.
 */
export function atRandomBorder(
  walk: Walk,
  indices: readonly number[],
  space: ConvexSpace,
  random: RandomStreams,
): Walk {
  const inputs = zeros(walk.inputs.shape);
  const candidate = new Float64Array(space.box.low.length);
  walk.balls.forEach((ball, i) => {
    const source = random.of(indices[walk.positions[i] ?? -1] ?? -1);
    drawOffset(candidate, space.norm, space.box, source);
    const length = space.norm === 'L1' ? 1 : space.epsilon / lengthOf(candidate, space.norm);
    for (let k = 0; k < candidate.length; k++) {
      candidate[k] = (ball.center[k] ?? NaN) + ((candidate[k] ?? NaN) * length || 0);
    }
    ball.project(candidate, row(inputs, i));
  });
  return { ...walk, inputs };
}

/** The walk at given points, one a row, each projected to its ball. */
export function broughtInto(walk: Walk, points: Tensor): Walk {
  const inputs = zeros(walk.inputs.shape);
  walk.balls.forEach((ball, i) => ball.project(Float64Array.from(row(points, i)), row(inputs, i)));
  return { ...walk, inputs };
}

/** One number a position, also for those that cannot change: what is drawn does not depend on which these are. */
function drawOffset(into: Float64Array, norm: ConvexNorm, box: Box, source: Rng): void {
  for (let i = 0; i < into.length; i++) {
    const drawn = norm === 'Linf' ? 2 * source.uniform() - 1 : source.normal();
    if (box.immutable.has(i)) into[i] = 0;
    else into[i] = norm === 'L1' ? drawn * widthAt(box, i) : drawn;
  }
}

function lengthOf(offset: Float64Array, norm: 'Linf' | 'L2'): number {
  let largest = 0;
  let squares = 0;
  for (let i = 0; i < offset.length; i++) {
    largest = max(largest, abs(offset[i] ?? NaN));
    squares += (offset[i] ?? NaN) ** 2;
  }
  return norm === 'Linf' ? largest : sqrt(squares);
}
