import type { Rng } from '#stats/random';
import { ballAround } from '../geometry/ball.js';
import type { Space } from '../search/walk.js';
import { drawPlace, extentOf, listWindow, type Grid } from './grid.js';
import { Overwritten, type Moves, type RandomSearch } from './moves.js';

const { max, round } = Math;

/**
 * Linf (Andriushchenko et al. 2020, algorithm 2): each value stands at one end of what epsilon and the domain leave it. The
 * search begins with columns of random sign, and a window moves to the end of one random sign a channel: a change by 2
 * epsilon that is clipped to the ball comes to the same.
 */
export function stripes(grid: Grid, space: Space): Moves {
  return {
    extentOf: (share) => extentOf(grid, share, (length) => max(round(length), 1)),
    around: (center, source) => stripedSearch(grid, space, center, source),
  };
}

function stripedSearch(grid: Grid, { epsilon, norm, box }: Space, center: Float32Array, source: Rng): RandomSearch {
  const ball = ballAround(center, epsilon, norm, box);
  const cornerToward = (end: number): Float32Array => {
    const corner = new Float32Array(center.length);
    ball.project(new Float64Array(center.length).fill(end), corner);
    return corner;
  };
  const [least, most] = [cornerToward(-Infinity), cornerToward(Infinity)];
  const overwritten = new Overwritten(center.length);
  const { positions } = overwritten;
  const fill = (point: Float32Array, from: number, to: number): void => {
    const end = source.uniform() < 0.5 ? least : most;
    for (let k = from; k < to; k++) {
      const position = positions[k] ?? -1;
      point[position] = end[position] ?? NaN;
    }
  };
  return {
    start(point) {
      const column = { height: grid.height, width: 1 };
      for (let channel = 0; channel < grid.channels; channel++) {
        for (let left = 0; left < grid.width; left++) {
          fill(point, 0, listWindow(grid, channel, column, { top: 0, left }, positions, 0));
        }
      }
    },
    propose(point, extent) {
      const place = drawPlace(grid, extent, source);
      let count = 0;
      for (let channel = 0; channel < grid.channels; channel++) {
        count = listWindow(grid, channel, extent, place, positions, count);
      }
      overwritten.keep(point, count);
      const area = count / grid.channels;
      for (let start = 0; start < count; start += area) fill(point, start, start + area);
    },
    undo: (point) => overwritten.restore(point),
  };
}
