import { row, takeRows, zeros, type Tensor } from '#base/tensor';
import type { RandomStreams } from '#stats/random';
import type { CanMove } from '../geometry/ascent.js';
import { ballAround, drawFromBall, type Ball } from '../geometry/ball.js';
import { roundDown, roundUp } from '../geometry/float32.js';
import type { Norm } from '../geometry/norms.js';
import type { Box } from '../geometry/space.js';

/** Changed inputs of some samples: one row each, without gaps. */
export interface Rows {
  /** Positions of the rows among the samples that were handed to the attack. */
  readonly positions: readonly number[];
  readonly inputs: Tensor;
}

/** The samples under attack, and where in their balls they are. */
export interface Walk extends Rows {
  readonly balls: readonly Ball[];
}

/** The set that an attack may move in, for every sample alike. */
export interface Space {
  readonly norm: Norm;
  readonly epsilon: number;
  readonly box: Box;
}

/** A walk that has not left the original inputs. */
export function atOriginals(originals: Tensor, positions: readonly number[], space: Space): Walk {
  const inputs = takeRows(originals, positions);
  const balls = positions.map((_, i) => ballAround(row(inputs, i), space.epsilon, space.norm, space.box));
  return { positions, balls, inputs };
}

/** The same walk at a point drawn uniformly from each ball, clipped to the domain: from the stream of each sample. */
export function atRandomPoints(walk: Walk, indices: readonly number[], space: Space, random: RandomStreams): Walk {
  const inputs = zeros(walk.inputs.shape);
  walk.balls.forEach((ball, i) => {
    const source = random.of(indices[walk.positions[i] ?? -1] ?? -1);
    ball.project(drawFromBall(ball.center, space.epsilon, space.norm, space.box, source), row(inputs, i));
  });
  return { ...walk, inputs };
}

/**
 * The rows for which `stays` holds, moved together.
 *
 * @param into receives the inputs where a row is left out, and may be the memory in which they are
 */
export function compacted(
  walk: Walk,
  stays: (position: number) => boolean,
  into?: Float32Array,
): { walk: Walk; rows: readonly number[] } {
  const rows = walk.positions.flatMap((position, i) => (stays(position) ? [i] : []));
  if (rows.length === walk.positions.length) return { walk, rows };
  return {
    rows,
    walk: {
      positions: rows.map((i) => walk.positions[i] ?? -1),
      balls: rows.flatMap((i) => walk.balls[i] ?? []),
      inputs: takeRows(walk.inputs, rows, into),
    },
  };
}

export interface Stride {
  /** In the norm, in the units of the data. */
  readonly size: number;
  /** Whether L1 passes over values that are at the end of their range already. */
  readonly aroundBounds: boolean;
}

/**
 * One step of steepest ascent, projected to the ball, then clipped to the domain.
 *
 * @param gradients of some batch, of which `rows` are the walk's
 * @param inputs receives the walk's inputs, and may be those that it has now
 */
export function ascended(
  walk: Walk,
  gradients: Tensor,
  rows: readonly number[],
  space: Space,
  stride: Stride,
  inputs: Tensor = zeros(walk.inputs.shape),
): Walk {
  const movable = stride.aroundBounds && space.norm === 'L1' ? movableIn(space.box) : null;
  walk.balls.forEach((ball, i) => {
    const point = row(walk.inputs, i);
    ball.step(point, free(row(gradients, rows[i] ?? -1), space.box), stride.size, row(inputs, i), movable?.(point));
  });
  return { ...walk, inputs };
}

/** The gradient along what can be changed. */
function free(gradient: Float32Array, { immutable }: Box): Float32Array {
  return immutable.size === 0 ? gradient : gradient.map((slope, i) => (immutable.has(i) ? 0 : slope));
}

function movableIn({ low, high }: Box): (point: Float32Array) => CanMove {
  const least = Float32Array.from(low, roundUp);
  const most = Float32Array.from(high, roundDown);
  return (point) => (i, direction) =>
    direction > 0 ? (point[i] ?? NaN) < (most[i] ?? NaN) : (point[i] ?? NaN) > (least[i] ?? NaN);
}
