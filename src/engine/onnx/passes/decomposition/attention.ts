import { floatOf, intOf } from '../../graph/attributes.js';
import type { GraphBuilder } from '../../graph/builder.js';
import { float32Of } from '../../graph/constants.js';
import type { Constant } from '../../graph/ir.js';
import type { Decomposition, DecompositionTable, Layer } from './layer.js';
import { attend, biasOf, causal, EVERYWHERE, LOWEST, mergeHeads, splitHeads } from './scaled-dot-product.js';
import type { Heads, Mask } from './scaled-dot-product.js';

const MASK = 3;
const PAST_KEY = 4;

/** Attention over heads, without a cache of keys and without a window. */
const attention: Decomposition = (layer) => {
  const { node, builder } = layer;
  const sizes = sizesOf(layer);
  const windows = ['left_window_size', 'right_window_size'].map((name) => intOf(node, name, -1));
  if (sizes === null || layer.hasInputFrom(PAST_KEY) || windows.some((width) => width >= 0)) return null;
  const scale = floatOf(node, 'scale', 1 / Math.sqrt(sizes.head));
  const result = attend(layer, headsOf(layer, sizes), scale, floatOf(node, 'softcap', 0), maskOf(layer, sizes));
  return [sizes.isFlat ? mergeHeads(builder, result) : result];
};

export const attentionLayers: DecompositionTable = { Attention: attention };

interface Sizes {
  readonly queryHeads: number;
  readonly keyHeads: number;
  /** Of one head. */
  readonly head: number;
  readonly queries: number;
  readonly keys: number;
  /** Whether inputs are [batch, length, heads * size] rather than [batch, heads, length, size]. */
  readonly isFlat: boolean;
}

function sizesOf(layer: Layer): Sizes | null {
  const ranks = new Set([0, 1, 2].map((index) => layer.shape(index)?.length));
  const isReal = [0, 1, 2].every((index) => layer.type(index) === 'float32');
  const isMask = ['bool', 'float32', null].includes(layer.type(MASK));
  if (ranks.size !== 1 || !isReal || !isMask) return null;
  const isFlat = ranks.has(3);
  const headsOf = (index: number, name: string): number | null =>
    isFlat ? intOf(layer.node, name, 0) : layer.size(index, 1);
  const queryHeads = headsOf(0, 'q_num_heads') ?? 0;
  const keyHeads = headsOf(1, 'kv_num_heads') ?? 0;
  const [queries, keys] = [0, 1].map((index) => layer.size(index, isFlat ? 1 : 2));
  const width = layer.size(0, -1);
  if (queries == null || keys == null || width === null || keyHeads === 0 || queryHeads % keyHeads !== 0) return null;
  return { queryHeads, keyHeads, head: isFlat ? width / queryHeads : width, queries, keys, isFlat };
}

function headsOf(layer: Layer, { queryHeads, keyHeads, isFlat }: Sizes): Heads {
  const part = (index: number, count: number): string => {
    const value = layer.input(index) ?? '';
    return isFlat ? splitHeads(layer.builder, value, count) : value;
  };
  return {
    queries: part(0, queryHeads),
    keys: part(1, keyHeads),
    values: part(2, keyHeads),
    queryHeads,
    keyHeads,
  };
}

function maskOf(layer: Layer, sizes: Sizes): Mask {
  const { builder } = layer;
  const mask = layer.input(MASK);
  const isCausal = intOf(layer.node, 'is_causal', 0) !== 0;
  if (mask === null && !isCausal) return EVERYWHERE;
  const once = (what: string, make: () => string): string =>
    layer.once([what, mask, isCausal, sizes.queries, sizes.keys].join(), make);
  const frontier = isCausal ? causal(layer, sizes.queries, sizes.keys) : null;
  // The first key is open to every query of a causal mask.
  const isOpen = mask === null || (!isCausal && isEachRowOpen(layer.constant(MASK)));
  const attends = (some: () => string): string | null => (isOpen ? null : once('attends', some));
  if (layer.type(MASK) === 'float32') {
    if (isOpen) return { bias: mask, attends: null };
    const bias = once('bias', () => builder.node('Max', [sumOf(builder, mask, frontier), builder.scalar(LOWEST)]));
    const some = (): string => builder.node('Greater', [largestOfRow(builder, bias), builder.scalar(LOWEST)]);
    return { bias, attends: attends(() => builder.cast(some(), 'float32')) };
  }
  const allowed = once('allowed', () => intersection(builder, mask, frontier));
  const bias = once('bias', () => biasOf(builder, allowed, LOWEST));
  return { bias, attends: attends(() => largestOfRow(builder, builder.cast(allowed, 'float32'))) };
}

/** A real mask has no say in what a causal one closes. */
function sumOf(builder: GraphBuilder, mask: string | null, frontier: string | null): string {
  if (mask === null || frontier === null) return mask ?? frontier ?? '';
  return builder.node('Add', [mask, biasOf(builder, frontier, LOWEST)]);
}

function intersection(builder: GraphBuilder, mask: string | null, frontier: string | null): string {
  if (mask === null || frontier === null) return mask ?? frontier ?? '';
  return builder.node('And', [mask, frontier]);
}

/** Over all keys of a query. */
function largestOfRow(builder: GraphBuilder, value: string): string {
  return builder.node('ReduceMax', [value, builder.integers([-1])], { keepdims: 1 });
}

/** Whether every query of a stored mask may look at some key. */
function isEachRowOpen(mask: Constant | undefined): boolean {
  if (mask === undefined) return false;
  const width = mask.shape.at(-1) ?? 1;
  const values = mask.type === 'bool' ? mask.bytes : float32Of(mask);
  const lowest = mask.type === 'bool' ? 0 : LOWEST;
  return Array.from({ length: values.length / width }, (_, row) =>
    values.subarray(row * width, (row + 1) * width).some((value) => value > lowest),
  ).every((isOpen) => isOpen);
}
