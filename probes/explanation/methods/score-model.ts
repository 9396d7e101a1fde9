import { row, sizeOf, type Tensor } from '#base/tensor';
import type { LossSpec } from '#engine/index';

/** Gradients of one score of each sample: all that gradient methods ask of a model. */
export interface ScoreModel {
  gradient(inputs: Tensor, loss: LossSpec): Promise<{ readonly gradient: Tensor; readonly loss: Float32Array }>;
}

/** Points at which gradients are wanted: those of many samples as one list, which never lies in memory as a whole. */
export interface Points {
  /** Of one point. */
  readonly shape: readonly number[];
  readonly count: number;
  /** Writes a point. Each is asked for once, in order. */
  write(index: number, into: Float32Array): void;
  /** The index of the score that is explained there. */
  scoreAt(index: number): number;
}

/** At most so many values are in one batch. */
const BATCH_VALUES = 2 ** 22;
/** More points at once save no time: engines split them anyway. */
const BATCH_POINTS = 1024;

/**
 * Takes the gradients at points in full batches, whichever samples they belong to.
 *
 * @param visit is given each point's gradient and score, in order; the gradient is not to be kept
 */
export async function visitGradients(
  model: ScoreModel,
  points: Points,
  visit: (index: number, gradient: Float32Array, score: number) => void,
): Promise<void> {
  await visitPoints(
    points,
    (inputs, loss) => model.gradient(inputs, loss),
    (index, { gradient, loss }, at) => visit(index, row(gradient, at), loss[at] ?? NaN),
  );
}

/**
 * Asks a model about points in full batches.
 *
 * @param visit is given what was found, for each point in order, and the row at which that point is
 */
export async function visitPoints<Found>(
  points: Points,
  ask: (inputs: Tensor, loss: LossSpec) => Promise<Found>,
  visit: (index: number, found: Found, row: number) => void,
): Promise<void> {
  const { shape, count } = points;
  const size = sizeOf(shape);
  const most = Math.max(1, Math.min(BATCH_POINTS, Math.floor(BATCH_VALUES / size)));
  for (let start = 0; start < count; start += most) {
    const rows = Math.min(most, count - start);
    const data = new Float32Array(rows * size);
    const labels = new Float64Array(rows);
    for (let i = 0; i < rows; i++) {
      points.write(start + i, data.subarray(i * size, (i + 1) * size));
      labels[i] = points.scoreAt(start + i);
    }
    const found = await ask({ shape: [rows, ...shape], data }, { kind: 'score', labels });
    for (let i = 0; i < rows; i++) visit(start + i, found, i);
  }
}

/**
 * The score that is explained of each row, by the graph that gives its gradient too.
 *
 * @param labels the index of the score, one a row
 */
export async function scoresAt(model: ScoreModel, inputs: Tensor, labels: Float64Array): Promise<Float64Array> {
  const { loss } = await model.gradient(inputs, { kind: 'score', labels });
  return Float64Array.from(loss);
}
