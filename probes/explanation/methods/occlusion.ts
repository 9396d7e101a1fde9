import { AssayError } from '#base/errors';
import { row, sizeOf, type Tensor } from '#base/tensor';
import type { Attributions } from './attributions.js';

export interface Occlusion {
  /** How far the window reaches along each axis of a sample. */
  readonly window: readonly number[];
  /** From one place of the window to the next, along each axis; at most as far as the window reaches. */
  readonly strides: readonly number[];
  /** What a value gets that several windows cover: the mean of their differences (Captum), or their sum (saliency). */
  readonly overlaps: 'mean' | 'sum';
}

/** As many values go through the model at once, but never less rows than these. */
const CHUNK_VALUES = 2 ** 20;
const LEAST_ROWS = 32;

/**
 * Occlusion (Zeiler & Fergus 2014, arXiv:1311.2901): f(x) - f(x with a window of it replaced), for all values under the window,
 * which slides along every axis; the last window of an axis ends where the sample does.
 *
 * @param scores the explained score of each of some inputs, [n, ...shape]
 * @param sample [1, ...shape]
 * @param baseline what stands in the place of what the window covers, in the shape of the sample
 * @throws AssayError `usage` for windows that do not fit, or leave values out
 */
export async function occlusion(
  scores: (inputs: Tensor) => Promise<Float64Array>,
  sample: Tensor,
  baseline: Float32Array,
  { window, strides, overlaps }: Occlusion,
): Promise<Attributions> {
  const shape = sample.shape.slice(1);
  const places = placesOf(shape, window, strides);
  const size = sizeOf(shape);
  const total = sizeOf(places);
  const sums = new Float64Array(size);
  const covers = new Float64Array(size);
  const values = row(sample, 0);
  const [whole = NaN] = await scores(sample);
  const most = Math.max(LEAST_ROWS, Math.floor(CHUNK_VALUES / size));
  for (let start = 0; start < total; start += most) {
    const rows = Math.min(most, total - start);
    const data = new Float32Array(rows * size);
    const covered = Array.from({ length: rows }, (_, i) => positionsUnder(shape, window, strides, places, start + i));
    covered.forEach((positions, i) => {
      data.set(values, i * size);
      for (const position of positions) data[i * size + position] = baseline[position] ?? NaN;
    });
    const occluded = await scores({ shape: [rows, ...shape], data });
    covered.forEach((positions, i) => {
      const difference = whole - (occluded[i] ?? NaN);
      for (const position of positions) {
        sums[position] = (sums[position] ?? NaN) + difference;
        covers[position] = (covers[position] ?? NaN) + 1;
      }
    });
  }
  return { shape: sample.shape, values: overlaps === 'sum' ? sums : sums.map((sum, i) => sum / (covers[i] ?? NaN)) };
}

/** How many places the window has along each axis. */
function placesOf(shape: readonly number[], window: readonly number[], strides: readonly number[]): number[] {
  return shape.map((length, axis) => {
    const [reach = 0, stride = 0] = [window[axis], strides[axis]];
    const fits = reach >= 1 && reach <= length && stride >= 1 && (stride <= reach || reach === length);
    if (fits && window.length === shape.length) return 1 + Math.ceil((length - reach) / stride);
    throw new AssayError('usage', {
      what:
        `a window of [${window.join(', ')}] in steps of [${strides.join(', ')}] does not cover a sample of ` +
        `[${shape.join(', ')}]: along each axis the window fits into the sample, and no step is longer than it`,
    });
  });
}

/** The values that the window covers at one of its places. */
function positionsUnder(
  shape: readonly number[],
  window: readonly number[],
  strides: readonly number[],
  places: readonly number[],
  place: number,
): Int32Array {
  let positions = Int32Array.of(0);
  let left = place;
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const first = (left % (places[axis] ?? 1)) * (strides[axis] ?? 1);
    left = Math.floor(left / (places[axis] ?? 1));
    const length = Math.min(window[axis] ?? 1, (shape[axis] ?? 1) - first);
    const further = new Int32Array(length * positions.length);
    for (let i = 0, to = 0; i < length; i++) {
      for (const position of positions) further[to++] = (first + i) * step + position;
    }
    positions = further;
    step *= shape[axis] ?? 1;
  }
  return positions;
}
