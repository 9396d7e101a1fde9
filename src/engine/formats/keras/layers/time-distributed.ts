import { callWith, maskOf, onlyTensor, type Layer, type Lowering } from '../lowering/layer.js';
import { plainValue, type Value } from '../lowering/value.js';

/** Layers that work along the last axis, or on each element, and do not mind how many there are in front. */
const ANY_AXES: ReadonlySet<string> = new Set(
  'Activation ActivityRegularization Dense Dropout ELU GaussianDropout GaussianNoise Identity LeakyReLU ReLU Rescaling'.split(
    ' ',
  ),
);

/** One layer for each step: steps are samples to it. */
const timeDistributed: Lowering = (layer, call) => {
  const input = onlyTensor(layer, call);
  const inner = layer.wrapped(layer.settings.get('layer'), ['layer']);
  const value = layer.layouts.plain(input);
  const mask = maskOf(call, input);
  if (ANY_AXES.has(inner.className)) return layer.lower(inner, callWith(value)).map((each) => ({ ...each, mask }));
  return layer.lower(inner, callWith(asSamples(layer, value))).map((each) => asSteps(layer, each, value, mask));
};

/** [n, steps, ...] -> [n steps, ...] */
function asSamples(layer: Layer, value: Value): Value {
  const sample = value.shape.slice(2).map((size) => size ?? layer.refuse('takes steps of any size'));
  return { ...plainValue(layer.graph.reshape(value.name, [-1, ...sample]), [null, ...sample]), type: value.type };
}

/** [n steps, ...] -> [n, steps, ...] */
function asSteps(
  layer: Layer,
  result: Value,
  { shape: [batch = null, steps = null] }: Value,
  mask: string | null,
): Value {
  const count = steps ?? layer.refuse('takes any number of steps');
  const plain = layer.layouts.plain(result);
  const sample = plain.shape.slice(1).map((size) => size ?? layer.refuse('gives steps of any size'));
  return {
    ...plain,
    name: layer.graph.reshape(plain.name, [-1, count, ...sample]),
    shape: [batch, count, ...sample],
    mask,
  };
}

export const timeDistributedLayers: Readonly<Record<string, Lowering>> = { TimeDistributed: timeDistributed };
