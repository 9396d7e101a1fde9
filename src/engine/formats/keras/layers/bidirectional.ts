import { isRecord, member } from '../../json-value.js';
import type { Call, Layer, Lowering } from '../lowering/layer.js';
import { plainValue, type Size, type Value } from '../lowering/value.js';
import { recurrentLayers, sequenceOf, stepThrough } from './recurrent.js';

/** A recurrent layer and its mirror image; both give their outputs in the order of time. */
const bidirectional: Lowering = (layer, call) => {
  const written = layer.settings.get('layer');
  const mirror = layer.settings.get('backward_layer') ?? written;
  const forward = layer.wrapped(written, ['forward_layer'], namesIn(layer, written, 'forward'));
  const backward = layer.wrapped(mirror, ['backward_layer'], namesIn(layer, mirror, 'backward'));
  for (const each of [forward, backward]) {
    if (!Object.hasOwn(recurrentLayers, each.className)) return layer.refuse(`wraps a ${each.className} layer`);
  }
  return both(layer, forward, backward, call);
};

/** What a direction is called among the names of weights: Keras 3 writes the name so, Keras 2 puts the direction in front. */
function namesIn(layer: Layer, written: unknown, direction: 'forward' | 'backward'): string[] {
  const config = isRecord(written) ? member(written, 'config') : undefined;
  const name = isRecord(config) ? member(config, 'name') : undefined;
  if (typeof name !== 'string') return layer.broken('wraps no layer');
  const bare = name.replace(/^forward_/, '');
  return [name.startsWith(`${direction}_`) ? name : `${direction}_${bare}`, `${direction}_${name}`];
}

function both(layer: Layer, forward: Layer, backward: Layer, call: Call): readonly Value[] {
  const sequence = sequenceOf(layer, call);
  const half = sequence.initial.length / 2;
  const isForwardBack = forward.settings.flag('go_backwards', false);
  // Keras 3 writes down for each layer what Keras 2 makes of both; TensorFlow.js has it not.
  const zeroes = layer.runtime === 'keras-2' ? true : undefined;
  const ahead = stepThrough(forward, { ...sequence, initial: sequence.initial.slice(0, half) }, isForwardBack, zeroes);
  const behind = stepThrough(backward, { ...sequence, initial: sequence.initial.slice(half) }, !isForwardBack, zeroes);
  const wantsAll = forward.settings.flag('return_sequences', false);
  const merged = mergeOf(layer, wantsAll ? [ahead.outputs, behind.outputs] : [ahead.last, behind.last]);
  return forward.settings.flag('return_state', false) ? [...merged, ...ahead.states, ...behind.states] : merged;
}

function mergeOf(layer: Layer, [a, b]: readonly [Value, Value]): Value[] {
  const mode = layer.settings.get('merge_mode');
  const { graph } = layer;
  const names = [a.name, b.name];
  switch (mode) {
    case undefined:
      return [a, b];
    case 'concat': {
      const name = graph.node('Concat', names, { axis: -1 });
      return [{ ...plainValue(name, [...a.shape.slice(0, -1), sum(a.shape.at(-1), b.shape.at(-1))]), mask: a.mask }];
    }
    case 'sum':
      return [{ ...a, name: graph.node('Add', names) }];
    case 'mul':
      return [{ ...a, name: graph.node('Mul', names) }];
    case 'ave':
      return [{ ...a, name: graph.node('Mul', [graph.node('Add', names), graph.scalar(0.5)]) }];
    default:
      return layer.broken(`has the merge mode \`${JSON.stringify(mode)}\``);
  }
}

function sum(a: Size | undefined, b: Size | undefined): Size {
  return typeof a === 'number' && typeof b === 'number' ? a + b : null;
}

export const bidirectionalLayers: Readonly<Record<string, Lowering>> = { Bidirectional: bidirectional };
