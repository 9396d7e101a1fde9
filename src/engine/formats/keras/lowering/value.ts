import type { GraphBuilder } from '../../../onnx/graph/builder.js';

/** A size of Keras: null where it is told only when the model runs. */
export type Size = number | null;

/** A tensor of the model on its way into the graph. */
export interface Value {
  readonly name: string;
  /** As Keras has it, the batch first. */
  readonly shape: readonly Size[];
  readonly type: 'float32' | 'int32' | 'bool';
  /**
   * How it lies in the graph: as Keras has it, or with the last axis behind the batch, as convolutions of ONNX take
   * images. Layers that do not mind hand it on as it is, so that a chain of convolutions is transposed once.
   */
  readonly layout: 'plain' | 'channels-first';
  /** Which steps count, bool [n, steps], where a layer before said so. */
  readonly mask: string | null;
}

export function plainValue(name: string, shape: readonly Size[], mask: string | null = null): Value {
  return { name, shape, type: 'float32', layout: 'plain', mask };
}

export function rankOf(value: Value): number {
  return value.shape.length;
}

/** An axis as it was written, negative from the end, from 0. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Where an axis of Keras lies in the graph. */
export function physicalAxis(value: Value, axis: number): number {
  const rank = rankOf(value);
  const from = axisOf(axis, rank);
  if (value.layout === 'plain' || from === 0) return from;
  return from === rank - 1 ? 1 : from + 1;
}

/** Transposes values, and each only once. */
export class Layouts {
  readonly #transposed = new Map<string, string>();

  constructor(private readonly graph: GraphBuilder) {}

  /** The value as Keras has it. */
  plain(value: Value): Value {
    if (value.layout === 'plain') return value;
    const rank = rankOf(value);
    const name = this.#transpose(value.name, [0, ...span(2, rank), 1]);
    return { ...value, name, layout: 'plain' };
  }

  /** The value with its last axis behind the batch. Of two axes that is as they are. */
  channelsFirst(value: Value): Value {
    const rank = rankOf(value);
    if (value.layout === 'channels-first' || rank < 3) return value;
    const name = this.#transpose(value.name, [0, rank - 1, ...span(1, rank - 1)]);
    return { ...value, name, layout: 'channels-first' };
  }

  #transpose(name: string, permutation: readonly number[]): string {
    const key = `${name} ${permutation.join()}`;
    const known = this.#transposed.get(key);
    if (known !== undefined) return known;
    const transposed = this.graph.transpose(name, permutation);
    this.#transposed.set(key, transposed);
    this.#transposed.set(`${transposed} ${inverse(permutation).join()}`, name);
    return transposed;
  }
}

function inverse(permutation: readonly number[]): number[] {
  return permutation.map((_, axis) => permutation.indexOf(axis));
}

/** The whole numbers from `start` to in front of `end`. */
export function span(start: number, end: number): number[] {
  return Array.from({ length: Math.max(end - start, 0) }, (_, i) => start + i);
}
