import { row, rowSize, takeRows, zeros, type Tensor } from '#base/tensor';
import type { RandomStreams, Rng } from '#stats/random';
import type { Samples, Target } from '#target/target';
import type { ConvexNorm } from '../geometry/norms.js';
import type { Box } from '../geometry/space.js';
import { ask } from '../search/ask.js';
import type { ClosestFound } from '../search/closest.js';
import type { Rows } from '../search/walk.js';
import type { Boundaries } from './boundaries.js';
import type { Bounds } from './hyperplane.js';
import { legalRanges } from './legal-ranges.js';
import { rowsThat } from './rows.js';
import { fabStep, pullBack, type Gait } from './step.js';

const { abs, max, min, sqrt } = Math;

export interface Approach extends Gait {
  readonly norm: ConvexNorm;
  readonly steps: number;
  /** A sample is done once something wrong was found within this distance. */
  readonly stopAt: number;
}

/** The boundary that each row is to approach. */
export type BoundariesOf = (rows: Rows) => Promise<Boundaries>;

/** Where the samples of an attack began, and what each may be. */
export interface Ground {
  readonly samples: Samples;
  readonly boundsOf: (position: number) => Bounds;
}

export function groundOf(samples: Samples, box: Box): Ground {
  return { samples, boundsOf: legalRanges(samples.inputs, box) };
}

/** The samples that are not done, where they began. */
export function atOriginals({ samples }: Ground, search: ClosestFound, stopAt: number): Rows {
  const positions = search.attacked.filter((position) => search.distanceOf(position) > stopAt);
  return { positions, inputs: takeRows(samples.inputs, positions) };
}

/**
 * The samples that are not done, at x0 + min(radius, distance of the closest found) / 2 * t / |t| with t uniform in a cube
 * for Linf and normal for L2 and L1 (the authors' code), clipped: from the stream of each sample.
 */
export function atRandomPoints(
  ground: Ground,
  search: ClosestFound,
  { norm, stopAt }: Approach,
  radius: number,
  random: RandomStreams,
): Rows {
  const { positions, inputs } = atOriginals(ground, search, stopAt);
  positions.forEach((position, i) => {
    const point = row(inputs, i);
    const { low, high } = ground.boundsOf(position);
    const length = min(radius, search.distanceOf(position)) / 2;
    const offset = unitOffset(norm, point.length, random.of(ground.samples.indices[position] ?? -1));
    for (let j = 0; j < point.length; j++) {
      point[j] = min(max((point[j] ?? NaN) + length * (offset[j] ?? NaN), low[j] ?? NaN), high[j] ?? NaN);
    }
  });
  return { positions, inputs };
}

function unitOffset(norm: ConvexNorm, size: number, source: Rng): Float64Array {
  const offset = new Float64Array(size).map(() => (norm === 'Linf' ? 2 * source.uniform() - 1 : source.normal()));
  const length = sizeOf(norm, offset);
  return offset.map((value) => value / length);
}

function sizeOf(norm: ConvexNorm, offset: Float64Array): number {
  switch (norm) {
    case 'Linf':
      return offset.reduce((most, value) => max(most, abs(value)), 0);
    case 'L2':
      return sqrt(offset.reduce((sum, value) => sum + value * value, 0));
    case 'L1':
      return offset.reduce((sum, value) => sum + abs(value), 0);
  }
}

/**
 * Walks to the boundary and, whenever a walk has crossed it, part of the way back to the original. Points after a way back
 * are judged, too, which costs nothing. A walk ends when its sample is done, or where it stands still.
 */
export async function approach(
  target: Target,
  search: ClosestFound,
  ground: Ground,
  start: Rows,
  options: Approach,
  boundariesOf: BoundariesOf,
  onStep: () => void,
): Promise<void> {
  const step = fabStep(options.norm, rowSize(start.inputs), options);
  let walk = start;
  for (let k = 0; k < options.steps; k++, onStep()) {
    if (walk.positions.length === 0) continue;
    const boundaries = await boundariesOf(walk);
    const moved = stepped(walk, boundaries, ground, step);
    const left = remaining(moved, walk.inputs, search, options.stopAt);
    const scores = left.positions.length > 0 ? await ask(target, search, left) : zeros([0]);
    walk = pulledBack(left, scores, search, ground, options);
  }
}

function stepped(walk: Rows, { values, slopes }: Boundaries, ground: Ground, step: ReturnType<typeof fabStep>): Rows {
  const inputs = zeros(walk.inputs.shape);
  walk.positions.forEach((position, i) => {
    const tangent = { value: values[i] ?? 0, slope: row(slopes, i) };
    const original = row(ground.samples.inputs, position);
    step(row(walk.inputs, i), original, tangent, ground.boundsOf(position), row(inputs, i));
  });
  return { positions: walk.positions, inputs };
}

/** The rows that moved, of samples that are not done. */
function remaining(moved: Rows, before: Tensor, search: ClosestFound, stopAt: number): Rows {
  return rowsThat(
    moved,
    (position, i) => search.distanceOf(position) > stopAt && !equal(row(moved.inputs, i), row(before, i)),
  );
}

/** Judges the rows by their scores: those that have crossed go part of the way back, those that are done are left out. */
function pulledBack(moved: Rows, scores: Tensor, search: ClosestFound, { samples }: Ground, options: Approach): Rows {
  moved.positions.forEach((position, i) => {
    if (!search.isWrong(position, row(scores, i))) return;
    pullBack(row(moved.inputs, i), row(samples.inputs, position), options);
  });
  return rowsThat(moved, (position) => search.distanceOf(position) > options.stopAt);
}

function equal(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, i) => value === b[i]);
}
