import { float32Constant } from '../../graph/constants.js';
import type { GraphBuilder } from '../../graph/builder.js';
import type { Layer } from './layer.js';

/** Queries, keys and values, each [batch, heads, length, size]. */
export interface Heads {
  readonly queries: string;
  readonly keys: string;
  readonly values: string;
  readonly queryHeads: number;
  /** A divisor of `queryHeads`: so many neighbouring queries share one key (Ainslie et al. 2023, arXiv:2305.13245). */
  readonly keyHeads: number;
}

/** Where queries look. Both broadcast to [batch, heads, queries, keys]. */
export interface Mask {
  /** What is added to the scores. */
  readonly bias: string | null;
  /** 0 for queries that may look nowhere, whose result is 0; 1 for all others. */
  readonly attends: string | null;
}

export const EVERYWHERE: Mask = { bias: null, attends: null };

/** The lowest number of float32. Softmax makes an exact zero of it, and a row of nothing else is not NaN, as with -Infinity. */
export const LOWEST = -3.4028234663852886e38;

/** softmax(scale q k^T + bias) v (Vaswani et al. 2017, arXiv:1706.03762, equation 1), scores bounded by `softcap` if it is not 0. */
export function attend(layer: Layer, heads: Heads, scale: number, softcap: number, mask: Mask): string {
  const { builder } = layer;
  const { queries, keys, values, queryHeads, keyHeads } = heads;
  // Queries that share a key become rows of one product.
  const joined = (value: string): string =>
    queryHeads === keyHeads ? value : builder.reshape(value, [0, keyHeads, -1, 0]);
  const apart = (value: string): string =>
    queryHeads === keyHeads ? value : builder.reshape(value, [0, queryHeads, -1, 0]);
  const bounded = (value: string): string =>
    builder.node('Mul', [builder.node('Tanh', [value]), builder.scalar(softcap)]);
  const product = layer.timesTransposed(joined(queries), keys, softcap === 0 ? scale : scale / softcap);
  const scores = softcap === 0 ? apart(product) : bounded(apart(product));
  const biased = mask.bias === null ? scores : builder.node('Add', [scores, mask.bias]);
  const weights = builder.node('Softmax', [biased], { axis: -1 });
  const result = apart(builder.node('MatMul', [joined(weights), values]));
  return mask.attends === null ? result : builder.node('Mul', [result, mask.attends]);
}

/** [batch, length, heads * size] -> [batch, heads, length, size] */
export function splitHeads(builder: GraphBuilder, value: string, heads: number): string {
  return builder.transpose(builder.reshape(value, [0, 0, heads, -1]), [0, 2, 1, 3]);
}

/** [batch, heads, length, size] -> [batch, length, heads * size] */
export function mergeHeads(builder: GraphBuilder, value: string): string {
  return builder.reshape(builder.transpose(value, [0, 2, 1, 3]), [0, 0, -1]);
}

/** 0 where a boolean holds, and `masked` elsewhere. */
export function biasOf(builder: GraphBuilder, condition: string, masked: number): string {
  const outside = builder.node('Sub', [builder.cast(condition, 'float32'), builder.scalar(1)]);
  return builder.node('Mul', [outside, builder.scalar(-masked)]);
}

/** [queries, keys], boolean: query i looks at keys 0 to i. */
export function causal(layer: Layer, queries: number, keys: number): string {
  const { builder } = layer;
  return layer.once(`causal ${queries} ${keys}`, () => {
    const [rows, columns] = [positions(queries), positions(keys)];
    const row = builder.constant(float32Constant([queries, 1], rows));
    return builder.node('GreaterOrEqual', [row, builder.constant(float32Constant([keys], columns))]);
  });
}

export function positions(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
