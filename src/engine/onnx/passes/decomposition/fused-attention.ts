import { floatOf, intOf, intsOf } from '../../graph/attributes.js';
import { float32Constant } from '../../graph/constants.js';
import { sameDimension } from '../../graph/shape.js';
import type { Decomposition, DecompositionTable, Layer } from './layer.js';
import { attend, biasOf, causal, LOWEST, mergeHeads, positions, splitHeads } from './scaled-dot-product.js';

// The attention of ONNX Runtime's own domain, as its transformer optimizer writes it. Its masks of keys add a negative
// number, where those of the standard operator shut keys out.

/** x W + b gives queries, keys and values side by side. */
const attention: Decomposition = (layer) => {
  const { node, builder } = layer;
  const heads = intOf(node, 'num_heads', 0);
  const total = layer.size(1, 1) ?? 0;
  const widths = intsOf(node, 'qkv_hidden_sizes') ?? [total / 3, total / 3, total / 3];
  const length = layer.size(0, 1);
  const isPlain = layer.input(4) === null && layer.input(6) === null && intOf(node, 'do_rotary', 0) === 0;
  const offset = layer.input(2);
  if (length === null || total === 0 || offset === null || !isPlain || layer.type(0) !== 'float32') return null;
  const form = { heads, head: (widths[0] ?? 0) / heads, queries: length, keys: length, mask: 3 };
  if (!isCovered(layer, form)) return null;
  const product = builder.node('MatMul', [layer.input(0) ?? '', layer.input(1) ?? '']);
  const projected = builder.node('Add', [product, offset]);
  const parts = builder.nodes('Split', [projected, builder.integers(widths)], 3, { axis: -1 });
  return [attended(layer, form, parts)];
};

/** Queries, keys and values from projections of their own, whose offsets may be left to this layer. */
const multiHeadAttention: Decomposition = (layer) => {
  const { node, builder } = layer;
  const heads = intOf(node, 'num_heads', 0);
  const widths = [0, 1, 2].map((index) => layer.size(index, 2) ?? 0);
  const [queries, keys] = [layer.size(0, 1), layer.size(1, 1)];
  const isReal = [0, 1, 2].every((index) => layer.type(index) === 'float32' && layer.shape(index)?.length === 3);
  if (queries === null || keys === null || !isReal || layer.hasInputFrom(6)) return null;
  const form = { heads, head: (widths[0] ?? 0) / heads, queries, keys, mask: 4 };
  if (!isCovered(layer, form)) return null;
  const offset = layer.input(3);
  const offsets = offset === null ? [] : builder.nodes('Split', [offset, builder.integers(widths)], 3, { axis: 0 });
  const parts = [0, 1, 2].map((index) => sum(layer, layer.input(index) ?? '', offsets[index] ?? null));
  return [attended(layer, form, parts)];
};

export const fusedAttentionLayers: DecompositionTable = {
  'com.microsoft.Attention': attention,
  'com.microsoft.MultiHeadAttention': multiHeadAttention,
};

interface Form {
  readonly heads: number;
  /** The size of a head of the queries. */
  readonly head: number;
  readonly queries: number;
  readonly keys: number;
  /** The input with the mask of keys. */
  readonly mask: number;
}

/** What is added to scores, in both operators. */
const SCORE_BIAS = 5;

/** Masks are [batch, keys], [batch, queries, keys], or how many of the keys of each sample there are. */
function isCovered(layer: Layer, { queries, keys, mask }: Form): boolean {
  const shape = layer.shape(mask) ?? [];
  const [samples] = layer.shape(0) ?? [];
  const isUnidirectional = intOf(layer.node, 'unidirectional', 0) !== 0;
  if (isUnidirectional && queries !== keys) return false;
  if (shape.length === 1) return samples !== undefined && sameDimension(shape[0] ?? NaN, samples);
  return shape.length === 0 || (shape.length < 4 && shape.at(-1) === keys);
}

/** From [batch, length, heads * size], three times. */
function attended(layer: Layer, form: Form, parts: readonly string[]): string {
  const { node, builder } = layer;
  const [queries = '', keys = '', values = ''] = parts.map((part) => splitHeads(builder, part, form.heads));
  const given = floatOf(node, 'scale', 0);
  const scale = given === 0 ? 1 / Math.sqrt(form.head) : given;
  const heads = { queries, keys, values, queryHeads: form.heads, keyHeads: form.heads };
  return mergeHeads(builder, attend(layer, heads, scale, 0, { bias: biasOfScores(layer, form), attends: null }));
}

function biasOfScores(layer: Layer, form: Form): string | null {
  const { node, builder } = layer;
  const scoreBias = layer.input(SCORE_BIAS);
  const mask = layer.input(form.mask);
  const isUnidirectional = intOf(node, 'unidirectional', 0) !== 0;
  const masked = floatOf(node, 'mask_filter_value', -10000);
  const biases = [
    ...(mask === null
      ? []
      : [layer.once(`keys ${mask} ${masked}`, () => biasOf(builder, present(layer, form), masked))]),
    ...(isUnidirectional ? [frontier(layer, form)] : []),
  ];
  if (biases.length === 0) return scoreBias;
  // What comes later is as far away as it can be, whether the mask has it or not.
  const bias = biases.reduce((a, b) => layer.once(`lower ${a} ${b}`, () => builder.node('Min', [a, b])));
  return sum(layer, bias, scoreBias);
}

function frontier(layer: Layer, { queries, keys }: Form): string {
  return layer.once(`frontier ${queries}`, () => biasOf(layer.builder, causal(layer, queries, keys), LOWEST));
}

/** Which keys there are: boolean, to be broadcast to [batch, heads, queries, keys]. */
function present(layer: Layer, { mask, keys }: Form): string {
  const { builder } = layer;
  const rank = layer.shape(mask)?.length;
  const numbers = builder.cast(layer.input(mask) ?? '', 'float32');
  if (rank !== 1) {
    const axes = builder.integers(rank === 2 ? [1, 2] : [1]);
    return builder.node('Unsqueeze', [builder.node('Greater', [numbers, builder.scalar(0)]), axes]);
  }
  const lengths = builder.node('Unsqueeze', [numbers, builder.integers([1, 2, 3])]);
  return builder.node('Less', [builder.constant(float32Constant([keys], positions(keys))), lengths]);
}

function sum({ builder }: Layer, value: string, offset: string | null): string {
  return offset === null ? value : builder.node('Add', [value, offset]);
}
