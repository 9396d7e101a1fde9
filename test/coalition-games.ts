/** The models of captum's tests that coalitions are held against, in double arithmetic and as ONNX, and games with known values. */
import type { CoalitionGame } from '../probes/explanation/methods/coalitions/game.js';
import type { ModelBytes } from '../src/engine/contract.js';
import { float32Constant } from '../src/engine/onnx/graph/constants.js';
import { rng } from '../src/stats/random.js';
import { graphOf, modelOf } from './linear-model.js';

const relu = (value: number) => Math.max(0, value);

/** BasicModel_MultiLayer, score 0. */
export function multiLayer(x: ArrayLike<number>): number {
  const sum = Array.from(x).reduce((a, b) => a + b, 0);
  return relu(sum - 10) + 3 * relu(sum + 1) - 1;
}

export const multiLayerModel: ModelBytes = modelOf(
  graphOf({
    nodes: [
      { op: 'Gemm', inputs: ['x', 'identity'], outputs: ['linear0'] },
      { op: 'Gemm', inputs: ['linear0', 'ones', 'bias1'], outputs: ['linear1'] },
      { op: 'Relu', inputs: ['linear1'], outputs: ['relu'] },
      { op: 'Gemm', inputs: ['relu', 'last', 'bias2'], outputs: ['y'] },
    ],
    constants: new Map([
      ['identity', float32Constant([3, 3], [1, 0, 0, 0, 1, 0, 0, 0, 1])],
      ['ones', float32Constant([3, 4], new Array<number>(12).fill(1))],
      ['bias1', float32Constant([4], [-10, 1, 1, 1])],
      ['last', float32Constant([4, 2], new Array<number>(8).fill(1))],
      ['bias2', float32Constant([2], [-1, 1])],
    ]),
    inputShape: ['n', 3],
    outputShape: ['n', 2],
  }),
);

const SIGNS = [1, 1, 1, 1, 1, -1, -1, -1];

/** ConvNet_One_Conv, score 0, of a picture of 4 x 4. */
export function oneConvolution(x: ArrayLike<number>): number {
  let sum = 0;
  SIGNS.forEach((sign, i) => {
    const [row, column] = [Math.floor((i % 4) / 2), i % 2];
    let convolved = i < 4 ? -50 : -75;
    for (let dy = 0; dy < 3; dy++) for (let dx = 0; dx < 3; dx++) convolved += x[(row + dy) * 4 + column + dx] ?? NaN;
    sum += sign * relu(convolved);
  });
  return relu(sum);
}

export const oneConvolutionModel: ModelBytes = modelOf(
  graphOf({
    nodes: [
      { op: 'Conv', inputs: ['x', 'kernel', 'bias'], outputs: ['conv1'] },
      { op: 'Relu', inputs: ['conv1'], outputs: ['relu1'] },
      { op: 'Flatten', inputs: ['relu1'], outputs: ['flat'] },
      { op: 'Gemm', inputs: ['flat', 'last'], outputs: ['fc1'] },
      { op: 'Relu', inputs: ['fc1'], outputs: ['y'] },
    ],
    constants: new Map([
      ['kernel', float32Constant([2, 1, 3, 3], new Array<number>(18).fill(1))],
      ['bias', float32Constant([2], [-50, -75])],
      [
        'last',
        float32Constant(
          [8, 4],
          SIGNS.flatMap((sign) => [sign, sign, sign, sign]),
        ),
      ],
    ]),
    inputShape: ['n', 1, 4, 4],
    outputShape: ['n', 4],
  }),
);

/** The game of a function whose absent features take the values of a baseline, in double arithmetic throughout. */
export function functionGame(
  score: (x: Float64Array) => number,
  x: readonly number[],
  baseline: readonly number[] = x.map(() => 0),
  of: readonly number[] = x.map((_, i) => i),
): CoalitionGame {
  const players = Math.max(...of) + 1;
  return {
    players,
    worths: (members, count) =>
      Promise.resolve(
        Float64Array.from({ length: count }, (_, row) =>
          score(
            Float64Array.from(x, (value, i) =>
              members[row * players + (of[i] ?? 0)] === 1 ? value : (baseline[i] ?? NaN),
            ),
          ),
        ),
      ),
  };
}

/** A game that is a sum of products of players, and its Shapley values: each product is shared evenly. */
export interface KnownGame extends CoalitionGame {
  readonly shapley: Float64Array;
}

/** Every player alone, every pair, and so many triples, with normal weights. */
export function productGame(players: number, triples: number): KnownGame {
  const source = rng(`products of ${players}`);
  const terms: { readonly members: readonly number[]; readonly weight: number }[] = [];
  for (let i = 0; i < players; i++) {
    terms.push({ members: [i], weight: source.normal() });
    for (let j = 0; j < i; j++) terms.push({ members: [i, j], weight: source.normal() });
  }
  for (let i = 0; i < triples; i++) {
    const first = source.integer(players - 2);
    const second = first + 1 + source.integer(players - first - 2);
    const third = second + 1 + source.integer(players - second - 1);
    terms.push({ members: [first, second, third], weight: 3 * source.normal() });
  }
  const shapley = new Float64Array(players);
  for (const { members, weight } of terms)
    for (const i of members) shapley[i] = (shapley[i] ?? NaN) + weight / members.length;
  const worth = (row: Uint8Array) =>
    terms.reduce((sum, { members, weight }) => (members.every((i) => row[i] === 1) ? sum + weight : sum), 0);
  return {
    players,
    shapley,
    worths: (members, count) =>
      Promise.resolve(
        Float64Array.from({ length: count }, (_, i) => worth(members.subarray(i * players, (i + 1) * players))),
      ),
  };
}

/** A game without any structure: each coalition is worth a normal number of its own. */
export function noiseGame(players: number): CoalitionGame {
  const source = rng('noise');
  const table = Float64Array.from({ length: 2 ** players }, () => source.normal());
  return {
    players,
    worths: (members, count) =>
      Promise.resolve(
        Float64Array.from({ length: count }, (_, row) => {
          let set = 0;
          for (let i = 0; i < players; i++) set += (members[row * players + i] ?? 0) * 2 ** i;
          return table[set] ?? NaN;
        }),
      ),
  };
}

export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return a.length === b.length
    ? Array.from(a, (value, i) => Math.abs(value - (b[i] ?? NaN))).reduce((x, y) => (x >= y ? x : y), 0)
    : NaN;
}
