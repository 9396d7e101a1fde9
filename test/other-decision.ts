import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '#base/package-root';
import type { OneHotColumn, Relation, ScalarColumn, TabularDomain } from '#target/domain';
import { boundsOf, columnsOf, isLegal, nearestLegal, positionsOf } from '#target/table-domain';
import { intOf } from '../src/engine/onnx/graph/attributes.js';
import { numbersOf } from '../src/engine/onnx/graph/constants.js';
import { decodeModel } from '../src/engine/onnx/proto/codec.js';
import { modelBytes } from './onnx-files.js';

/** y = W x + b, followed by a ReLU in every layer but the last. */
interface Layer {
  readonly weights: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

/** All rows whose values lie between two rows. */
interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** More than the float32 arithmetic of the model is ever away from that of the proof. */
const ROUNDING = 1e-4;
/** A range is not cut any finer than this share of its column's. */
const FINEST = 2 ** -16;
/** A column of more codes is a range, which is safe: more rows are looked at than are legal. */
const CODES = 16;

/**
 * Whether any legal row gets another decision of a two-class MLP than `original`: branch and bound over every combination
 * of categories and codes, and over halves of the ranges of the other columns, by interval bounds (Gowal et al. 2018,
 * arXiv 1810.12715, section 3). Only what is immutable stays as it is.
 *
 * @returns such a row, or null where it is proved that there is none
 * @throws where scores are too near to each other for either
 */
export function otherDecision(
  layers: readonly Layer[],
  domain: TabularDomain,
  original: Float32Array,
): Float32Array | null {
  const margin = marginOf(layers, original);
  const scored = (box: Box) => ({ box, least: lowest(margin, box) });
  const mayHold = (box: Box) => !(domain.relations ?? []).some((relation) => cannotHold(relation, box));
  const open = [scored(boxAround(domain, original))];
  let isUnclear = false;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.least > ROUNDING) continue;
    const found = candidates(domain, next.box).find(
      (row) => isLegal(domain, row, original) && lowest(margin, pointBox(row)) < -ROUNDING,
    );
    if (found !== undefined) return found;
    const smaller = parts(domain, next.box);
    if (smaller.length === 0) isUnclear = true;
    // The most promising one comes next.
    open.push(
      ...smaller
        .filter(mayHold)
        .map(scored)
        .toSorted((a, b) => b.least - a.least),
    );
  }
  if (isUnclear) throw new Error('A margin is too near to zero for a proof.');
  return null;
}

/** The layers of a fixture of Gemm and Relu on inputs in the units of its domain. */
export function mlpLayers(name: string, { mean, std }: TabularDomain): Layer[] {
  const graph = decodeModel(modelBytes(readFileSync(join(packageRoot(), `fixtures/models/tabular/${name}.onnx`))));
  const layers = graph.nodes
    .filter(({ op }) => op !== 'Relu')
    .map((node): Layer => {
      const [weights, bias] = node.inputs.slice(1).map((input) => graph.constants.get(input));
      if (node.op !== 'Gemm' || intOf(node, 'transB', 0) !== 1 || weights === undefined || bias === undefined) {
        throw new Error(`${node.op} is no layer of an MLP`);
      }
      const [, width = NaN] = weights.shape;
      const values = numbersOf(weights);
      const rows = Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));
      return { weights: rows, bias: numbersOf(bias) };
    });
  const [first, ...others] = layers;
  if (first === undefined) throw new Error(`${name} has no layer`);
  const scaled = first.weights.map((weights) => weights.map((weight, j) => weight / (std[j] ?? NaN)));
  const bias = first.bias.map((value, i) => value - dot(scaled[i] ?? [], mean));
  return [{ weights: scaled, bias }, ...others];
}

/** The scores of one row. */
export function mlpScores(layers: readonly Layer[], values: ArrayLike<number>): Float64Array {
  return imageOf(layers, pointBox(values)).low;
}

/** The layers up to the score of the class of `original` less the other's. */
function marginOf(layers: readonly Layer[], original: Float32Array): readonly Layer[] {
  const scores = mlpScores(layers, original);
  const last = layers.at(-1);
  const [a, b] = last?.weights ?? [];
  if (last === undefined || a === undefined || b === undefined || scores.length !== 2)
    throw new Error('not two classes');
  const sign = (scores[0] ?? NaN) > (scores[1] ?? NaN) ? 1 : -1;
  const weights = [a.map((weight, j) => sign * (weight - (b[j] ?? NaN)))];
  return [...layers.slice(0, -1), { weights, bias: [sign * ((last.bias[0] ?? NaN) - (last.bias[1] ?? NaN))] }];
}

function lowest(margin: readonly Layer[], box: Box): number {
  return imageOf(margin, box).low[0] ?? NaN;
}

function imageOf(layers: readonly Layer[], box: Box): Box {
  let { low, high } = box;
  layers.forEach(({ weights, bias }, k) => {
    const isLast = k === layers.length - 1;
    const nextLow = new Float64Array(bias.length);
    const nextHigh = new Float64Array(bias.length);
    weights.forEach((row, i) => {
      let least = bias[i] ?? NaN;
      let most = least;
      row.forEach((weight, j) => {
        const [atLow, atHigh] = [weight * (low[j] ?? NaN), weight * (high[j] ?? NaN)];
        least += Math.min(atLow, atHigh);
        most += Math.max(atLow, atHigh);
      });
      nextLow[i] = isLast ? least : Math.max(0, least);
      nextHigh[i] = isLast ? most : Math.max(0, most);
    });
    [low, high] = [nextLow, nextHigh];
  });
  return { low, high };
}

function boxAround(domain: TabularDomain, original: Float32Array): Box {
  const { low, high } = boundsOf(domain);
  for (const position of columnsOf(domain)
    .filter(({ immutable }) => immutable)
    .flatMap(positionsOf)) {
    low[position] = high[position] = original[position] ?? NaN;
  }
  return { low, high };
}

/** The middle, and for each relation the corner at which it holds if it holds anywhere; both on the grids. */
function candidates(domain: TabularDomain, { low, high }: Box): Float32Array[] {
  const middle = Float64Array.from(low, (least, j) => (least + (high[j] ?? NaN)) / 2);
  const corners = (domain.relations ?? []).map(({ terms }) => {
    const corner = middle.slice();
    for (const { position, weight } of terms) corner[position] = (weight > 0 ? low : high)[position] ?? NaN;
    return corner;
  });
  return [middle, ...corners].map((row) => nearestLegal(domain, Float32Array.from(row)));
}

/**
 * A box for each value of the first column of categories or codes that is open, or halves of the widest other one; none
 * where all are as narrow as they may be.
 */
function parts(domain: TabularDomain, box: Box): Box[] {
  const open = columnsOf(domain).filter((column) => positionsOf(column).some((j) => widthOf(box, j) > 0));
  const discrete = open.find((column) => column.kind === 'one-hot' || codesOf(column).length > 0);
  if (discrete?.kind === 'one-hot') return discrete.positions.map((chosen) => categoryOf(discrete, chosen, box));
  if (discrete !== undefined) return codesOf(discrete).map((code) => cut(box, discrete.position, code, code));
  const [widest] = open
    .flatMap((column) => (column.kind === 'one-hot' ? [] : [column]))
    .map(({ position, range }) => ({ position, share: widthOf(box, position) / (range[1] - range[0]) }))
    .toSorted((a, b) => b.share - a.share);
  if (widest === undefined || widest.share < FINEST) return [];
  const { position } = widest;
  const [low, high] = [box.low[position] ?? NaN, box.high[position] ?? NaN];
  return [cut(box, position, low, (low + high) / 2), cut(box, position, (low + high) / 2, high)];
}

function widthOf({ low, high }: Box, position: number): number {
  return (high[position] ?? NaN) - (low[position] ?? NaN);
}

function categoryOf({ positions }: OneHotColumn, chosen: number, box: Box): Box {
  return positions.reduce((part, j) => cut(part, j, +(j === chosen), +(j === chosen)), box);
}

/** The values of a column of a few codes; none where it is rather a range. */
function codesOf({ range: [low, high], grid }: ScalarColumn): number[] {
  const count = grid === null ? Infinity : Math.round((high - low) / grid.step) + 1;
  return count > CODES
    ? []
    : Array.from({ length: count }, (_, i) => low + ((high - low) * i) / Math.max(1, count - 1));
}

function cut({ low, high }: Box, position: number, from: number, to: number): Box {
  const part = { low: low.slice(), high: high.slice() };
  part.low[position] = from;
  part.high[position] = to;
  return part;
}

function cannotHold({ terms, kind, bound }: Relation, { low, high }: Box): boolean {
  let [least, most] = [-bound, -bound];
  for (const { position, weight } of terms) {
    const ends = [weight * (low[position] ?? NaN), weight * (high[position] ?? NaN)];
    least += Math.min(...ends);
    most += Math.max(...ends);
  }
  return least > ROUNDING || (kind === 'equal' && most < -ROUNDING);
}

function pointBox(values: ArrayLike<number>): Box {
  const point = Float64Array.from(values);
  return { low: point, high: point };
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
}
