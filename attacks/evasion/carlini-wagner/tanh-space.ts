import { isUsable } from '../geometry/ascent.js';
import { roundToward } from '../geometry/float32.js';
import { widthAt, type Box } from '../geometry/space.js';
import { unitOf } from '../search/minimum-norm.js';

/** Keeps the ends of the range at a finite place, from where values can move (the authors' constant). */
const INSIDE = 0.999999;

/** Adam's decay rates and the constant in its denominator (Kingma & Ba 2015, algorithm 1). */
const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;
const ADAM_EPSILON = 1e-8;

// Run for every value of every iterate: what is global is looked up once.
const { atanh, exp, sqrt } = Math;

/**
 * One input in the variables of Carlini & Wagner 2017 (arXiv:1608.04644, section V.D): a value at the share u of its range
 * is u = (tanh w + 1) / 2, which is within the range whatever w is. Adam moves w.
 */
export interface TanhPoint {
  /** Back to the input and the beginning of Adam. */
  reset(): void;
  /** Of the iterate: the square of its distance to the input as tanh gives it, in shares of the widest range. */
  squaredDistance(): number;
  /**
   * One step of Adam down |x' - x|^2 - weight x loss.
   *
   * @param gradient of the loss at the iterate, in the units of the data; one that gives no direction counts as zero
   */
  descend(gradient: Float32Array, weight: number, rate: number): void;
  /** Writes the iterate in the units of the data; what nobody can change stays as it was. */
  write(into: Float32Array): void;
}

/** What the points of one domain share. */
export interface TanhSpace {
  pointAt(original: Float32Array): TanhPoint;
}

export function tanhSpace(box: Box): TanhSpace {
  const { low, immutable } = box;
  const unit = unitOf(box);
  const widths = low.map((_, i) => (immutable.has(i) ? 0 : widthAt(box, i)));
  // Distances are those of the data, not of shares, where ranges differ.
  const weights = widths.map((width) => (unit > 0 ? (width / unit) ** 2 : 0));
  return { pointAt: (original) => pointAt(original, low, widths, weights) };
}

function pointAt(original: Float32Array, low: Float64Array, widths: Float64Array, weights: Float64Array): TanhPoint {
  const size = original.length;
  const center = centerOf(original, low, widths);
  const share = center.slice();
  const w = new Float64Array(size);
  const first = new Float32Array(size);
  const second = new Float32Array(size);
  let steps = 0;
  return {
    reset() {
      share.set(center);
      for (let i = 0; i < size; i++) w[i] = atanh(2 * (center[i] ?? NaN) - 1);
      first.fill(0);
      second.fill(0);
      steps = 0;
    },
    squaredDistance() {
      let sum = 0;
      for (let i = 0; i < size; i++) sum += (weights[i] ?? NaN) * ((share[i] ?? NaN) - (center[i] ?? NaN)) ** 2;
      return sum;
    },
    descend(gradient, weight, rate) {
      steps++;
      const pull = isUsable(gradient) ? weight : 0;
      const firstScale = 1 / (1 - FIRST_DECAY ** steps);
      const secondScale = 1 / (1 - SECOND_DECAY ** steps);
      for (let i = 0; i < size; i++) {
        const own = share[i] ?? NaN;
        const away = 2 * (weights[i] ?? NaN) * (own - (center[i] ?? NaN));
        const rise = pull === 0 ? 0 : pull * (widths[i] ?? NaN) * (gradient[i] ?? NaN);
        // d u / d w = 2 u (1 - u)
        const slope = 2 * own * (1 - own) * (away - rise);
        const m = FIRST_DECAY * (first[i] ?? NaN) + (1 - FIRST_DECAY) * slope;
        const v = SECOND_DECAY * (second[i] ?? NaN) + (1 - SECOND_DECAY) * slope * slope;
        first[i] = m;
        second[i] = v;
        const moved = (w[i] ?? NaN) - (rate * m * firstScale) / (sqrt(v * secondScale) + ADAM_EPSILON);
        w[i] = moved;
        share[i] = 1 / (1 + exp(-2 * moved));
      }
    },
    write(into) {
      for (let i = 0; i < size; i++) {
        const origin = original[i] ?? NaN;
        const width = widths[i] ?? NaN;
        into[i] = width === 0 ? origin : roundToward((low[i] ?? NaN) + width * (share[i] ?? NaN), origin);
      }
    },
  };
}

/** The shares of the ranges at which the values of an input are, as tanh gives them back. */
function centerOf(original: Float32Array, low: Float64Array, widths: Float64Array): Float64Array {
  const center = new Float64Array(original.length);
  for (let i = 0; i < center.length; i++) {
    const width = widths[i] ?? NaN;
    const share = width === 0 ? 0.5 : ((original[i] ?? NaN) - (low[i] ?? NaN)) / width;
    center[i] = ((2 * Math.min(Math.max(share, 0), 1) - 1) * INSIDE + 1) / 2;
  }
  return center;
}
