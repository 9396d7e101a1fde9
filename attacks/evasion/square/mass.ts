import type { Rng } from '#stats/random';
import { ballAround } from '../geometry/ball.js';
import { roundToward } from '../geometry/float32.js';
import { widthAt } from '../geometry/space.js';
import type { Space } from '../search/walk.js';
import { drawPlace, extentOf, listWindow, tilesOf, type Extent, type Grid, type Place } from './grid.js';
import { Overwritten, type Moves, type RandomSearch } from './moves.js';
import { patternsOf, type MassNorm } from './patterns.js';

// Loops over the values of a window at every query: what is global is looked up once.
const { abs, max, min, round, sqrt } = Math;

/** The share of the radius that is used: adding up changes of squares over a whole search is not exact. */
const USED = 1 - 1e-9;

/** What all samples share. */
interface Setting {
  readonly norm: MassNorm;
  readonly grid: Grid;
  readonly space: Space;
  /** How far apart the ends of each value are; 0 where nobody can change it. */
  readonly widths: Float64Array;
  readonly patternOf: (extent: Extent, isTurned: boolean) => Float64Array;
  /** The point of the present proposal, before it is clipped. */
  readonly candidate: Float64Array;
}

/** One proposal: a window that gives its mass to another. */
interface Transfer {
  readonly extent: Extent;
  readonly receiver: Place;
  readonly giver: Place;
  readonly pattern: Float64Array;
  /** What each channel gets of the mass that the change lacks to be as large as the ball. */
  readonly unused: number;
}

/**
 * L2 (Andriushchenko et al. 2020, algorithm 3) and L1 (Croce & Hein 2021, appendix, and AutoAttack's code): a change is made
 * of bumps. One window gives its mass, and what the budget has left, to another one, whose content is mixed with a new
 * pattern; each channel keeps its own. Mass is squares in L2 and sizes in L1. Patterns are in units of each value's range.
 * Windows of an image have odd sides of at least three; those of a table shrink to a single value.
 *
 * In L1 the receiver gets as many times its mass as there are channels, as in AutoAttack: what is too much is taken away
 * by the projection onto ball and domain, from small changes first, so changes are sparse.
 */
export function mass(norm: MassNorm, grid: Grid, space: Space): Moves {
  const size = grid.channels * grid.height * grid.width;
  const widths = new Float64Array(size);
  for (let i = 0; i < size; i++) widths[i] = space.box.immutable.has(i) ? 0 : widthAt(space.box, i);
  const setting: Setting = {
    ...{ norm, grid, widths, patternOf: patternsOf(norm), candidate: new Float64Array(size) },
    space: { ...space, epsilon: space.epsilon * USED },
  };
  return {
    extentOf: (share) => extentOf(grid, share, grid.isImage ? oddFromThree : (length) => max(round(length), 1)),
    around: (center, source) => massSearch(setting, center, source),
  };
}

function oddFromThree(length: number): number {
  const side = max(round(length), 3);
  return side % 2 === 0 ? side + 1 : side;
}

function massSearch(setting: Setting, center: Float32Array, source: Rng): RandomSearch {
  const { norm, grid, space, candidate } = setting;
  const ball = ballAround(center, space.epsilon, norm, space.box);
  const overwritten = new Overwritten(center.length);
  const budget = massOf(norm, space.epsilon);
  /** The mass of the change, now and before the last proposal. */
  let [total, totalBefore] = [0, 0];
  /** Where windows get more than there is, every value may have to give. */
  const isWhole = norm === 'L1' && grid.channels > 1;

  const project = (point: Float32Array): void => {
    ball.project(candidate, point);
    total = massBetween(norm, center, point);
  };
  return {
    start(point) {
      layTiles(setting, center, source);
      project(point);
    },
    propose(point, extent) {
      const transfer: Transfer = {
        extent,
        receiver: drawPlace(grid, extent, source),
        giver: drawPlace(grid, extent, source),
        pattern: setting.patternOf(extent, source.uniform() < 0.5),
        unused: max(budget - total, 0) / grid.channels,
      };
      if (isWhole) candidate.set(point);
      const count = transferred(setting, center, point, transfer, overwritten.positions, source);
      totalBefore = total;
      if (isWhole) {
        overwritten.keepAll(point);
        project(point);
      } else {
        overwritten.keep(point, count);
        total += settled(setting, center, point, overwritten.positions, count);
      }
    },
    undo(point) {
      overwritten.restore(point);
      total = totalBefore;
    },
  };
}

/** Tiles of patterns over the whole input; in L2 together as large as the ball, whatever that is. */
function layTiles(
  { norm, grid, space, widths, patternOf, candidate }: Setting,
  center: Float32Array,
  source: Rng,
): void {
  const { extent, places } = tilesOf(grid);
  const list = new Int32Array(extent.height * extent.width);
  candidate.fill(0);
  for (const place of places) {
    const pattern = patternOf(extent, source.uniform() < 0.5);
    for (let channel = 0; channel < grid.channels; channel++) {
      const count = listWindow(grid, channel, extent, place, list, 0);
      const sign = signFrom(source);
      for (let k = 0; k < count; k++) {
        const i = list[k] ?? -1;
        candidate[i] = sign * (pattern[k] ?? NaN) * (widths[i] ?? NaN);
      }
    }
  }
  const length = sqrt(candidate.reduce((sum, value) => sum + value * value, 0));
  const scale = norm === 'L2' && length > 0 ? space.epsilon / length : 1;
  for (let i = 0; i < candidate.length; i++) candidate[i] = (center[i] ?? NaN) + scale * (candidate[i] ?? NaN);
}

/** Writes the values of both windows in all channels to the candidate, and lists their positions. @returns how many */
function transferred(
  setting: Setting,
  center: Float32Array,
  point: Float32Array,
  transfer: Transfer,
  list: Int32Array,
  source: Rng,
): number {
  const { grid, candidate } = setting;
  const { extent, receiver, giver } = transfer;
  let count = 0;
  for (let channel = 0; channel < grid.channels; channel++) {
    const middle = listWindow(grid, channel, extent, receiver, list, count);
    const end = listWindow(grid, channel, extent, giver, list, middle, receiver);
    const given = massAt(setting.norm, center, point, list, middle, end);
    receive(setting, center, point, transfer, list.subarray(count, middle), given, signFrom(source));
    for (let k = middle; k < end; k++) candidate[list[k] ?? -1] = center[list[k] ?? -1] ?? NaN;
    count = end;
  }
  return count;
}

/** The receiver in one channel: its content and the pattern, each scaled to size 1, together as large as what is there. */
function receive(
  { norm, grid, widths, candidate }: Setting,
  center: Float32Array,
  point: Float32Array,
  { pattern, unused }: Transfer,
  list: Int32Array,
  given: number,
  sign: number,
): void {
  const own = massAt(norm, center, point, list, 0, list.length);
  let made = 0;
  for (let k = 0; k < list.length; k++) made += massOf(norm, (pattern[k] ?? NaN) * (widths[list[k] ?? -1] ?? NaN));
  const share = own > 0 ? 1 / lengthOf(norm, own) : 0;
  const added = made > 0 ? sign / lengthOf(norm, made) : 0;
  let mixed = 0;
  for (let k = 0; k < list.length; k++) {
    const i = list[k] ?? -1;
    const value = share * ((point[i] ?? NaN) - (center[i] ?? NaN)) + added * (pattern[k] ?? NaN) * (widths[i] ?? NaN);
    candidate[i] = value;
    mixed += massOf(norm, value);
  }
  const available = (unused + own + given) * (norm === 'L1' ? grid.channels : 1);
  const scale = mixed > 0 ? lengthOf(norm, available) / lengthOf(norm, mixed) : 0;
  for (let k = 0; k < list.length; k++) {
    const i = list[k] ?? -1;
    candidate[i] = (center[i] ?? NaN) + scale * (candidate[i] ?? NaN);
  }
}

/** Clips the listed values of the candidate to the domain and writes them to the point. @returns what its mass grew by */
function settled(
  { norm, space, candidate }: Setting,
  center: Float32Array,
  point: Float32Array,
  list: Int32Array,
  count: number,
): number {
  const { low, high } = space.box;
  const before = massAt(norm, center, point, list, 0, count);
  for (let k = 0; k < count; k++) {
    const i = list[k] ?? -1;
    const origin = center[i] ?? NaN;
    const value = min(max(candidate[i] ?? NaN, min(low[i] ?? NaN, origin)), max(high[i] ?? NaN, origin));
    point[i] = roundToward(value, origin);
  }
  return massAt(norm, center, point, list, 0, count) - before;
}

function signFrom(source: Rng): number {
  return source.uniform() < 0.5 ? -1 : 1;
}

function massOf(norm: MassNorm, value: number): number {
  return norm === 'L2' ? value * value : abs(value);
}

/** The size in the norm of what has a mass. */
function lengthOf(norm: MassNorm, amount: number): number {
  return norm === 'L2' ? sqrt(amount) : amount;
}

function massAt(
  norm: MassNorm,
  center: Float32Array,
  point: Float32Array,
  list: Int32Array,
  from: number,
  to: number,
): number {
  let sum = 0;
  for (let k = from; k < to; k++) sum += massOf(norm, (point[list[k] ?? -1] ?? NaN) - (center[list[k] ?? -1] ?? NaN));
  return sum;
}

function massBetween(norm: MassNorm, center: Float32Array, point: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < center.length; i++) sum += massOf(norm, (point[i] ?? NaN) - (center[i] ?? NaN));
  return sum;
}
