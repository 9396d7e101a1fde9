import { isList } from '../../json-value.js';
import {
  argumentOf,
  asReal,
  optionOf,
  tensorArgument,
  tensorsOf,
  weight,
  type Call,
  type Layer,
  type Lowering,
} from '../lowering/layer.js';
import { plainValue, rankOf, type Value } from '../lowering/value.js';
import { bothOf, causalMask } from './attention.js';

interface Heads {
  readonly query: number;
  /** Fewer where several queries share a key and a value. */
  readonly value: number;
  readonly keyWidth: number;
  readonly valueWidth: number;
}

/** Vaswani et al. 2017. */
const multiHead: Lowering = (layer, call) => {
  const { settings } = layer;
  const heads = settings.number('num_heads');
  const keyWidth = settings.number('key_dim');
  const axes = settings.get('attention_axes');
  if (axes !== undefined && JSON.stringify(axes) !== '[1]')
    return layer.refuse('attends over other axes than the steps');
  if (settings.get('sliding_window') !== undefined) return layer.refuse('attends within a sliding window');
  const valueWidth = settings.number('value_dim', keyWidth);
  return attend(layer, call, { query: heads, value: heads, keyWidth, valueWidth });
};

/** Ainslie et al. 2023: groups of queries share a key and a value. */
const groupedQuery: Lowering = (layer, call) => {
  const { settings } = layer;
  if (settings.get('sliding_window') !== undefined) return layer.refuse('attends within a sliding window');
  const query = settings.number('num_query_heads');
  const value = settings.number('num_key_value_heads');
  if (query % value !== 0) return layer.broken(`has ${query} heads that share ${value}`);
  const width = settings.number('head_dim');
  return attend(layer, call, { query, value, keyWidth: width, valueWidth: width });
};

function attend(layer: Layer, call: Call, heads: Heads): Value | Value[] {
  const { query, value, key } = inputsOf(layer, call);
  const { graph } = layer;
  const [batch = null, steps = null] = query.shape;
  const q = project(layer, query, ['query', heads.query, heads.keyWidth]);
  const k = project(layer, key, ['key', heads.value, heads.keyWidth]);
  const v = project(layer, value, ['value', heads.value, heads.valueWidth]);
  // [n, heads, steps, width]
  const turned = graph.transpose(q, [0, 2, 1, 3]);
  const scaled = graph.node('Mul', [turned, graph.scalar(1 / Math.sqrt(heads.keyWidth))]);
  const keys = shared(layer, graph.transpose(k, [0, 2, 3, 1]), heads);
  const values = shared(layer, graph.transpose(v, [0, 2, 1, 3]), heads);
  const allowed = allowedBy(layer, call, { query, value, key });
  const weights = softmax(layer, graph.node('MatMul', [scaled, keys]), allowed);
  const mixed = graph.transpose(graph.node('MatMul', [weights, values]), [0, 2, 1, 3]);
  const gated = layer.settings.flag('use_gate', false) ? gate(layer, query, mixed, heads) : mixed;
  const output = { ...joined(layer, gated, query, heads), mask: query.mask };
  if (optionOf(call, 'return_attention_scores') !== true) return output;
  return [output, plainValue(weights, [batch, heads.query, steps, key.shape[1] ?? null])];
}

interface Inputs {
  readonly query: Value;
  readonly value: Value;
  readonly key: Value;
}

function inputsOf(layer: Layer, call: Call): Inputs {
  const read = (name: string, position: number): Value | undefined => {
    const given = tensorArgument(call, name, position);
    return given === undefined ? undefined : layer.layouts.plain(asReal(layer, given));
  };
  const query = read('query', 0) ?? layer.broken('is called without a query');
  const value = read('value', 1) ?? layer.broken('is called without a value');
  const key = read('key', 2) ?? value;
  if ([query, value, key].some((each) => rankOf(each) !== 3)) return layer.refuse('attends over several axes');
  return { query, value, key };
}

/** [n, steps, features] -> [n, steps, heads, width] */
function project(
  layer: Layer,
  value: Value,
  [name, heads, width]: readonly [name: string, heads: number, width: number],
): string {
  const { graph } = layer;
  const weights = layer.weights.part([`${name}_dense`, `_${name}_dense`], [name]);
  const features = value.shape.at(-1) ?? layer.refuse('takes steps of any size');
  const kernel = weights.constant('kernel', () => {
    const { data } = weights.stored('kernel', 0, [features, heads, width]);
    return { shape: [features, heads * width], data };
  });
  const product = graph.node('MatMul', [value.name, kernel]);
  const biased = layer.settings.flag('use_bias', true)
    ? graph.node('Add', [
        product,
        weights.constant('bias', () => ({
          shape: [heads * width],
          data: weights.stored('bias', 1, [heads, width]).data,
        })),
      ])
    : product;
  return graph.reshape(biased, [0, 0, heads, width]);
}

/** Repeats each head for all queries that share it, along axis 1. */
function shared({ graph }: Layer, value: string, heads: Heads): string {
  if (heads.query === heads.value) return value;
  const apart = graph.node('Unsqueeze', [value, graph.integers([2])]);
  const repeated = graph.node('Tile', [apart, graph.integers([1, 1, heads.query / heads.value, 1, 1])]);
  // [n, shared, repeats, ...] -> [n, heads, ...]
  const merged = graph.node(
    'Concat',
    [graph.integers([0, heads.query]), graph.node('Shape', [repeated], { start: 3 })],
    {
      axis: 0,
    },
  );
  return graph.node('Reshape', [repeated, merged]);
}

/** Where a step of the query may look, bool [n, 1, query, value]; null where it may everywhere. */
function allowedBy(layer: Layer, call: Call, { query, value, key }: Inputs): string | null {
  const { graph } = layer;
  const given = (name: string, fallback: string | null): string | null =>
    tensorArgument(call, name, -1)?.name ?? fallback;
  const apart = (mask: string | null, axis: number): string | null =>
    mask === null ? null : graph.node('Unsqueeze', [mask, graph.integers([axis])]);
  const explicit = argumentOf(call, 'attention_mask', -1);
  const all = bothOf(layer, [
    apart(given('query_mask', query.mask), 2),
    apart(given('value_mask', value.mask), 1),
    key === value ? null : apart(given('key_mask', key.mask), 1),
    optionOf(call, 'use_causal_mask') === true ? causalMask(layer, query, value) : null,
    explicit === undefined ? null : maskIn(layer, tensorsOf([explicit])[0]),
  ]);
  return apart(all, 1);
}

function maskIn(layer: Layer, mask: Value | undefined): string | null {
  if (mask === undefined) return null;
  if (rankOf(mask) !== 3) return layer.refuse('has an attention mask for each head');
  return mask.type === 'bool' ? mask.name : layer.graph.cast(mask.name, 'bool');
}

/** A query that may look nowhere looks everywhere alike, as Keras has it. */
function softmax({ graph }: Layer, scores: string, allowed: string | null): string {
  const kept = allowed === null ? scores : graph.node('Where', [allowed, scores, graph.scalar(-1e9)]);
  return graph.node('Softmax', [kept], { axis: -1 });
}

function gate(layer: Layer, query: Value, mixed: string, heads: Heads): string {
  const { graph } = layer;
  const opened = graph.node('Sigmoid', [project(layer, query, ['gate', heads.query, heads.valueWidth])]);
  return graph.node('Mul', [mixed, opened]);
}

/** [n, steps, heads, width] -> [n, steps, outputs] */
function joined(layer: Layer, mixed: string, query: Value, heads: Heads): Value {
  const { graph, settings } = layer;
  const written = settings.get('output_shape');
  const [width, ...others] = isList(written) ? written : [written ?? query.shape.at(-1)];
  if (typeof width !== 'number' || others.length > 0) return layer.refuse('gives several axes for a step');
  const size = heads.query * heads.valueWidth;
  const weights = layer.weights.part(['output_dense', '_output_dense'], ['attention_output']);
  const kernel = weights.constant('kernel', () => {
    const { data } = weights.stored('kernel', 0, [heads.query, heads.valueWidth, width]);
    return { shape: [size, width], data };
  });
  const product = graph.node('MatMul', [graph.reshape(mixed, [0, 0, size]), kernel]);
  const name = settings.flag('use_bias', true)
    ? graph.node('Add', [product, weight({ weights }, 'bias', 1, [width])])
    : product;
  return plainValue(name, [...query.shape.slice(0, 2), width]);
}

export const multiHeadAttentionLayers: Readonly<Record<string, Lowering>> = {
  MultiHeadAttention: multiHead,
  GroupQueryAttention: groupedQuery,
  GroupedQueryAttention: groupedQuery,
};
