import { row, rowSize, rowsOf, sizeOf, type Tensor } from '#base/tensor';
import type { Features } from '#plugin/explainer';
import type { Target } from '#target/target';
import { distinctRows } from './distinct.js';
import type { CoalitionGame } from './game.js';

export interface Masking {
  /** One sample, [1, ...shape]. */
  readonly sample: Tensor;
  /** The index of the score that is explained. */
  readonly score: number;
  readonly features: Features;
  /** What stands in the place of absent features, [rows, ...shape]: a baseline, or rows over which scores are averaged. */
  readonly background: Tensor;
  /** How many rows went through the target in one go. */
  readonly asked?: (rows: number) => void;
}

/** As many values go through the target at once, but never less rows than these: engines split them as they need. */
const CHUNK_VALUES = 2 ** 18;
const LEAST_ROWS = 32;

/**
 * The game whose players are features: a coalition is worth the mean score of the sample with the values of absent features
 * taken from each row of the background (the interventional value function of Janzing et al. 2020, arXiv:1910.13413; with one
 * row that of a baseline). Equal coalitions of a call are asked for once.
 */
export function maskingGame(target: Pick<Target, 'predict'>, masking: Masking): CoalitionGame {
  const players = masking.features.names.length;
  const positions = positionsByFeature(masking.features);
  return {
    players,
    async worths(members, count) {
      const { first, group } = distinctRows(members, count, players);
      const worths = await worthsOf(target, masking, positions, members, first);
      return Float64Array.from(group, (at) => worths[at] ?? NaN);
    },
  };
}

/** Rows are pairs of a coalition and a background row, of which chunks are filled one after another. */
async function worthsOf(
  target: Pick<Target, 'predict'>,
  masking: Masking,
  positions: readonly Int32Array[],
  members: Uint8Array,
  coalitions: Int32Array,
): Promise<Float64Array> {
  const { sample, score, background, asked } = masking;
  const shape = sample.shape.slice(1);
  const size = sizeOf(shape);
  const backgrounds = rowsOf(background);
  const mixer = mixerOf(masking, positions);
  const sums = new Float64Array(coalitions.length);
  const total = coalitions.length * backgrounds;
  const most = Math.min(total, Math.max(LEAST_ROWS, Math.floor(CHUNK_VALUES / size)));
  const chunk = new Float32Array(most * size);
  for (let start = 0; start < total; start += most) {
    const rows = Math.min(most, total - start);
    const data = chunk.subarray(0, rows * size);
    for (let row = 0; row < rows;) {
      const from = (start + row) % backgrounds;
      const to = Math.min(backgrounds, from + rows - row);
      const coalition = (coalitions[Math.floor((start + row) / backgrounds)] ?? 0) * positions.length;
      mix(mixer, members, coalition, { from, to }, data, row * size);
      row += to - from;
    }
    const scores = await target.predict({ shape: [rows, ...shape], data });
    addUp(scores, score, start, backgrounds, sums);
    asked?.(rows);
  }
  return sums.map((sum) => sum / backgrounds);
}

/** Adds scores to those of their coalitions, each of which has as many rows as the background; the first is row `start` of all. */
function addUp(scores: Tensor, score: number, start: number, backgrounds: number, sums: Float64Array): void {
  const width = rowSize(scores);
  const { data } = scores;
  let place = Math.floor(start / backgrounds);
  let left = backgrounds - (start % backgrounds);
  let sum = 0;
  for (let at = score; at < data.length; at += width) {
    sum += data[at] ?? NaN;
    if (--left > 0) continue;
    sums[place] = (sums[place] ?? NaN) + sum;
    [sum, left, place] = [0, backgrounds, place + 1];
  }
  if (left < backgrounds) sums[place] = (sums[place] ?? NaN) + sum;
}

/** What rows are mixed from: coalitions of few features are written into the background, those of many into the sample. */
interface Mixer {
  readonly size: number;
  /** The positions of each feature. */
  readonly positions: readonly Int32Array[];
  /** The sample, once for each row of the background. */
  readonly present: Float32Array;
  /** The background, with the sample at positions of no feature. */
  readonly absent: Float32Array;
}

function mixerOf({ sample, features, background }: Masking, positions: readonly Int32Array[]): Mixer {
  const values = row(sample, 0);
  const size = values.length;
  const present = new Float32Array(background.data.length);
  for (let start = 0; start < present.length; start += size) present.set(values, start);
  const absent = background.data.map((value, i) => ((features.of[i % size] ?? -1) < 0 ? (present[i] ?? NaN) : value));
  return { size, positions, present, absent };
}

/** Writes a coalition's rows for a range of the background, from `at` on. */
function mix(
  { size, positions, present, absent }: Mixer,
  members: Uint8Array,
  coalition: number,
  { from, to }: { readonly from: number; readonly to: number },
  out: Float32Array,
  at: number,
): void {
  let count = 0;
  for (let player = 0; player < positions.length; player++) count += members[coalition + player] ?? 0;
  const isSmall = 2 * count < positions.length;
  const [base, other] = isSmall ? [absent, present] : [present, absent];
  const [start, end] = [from * size, to * size];
  // A view costs as much as it copies.
  out.set(end - start === base.length ? base : base.subarray(start, end), at);
  for (let player = 0; player < positions.length; player++) {
    if ((members[coalition + player] === 1) !== isSmall) continue;
    const own = positions[player] ?? NONE;
    for (let j = 0; j < own.length; j++) {
      for (let i = start + (own[j] ?? 0); i < end; i += size) out[at + i - start] = other[i] ?? NaN;
    }
  }
}

const NONE = new Int32Array(0);

function positionsByFeature({ names, of }: Features): Int32Array[] {
  const lists = names.map((): number[] => []);
  of.forEach((feature, position) => lists[feature]?.push(position));
  return lists.map((list) => Int32Array.from(list));
}
