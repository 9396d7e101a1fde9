import { row, type Tensor } from '#base/tensor';
import { rng } from '#stats/random';
import { linearTarget } from '#target/linear';
import type { DifferentiableTarget, Samples } from '#target/target';

export type BoxedNorm = 'Linf' | 'L2' | 'L1' | 'L0';

/** A linear model with one score over [0, 1], samples of which many values lie at the ends, and their exact distances. */
export interface BoxedLinear {
  readonly target: DifferentiableTarget;
  readonly samples: Samples;
  readonly weights: readonly number[];
  /** The size of the least legal change that makes a sample wrong. */
  readonly distance: (position: number, norm: BoxedNorm) => number;
}

export function boxedLinear(shape: readonly number[], n: number): BoxedLinear {
  const size = shape.reduce((product, axis) => product * axis, 1);
  const source = rng(`boxed/${shape.join('x')}`);
  const weights = Array.from({ length: size }, () => source.normal());
  const data = Float32Array.from({ length: n * size }, () => Math.min(Math.max(source.normal() / 2 + 0.5, 0), 1));
  const inputs: Tensor = { shape: [n, ...shape], data };
  const bias = -weights.reduce((sum, weight) => sum + weight / 2, 0);
  const scores = Array.from({ length: n }, (_, i) =>
    row(inputs, i).reduce((sum, value, k) => sum + value * (weights[k] ?? NaN), bias),
  );
  const labels = { width: 1, values: Float64Array.from(scores, (score) => (score > 0 ? 1 : 0)) };
  return {
    target: linearTarget([weights], [bias], { head: { kind: 'binary' }, shape }),
    samples: { inputs, labels, indices: scores.map((_, i) => i) },
    weights,
    distance: (position, norm) => {
      const score = scores[position] ?? NaN;
      const values = row(inputs, position);
      // How far each value may go in the direction that lowers the margin.
      const rooms = weights.map((weight, k) => (weight * score > 0 ? (values[k] ?? NaN) : 1 - (values[k] ?? NaN)));
      return leastChange(norm, weights.map(Math.abs), Math.abs(score), rooms);
    },
  };
}

/** The least size of a change c with 0 <= c <= rooms and slopes . c = need: greedy, or by bisection of its one parameter. */
function leastChange(norm: BoxedNorm, slopes: readonly number[], need: number, rooms: readonly number[]): number {
  const gain = (i: number) => (slopes[i] ?? NaN) * (rooms[i] ?? NaN);
  if (norm === 'L0' || norm === 'L1') {
    const worth = (i: number) => (norm === 'L0' ? gain(i) : (slopes[i] ?? NaN));
    const order = [...slopes.keys()].sort((a, b) => worth(b) - worth(a));
    let left = need;
    let total = 0;
    for (const i of order) {
      if (left <= 0) break;
      total += norm === 'L0' ? 1 : Math.min(rooms[i] ?? NaN, left / (slopes[i] ?? NaN));
      left -= gain(i);
    }
    return left > 0 ? Infinity : total;
  }
  const change = (t: number) => slopes.map((slope, i) => Math.min(norm === 'L2' ? t * slope : t, rooms[i] ?? NaN));
  let [low, high] = [0, 1e6];
  for (let k = 0; k < 100; k++) {
    const middle = (low + high) / 2;
    const reached = change(middle).reduce((sum, value, i) => sum + value * (slopes[i] ?? NaN), 0);
    if (reached >= need) high = middle;
    else low = middle;
  }
  return norm === 'L2' ? Math.hypot(...change(high)) : Math.max(...change(high));
}
