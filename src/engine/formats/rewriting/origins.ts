import { float32Of } from '../../onnx/graph/constants.js';
import type { Constant, Graph } from '../../onnx/graph/ir.js';
import { decodeModel } from '../../onnx/proto/codec.js';
import type { Lowered, Seen } from '../lowered.js';

/** Which values of a file the constants of its graph are. */
export interface Origins {
  readonly graph: Graph;
  /** The weights that the graph was written with, by their names in the file, in its own form. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /**
   * Where each value of a constant comes from: the place of its weight's first value, and how far behind that; 0 for a padding.
   * Of a constant that holds no weight, or something that was computed of one, they mean nothing.
   */
  readonly placesOf: (constant: string) => Float64Array;
  /** The place of each weight's first value, from 1. */
  readonly starts: ReadonlyMap<string, number>;
}

/** Whole numbers up to here are exact in float32. */
const LARGEST_DIGIT = 2 ** 24;

/**
 * Finds out what a lowering does with each weight by lowering the file again with numbers in the place of its weights:
 * kernels that are turned, gates in another order and padded biases come out as the places of what they were made of.
 *
 * @param lower the same file each time, with weights as they are given
 * @param digit places are written in digits of this base, one lowering for each
 */
export async function originsOf(lower: (seen: Seen) => Promise<Lowered>, digit = LARGEST_DIGIT): Promise<Origins> {
  const weights = new Map<string, Float32Array>();
  const starts = new Map<string, number>();
  let next = 1;
  const graph = await graphOf(lower, (name, weight) => {
    if (!starts.has(name)) {
      starts.set(name, next);
      weights.set(name, weight.data);
      next += weight.data.length;
    }
    return weight;
  });
  const digits: Graph['constants'][] = [];
  for (let unit = 1; unit < next; unit *= digit) {
    const numbered: Seen = (name, { shape, data }) => ({
      shape,
      data: digitsFrom(starts.get(name) ?? 0, data.length, { unit, digit }),
    });
    digits.push((await graphOf(lower, numbered)).constants);
  }
  const placesOf = (constant: string): Float64Array => {
    const places = new Float64Array(valuesOf(graph.constants.get(constant)).length);
    digits.forEach((constants, i) => {
      const unit = digit ** i;
      valuesOf(constants.get(constant)).forEach((value, j) => (places[j] = (places[j] ?? 0) + value * unit));
    });
    return places;
  };
  return { graph, weights, starts, placesOf };
}

async function graphOf(lower: (seen: Seen) => Promise<Lowered>, seen: Seen): Promise<Graph> {
  return decodeModel((await lower(seen)).model);
}

interface Base {
  readonly unit: number;
  readonly digit: number;
}

/** One digit of each of the numbers from `start` on. */
function digitsFrom(start: number, length: number, { unit, digit }: Base): Float32Array {
  const digits = new Float32Array(length);
  for (let i = 0; i < length; i++) digits[i] = Math.floor((start + i) / unit) % digit;
  return digits;
}

function valuesOf(constant: Constant | undefined): Float32Array {
  return constant?.type === 'float32' ? float32Of(constant) : new Float32Array();
}
