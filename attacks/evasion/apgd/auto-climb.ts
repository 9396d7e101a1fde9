import { row, rowRange, type Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import { sampleLoss } from '#target/losses';
import type { DifferentiableTarget } from '#target/target';
import { ask, follow, type Book } from '../search/ask.js';
import type { Rows, Walk } from '../search/walk.js';
import { checkpoints } from './checkpoints.js';
import { moversIn, type ConvexSpace, type Mover, type MoverOptions } from './mover.js';

export interface AutoClimb extends MoverOptions {
  readonly steps: number;
  readonly lossOf: (rows: Rows) => LossSpec;
  /** Whether a sample has nothing more to find; it leaves the batch at once. */
  readonly isDone: (position: number) => boolean;
}

/** One sample on its way. */
interface Trail {
  readonly position: number;
  readonly mover: Mover;
  point: Float32Array;
  previous: Float32Array;
  readonly best: Float32Array;
  readonly bestGradient: Float32Array;
  bestLoss: number;
}

/**
 * One walk of APGD (Croce & Hein 2020, arXiv:2003.01690, algorithm 1; in L1 Croce & Hein 2021, arXiv:2103.01208): steps
 * with momentum whose length each sample adapts at its checkpoints. Every iterate is judged by the book, the last one by
 * a forward pass: the authors' code takes a gradient there too and does not use it.
 *
 * @returns of each sample that is not done the point of the highest loss
 */
export async function autoClimb(
  target: DifferentiableTarget,
  book: Book,
  start: Walk,
  space: ConvexSpace,
  climb: AutoClimb,
  onStep: () => void,
): Promise<Rows> {
  const windows = checkpoints(space.norm, climb.steps);
  let trails: readonly Trail[] = trailsFrom(start, space, climb);
  // Iterates are handed over in the same memory each time: the rows that are left, one after the other.
  const memory: Tensor = { shape: start.inputs.shape, data: start.inputs.data.slice() };
  for (let step = 0; step < climb.steps; step++, onStep()) {
    if (trails.length === 0) continue;
    const rows = rowsIn(memory, trails);
    const loss = climb.lossOf(rows);
    const given = await follow(target, book, rows, loss);
    // In float32 cross-entropy is flat where the scores are not; the mean of several draws is the engine's to give.
    const byEngine = loss.kind !== 'cross-entropy' || book.draws > 1;
    const left: Trail[] = [];
    trails.forEach((trail, i) => {
      if (climb.isDone(trail.position)) return;
      const gradient = row(given.gradient, i);
      for (const held of space.box.immutable) gradient[held] = 0;
      observe(trail, byEngine ? (given.loss[i] ?? NaN) : lossOf(target, loss, i, given.scores), gradient);
      advance(trail, gradient, step === 0, windows.get(step));
      row(memory, left.length).set(trail.point);
      left.push(trail);
    });
    trails = left;
  }
  const last = rowsIn(memory, trails);
  if (trails.length > 0) await observeLast(target, book, trails, last, climb.lossOf(last));
  trails.forEach(({ best }, i) => row(memory, i).set(best));
  return last;
}

function trailsFrom(start: Walk, space: ConvexSpace, options: MoverOptions): Trail[] {
  const moverOf = moversIn(space, options);
  return start.balls.map((ball, i) => {
    const point = row(start.inputs, i);
    return {
      position: start.positions[i] ?? -1,
      mover: moverOf(ball, point),
      ...{ point: point.slice(), previous: point.slice() },
      ...{ best: point.slice(), bestGradient: new Float32Array(point.length), bestLoss: -Infinity },
    };
  });
}

function rowsIn(memory: Tensor, trails: readonly Trail[]): Rows {
  return { positions: trails.map(({ position }) => position), inputs: rowRange(memory, 0, trails.length) };
}

function observe(trail: Trail, loss: number, gradient: Float32Array | null): void {
  trail.mover.observe(loss);
  if (!(loss > trail.bestLoss)) return;
  trail.bestLoss = loss;
  trail.best.set(trail.point);
  if (gradient !== null) trail.bestGradient.set(gradient);
}

/**
 * The next iterate, from the best point where the pace says so at a checkpoint. The momentum after that is the way from the
 * iterate before to the best point, as in the authors' code.
 */
function advance(trail: Trail, gradient: Float32Array, isFirst: boolean, window: number | undefined): void {
  const { mover, point, previous, best, bestGradient } = trail;
  const returns = window !== undefined && mover.check(window, best);
  if (returns) point.set(best);
  mover.move(point, previous, returns ? bestGradient : gradient, isFirst);
  trail.point = previous;
  trail.previous = point;
}

async function observeLast(
  target: DifferentiableTarget,
  book: Book,
  trails: readonly Trail[],
  rows: Rows,
  loss: LossSpec,
): Promise<void> {
  const scores = await ask(target, book, rows, loss);
  trails.forEach((trail, i) => observe(trail, lossOf(target, loss, i, scores), null));
}

function lossOf({ head }: DifferentiableTarget, loss: LossSpec, i: number, scores: Tensor): number {
  return sampleLoss(head, loss, i, row(scores, i)).value;
}
