import type { LossSpec } from '#engine/index';
import { sampleLoss } from '#target/losses';
import type { WaveTarget } from './wave-target.js';

type Vector = readonly number[];

export interface PaperRun {
  readonly norm: 'Linf' | 'L2' | 'L1';
  readonly epsilon: number;
  readonly steps: number;
  readonly loss: LossSpec;
}

/**
 * APGD of one sample in double precision, as its papers write it down: all losses kept in a list, sets and sums by their
 * definitions, projections by bisection. Shares nothing with the attack but the loss.
 *
 * @returns x^(0), ..., x^(steps), and at which of them the walk went back to its best point
 */
export function byThePaper(
  target: WaveTarget,
  center: Vector,
  start: Vector,
  run: PaperRun,
): { readonly iterates: readonly Vector[]; readonly returns: readonly number[] } {
  return run.norm === 'L1' ? sparse(target, center, start, run) : halving(target, center, start, run);
}

function halving(target: WaveTarget, center: Vector, start: Vector, run: PaperRun) {
  const { steps, epsilon } = run;
  // w_0 = 0, w_1 = 0.22 N, w_{j+1} = w_j + max(w_j - w_{j-1} - 0.03 N, 0.06 N), rounded down.
  const w = [0, Math.floor(0.22 * steps)];
  while ((w.at(-1) ?? NaN) < steps) {
    const length = (w.at(-1) ?? NaN) - (w.at(-2) ?? NaN) - Math.floor(0.03 * steps);
    w.push((w.at(-1) ?? NaN) + Math.max(length, Math.floor(0.06 * steps)));
  }
  const project = (x: Vector): Vector => intoBall(center, x, run);
  const iterates: Vector[] = [start];
  const losses = [valueAt(target, start, run)];
  const bestUpTo: number[] = [];
  const etas: number[] = [];
  const returns: number[] = [];
  let [eta, x, before] = [2 * epsilon, start, start];
  for (let k = 0; k < steps; k++) {
    bestUpTo[k] = Math.max(...losses);
    etas[k] = eta;
    const j = w.indexOf(k);
    if (j > 0) {
      const [from, to] = [w[j - 1] ?? NaN, k];
      let rises = 0;
      for (let i = from; i < to; i++) if ((losses[i + 1] ?? NaN) > (losses[i] ?? NaN)) rises++;
      const one = rises <= 0.75 * (to - from);
      const two = j > 1 && etas[from] === etas[w[j - 2] ?? NaN] && bestUpTo[from] === bestUpTo[to];
      if (one || two) {
        eta /= 2;
        returns.push(k);
        x = iterates[losses.indexOf(Math.max(...losses))] ?? [];
      }
      etas[k] = eta;
    }
    const direction = steepest(gradientAt(target, x, run), run);
    const z = project(x.map((value, i) => value + eta * (direction[i] ?? NaN)));
    const alpha = k === 0 ? 1 : 0.75;
    const next = project(
      x.map((value, i) => value + alpha * ((z[i] ?? NaN) - value) + (1 - alpha) * (value - (before[i] ?? NaN))),
    );
    before = x;
    x = next;
    iterates.push(x);
    losses.push(valueAt(target, x, run));
  }
  return { iterates, returns };
}

function sparse(target: WaveTarget, center: Vector, start: Vector, run: PaperRun) {
  const { steps, epsilon } = run;
  const window = Math.max(Math.floor(0.04 * steps), 1);
  const iterates: Vector[] = [start];
  const losses = [valueAt(target, start, run)];
  const returns: number[] = [];
  // Inputs are float32: what is nearer than that is the same.
  const changed = (x: Vector) => x.filter((value, i) => Math.fround(value) !== center[i]).length;
  let [eta, x] = [epsilon, start];
  let sparsity = center.length;
  let followed = Math.ceil(0.2 * center.length);
  for (let k = 0; k < steps; k++) {
    if (k > 0 && k % window === 0) {
      const best = iterates[losses.indexOf(Math.max(...losses))] ?? [];
      const isSparser = changed(best) < 0.95 * sparsity;
      eta = isSparser ? epsilon : Math.max(eta / 1.5, epsilon / 10);
      sparsity = changed(best);
      followed = Math.ceil(sparsity / 1.5);
      if (isSparser) {
        returns.push(k);
        x = best;
      }
    }
    const g = gradientAt(target, x, run);
    const threshold = g.map(Math.abs).sort((a, b) => b - a)[followed - 1] ?? NaN;
    const signs = g.map((slope) => (Math.abs(slope) >= threshold ? Math.sign(slope) : 0));
    const chosen = signs.filter((sign) => sign !== 0).length;
    x = intoBall(
      center,
      x.map((value, i) => value + (eta * (signs[i] ?? NaN)) / chosen),
      run,
    );
    iterates.push(x);
    losses.push(valueAt(target, x, run));
  }
  return { iterates, returns };
}

function valueAt(target: WaveTarget, x: Vector, { loss }: PaperRun): number {
  return sampleLoss(target.head, loss, 0, target.scoresAt(x)).value;
}

function gradientAt(target: WaveTarget, x: Vector, { loss }: PaperRun): Vector {
  const { slope } = sampleLoss(target.head, loss, 0, target.scoresAt(x));
  const slopes = target.slopesAt(x);
  return x.map((_, j) => slopes.reduce((sum, each, k) => sum + (slope[k] ?? NaN) * (each[j] ?? NaN), 0));
}

function steepest(g: Vector, { norm }: PaperRun): Vector {
  const length = Math.hypot(...g);
  return g.map((slope) => (norm === 'Linf' ? Math.sign(slope) : slope / length));
}

/** Into the ball, then into [0, 1]; in L1 into both at once. */
function intoBall(center: Vector, x: Vector, { norm, epsilon }: PaperRun): Vector {
  const clip = (value: number) => Math.min(Math.max(value, 0), 1);
  const offset = x.map((value, i) => value - (center[i] ?? NaN));
  if (norm === 'Linf') return offset.map((o, i) => clip((center[i] ?? NaN) + Math.min(Math.max(o, -epsilon), epsilon)));
  if (norm === 'L2') {
    const scale = Math.min(1, epsilon / Math.hypot(...offset));
    return offset.map((o, i) => clip((center[i] ?? NaN) + scale * o));
  }
  const shrunk = (lambda: number) =>
    offset.map((o, i) => clip((center[i] ?? NaN) + Math.sign(o) * Math.max(Math.abs(o) - lambda, 0)));
  const sizeAt = (lambda: number) =>
    shrunk(lambda).reduce((sum, value, i) => sum + Math.abs(value - (center[i] ?? NaN)), 0);
  let [low, high] = [0, Math.max(...offset.map(Math.abs))];
  if (sizeAt(0) <= epsilon) return shrunk(0);
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (sizeAt(middle) > epsilon) low = middle;
    else high = middle;
  }
  return shrunk(high);
}
