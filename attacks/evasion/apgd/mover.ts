import { ballAround, type Ball } from '../geometry/ball.js';
import type { ConvexNorm } from '../geometry/norms.js';
import type { Box } from '../geometry/space.js';
import type { Space } from '../search/walk.js';
import { moveInL1, moveInL2, moveInLinf, type Corners } from './moves.js';
import { changedValues, halvingPace, sparsePace, type Pace } from './paces.js';

/** A ball in which there is a direction of steepest ascent, and its box. */
export interface ConvexSpace extends Space {
  readonly norm: ConvexNorm;
}

/** How much of a step is the gradient's and not momentum (alpha of Croce & Hein 2020). */
const GRADIENT_SHARE = 0.75;

/** How one sample moves, and how far. */
export interface Mover extends Pick<Pace, 'observe' | 'check'> {
  /**
   * Writes the iterate after `point` over the one before it.
   *
   * @param gradient without slopes along what cannot change; may be written to
   */
  move(point: Float32Array, previous: Float32Array, gradient: Float32Array, isFirst: boolean): void;
}

export interface MoverOptions {
  readonly rho: number;
  /** L1: whether the start is the best point of a walk before, so that its sparsity says how many slopes are followed. */
  readonly continues: boolean;
}

/** Makes movers for the samples of one walk, which share the room that their moves need. */
export function moversIn(
  space: ConvexSpace,
  { rho, continues }: MoverOptions,
): (ball: Ball, start: Float32Array) => Mover {
  const { norm, epsilon, box } = space;
  const room = [new Float64Array(box.low.length), new Float64Array(box.low.length)] as const;
  switch (norm) {
    case 'Linf':
      return ({ center }) => {
        const corners = cornersOf(center, epsilon, box);
        const pace = halvingPace(2 * epsilon, rho);
        const move: Mover['move'] = (point, previous, gradient, isFirst) =>
          moveInLinf(point, previous, gradient, pace.size(), isFirst ? 1 : GRADIENT_SHARE, corners);
        return { ...pace, move };
      };
    case 'L2':
      return ({ center }) => {
        const ball = { center, epsilon, box: cornersOf(center, Infinity, box), room: room[0] };
        const pace = halvingPace(2 * epsilon, rho);
        const move: Mover['move'] = (point, previous, gradient, isFirst) =>
          moveInL2(point, previous, gradient, pace.size(), isFirst ? 1 : GRADIENT_SHARE, ball);
        return { ...pace, move };
      };
    case 'L1':
      return (ball, start) => {
        const free = box.low.length - box.immutable.size;
        const pace = sparsePace(ball.center, free, epsilon, continues ? changedValues(ball.center, start) : null);
        const move: Mover['move'] = (point, previous, gradient) =>
          moveInL1(point, previous, gradient, pace.size(), pace.count(), ball, room);
        return { ...pace, move };
      };
  }
}

/** Of an Linf ball within the box, or of the box alone where epsilon is infinite: the nearest of what is infinitely far. */
function cornersOf(center: Float32Array, epsilon: number, box: Box): Corners {
  const ball = ballAround(center, epsilon, 'Linf', box);
  const towards = (end: number): Float32Array => {
    const corner = new Float32Array(center.length);
    ball.project(new Float64Array(center.length).fill(end), corner);
    return corner;
  };
  return { least: towards(-Infinity), most: towards(Infinity) };
}
