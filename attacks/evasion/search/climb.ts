import { zeros } from '#base/tensor';
import type { LossSpec } from '#engine/index';
import type { DifferentiableTarget } from '#target/target';
import { ask, follow } from './ask.js';
import { ascended, compacted, type Rows, type Space, type Stride, type Walk } from './walk.js';
import type { WorstCase } from './worst-case.js';

export interface Climb {
  readonly steps: number;
  readonly stride: Stride;
  /** Whether a sample stops at its first wrong iterate. What is left moves together into full batches. */
  readonly earlyStop: boolean;
  /** What is climbed; default: the loss of the search. */
  readonly lossOf?: (rows: Rows) => LossSpec;
}

/** Steepest ascent of the loss: every iterate is judged, the last one by a forward pass. */
export async function climb(
  target: DifferentiableTarget,
  search: WorstCase,
  start: Walk,
  space: Space,
  { steps, stride, earlyStop, lossOf = (rows) => search.lossOf(rows) }: Climb,
  onStep: () => void,
): Promise<void> {
  let walk = start;
  search.beginRestart();
  for (let step = 0; step < steps; step++, onStep()) {
    if (walk.positions.length === 0) continue;
    const { gradient } = await follow(target, search, walk, lossOf(walk));
    // Those at the start belong to others: balls have their centers there.
    const own = walk.inputs === start.inputs ? zeros(start.inputs.shape) : walk.inputs;
    const { walk: left, rows } = compacted(walk, (position) => !(earlyStop && search.isBroken(position)), own.data);
    walk = ascended(left, gradient, rows, space, stride, left === walk ? own : left.inputs);
  }
  if (walk.positions.length > 0) await ask(target, search, walk, lossOf(walk));
}
