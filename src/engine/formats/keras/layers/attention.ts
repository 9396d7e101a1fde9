import {
  argumentOf,
  asReal,
  optionOf,
  tensorsOf,
  weight,
  type Call,
  type Layer,
  type Lowering,
} from '../lowering/layer.js';
import { plainValue, rankOf, type Value } from '../lowering/value.js';
import { stepNumbers } from './steps.js';

interface Attended {
  readonly query: Value;
  readonly value: Value;
  readonly key: Value;
  readonly queryMask: string | null;
  readonly valueMask: string | null;
}

/** Taken off scores that do not count, which leaves nothing of them behind the softmax. */
const LARGE = 1e9;

/** How well each step of the value fits each of the query, [n, query, value]. */
type Scores = (layer: Layer, attended: Attended) => string;

function attention(scoresOf: Scores): Lowering {
  return (layer, call) => {
    const attended = attendedIn(layer, call);
    const { graph } = layer;
    const scores = scoresOf(layer, attended);
    const isCausal = optionOf(call, 'use_causal_mask') === true || layer.settings.get('causal') === true;
    const allowed = bothOf(layer, [
      attended.valueMask === null ? null : graph.node('Unsqueeze', [attended.valueMask, graph.integers([1])]),
      isCausal ? causalMask(layer, attended.query, attended.value) : null,
    ]);
    const weights = graph.node('Softmax', [allowed === null ? scores : lowered(layer, scores, allowed)], { axis: -1 });
    const [batch = null, steps = null] = attended.query.shape;
    const mixed = graph.node('MatMul', [weights, attended.value.name]);
    const result = plainValue(masked(layer, mixed, attended.queryMask), [
      batch,
      steps,
      attended.value.shape.at(-1) ?? null,
    ]);
    const output = { ...result, mask: attended.queryMask };
    const wantsScores = optionOf(call, 'return_attention_scores') === true;
    return wantsScores ? [output, plainValue(weights, [batch, steps, attended.value.shape[1] ?? null])] : output;
  };
}

/** Called with [query, value] or [query, value, key], and masks of the first two. */
function attendedIn(layer: Layer, call: Call): Attended {
  const [query, value, key = value] = tensorsOf(call.args.slice(0, 1)).map((each) =>
    layer.layouts.plain(asReal(layer, each)),
  );
  if (query === undefined || value === undefined || key === undefined) return layer.broken('takes a query and a value');
  if (rankOf(query) !== 3 || rankOf(value) !== 3) return layer.refuse('attends over more than one axis');
  const given = argumentOf(call, 'mask', 1);
  const items = given?.kind === 'list' ? given.items : [];
  const maskAt = (position: number): string | null => {
    const item = items[position];
    return item?.kind === 'tensor' ? item.value.name : null;
  };
  return {
    query,
    value,
    key,
    queryMask: given === undefined ? query.mask : maskAt(0),
    valueMask: given === undefined ? value.mask : maskAt(1),
  };
}

/** Each step of the query sees those of the value up to itself, bool [1, query, value]. */
export function causalMask(layer: Layer, query: Value, value: Value): string {
  const { graph } = layer;
  const numbers = (each: Value, axis: number): string => {
    const steps = stepNumbers(layer, each.name, each.shape[1] ?? null);
    return graph.node('Unsqueeze', [steps, graph.integers([0, axis])]);
  };
  return graph.node('GreaterOrEqual', [numbers(query, 2), numbers(value, 1)]);
}

export function bothOf({ graph }: Layer, masks: readonly (string | null)[]): string | null {
  const present = masks.filter((mask) => mask !== null);
  return present.length === 0 ? null : present.reduce((a, b) => graph.node('And', [a, b]));
}

function lowered({ graph }: Layer, scores: string, allowed: string): string {
  return graph.node('Where', [allowed, scores, graph.node('Sub', [scores, graph.scalar(LARGE)])]);
}

function masked({ graph }: Layer, value: string, mask: string | null): string {
  return mask === null ? value : graph.masked(value, graph.node('Unsqueeze', [mask, graph.integers([2])]));
}

/** Luong et al. 2015: dot products, or a sum of hyperbolic tangents. */
const attentionScores: Scores = (layer, { query, key }) => {
  const { graph, settings } = layer;
  const usesScale = settings.flag('use_scale', false);
  const scale = usesScale ? weight(layer, 'scale', 0, []) : null;
  const scaled = (name: string): string => (scale === null ? name : graph.node('Mul', [name, scale]));
  if (settings.text('score_mode', 'dot') === 'dot') {
    return scaled(graph.node('MatMul', [query.name, graph.transpose(key.name, [0, 2, 1])]));
  }
  const sum = graph.reduceSum(graph.node('Tanh', [scaled(eachPair(layer, query, key))]), [3], false);
  return graph.node('Mul', [sum, weight(layer, 'concat_score_weight', usesScale ? 1 : 0, [])]);
};

/** Bahdanau et al. 2015. */
const additiveScores: Scores = (layer, { query, key }) => {
  const { graph, settings } = layer;
  const pairs = graph.node('Tanh', [eachPair(layer, query, key)]);
  const scaled = settings.flag('use_scale', true)
    ? graph.node('Mul', [pairs, weight(layer, 'scale', 0, [query.shape.at(-1) ?? null])])
    : pairs;
  return graph.reduceSum(scaled, [3], false);
};

/** The sums of each step of the query and each of the key, [n, query, key, width]. */
function eachPair({ graph }: Layer, query: Value, key: Value): string {
  const apart = (name: string, axis: number): string => graph.node('Unsqueeze', [name, graph.integers([axis])]);
  return graph.node('Add', [apart(query.name, 2), apart(key.name, 1)]);
}

export const attentionLayers: Readonly<Record<string, Lowering>> = {
  Attention: attention(attentionScores),
  AdditiveAttention: attention(additiveScores),
};
