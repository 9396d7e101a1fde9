import { isRecord, member } from '../../json-value.js';
import { argumentOf, asReal, maskOf, tensorsOf, type Call, type Layer, type Lowering } from '../lowering/layer.js';
import { settingsOf, type Settings } from '../lowering/settings.js';
import { plainValue, rankOf, type Value } from '../lowering/value.js';
import { cellOf, type Cell } from './recurrent-cells.js';
import { compacted } from './steps.js';

/** What a recurrent layer gives. */
export interface Steps {
  /** [n, steps, units], in the order of time whichever way the layer goes. */
  readonly outputs: Value;
  /** The state behind the last step taken, each [n, units]: h, and c of an LSTM. */
  readonly states: readonly Value[];
  /** What the layer gives behind its last step, [n, units]. */
  readonly last: Value;
}

interface Sequence {
  readonly value: Value;
  readonly initial: readonly Value[];
  readonly mask: string | null;
}

const recurrent: Lowering = (layer, call) => {
  const { settings } = layer;
  const isBackwards = settings.flag('go_backwards', false);
  const { outputs, states, last } = stepThrough(layer, sequenceOf(layer, call), isBackwards);
  const result = settings.flag('return_sequences', false) ? inOrderTaken(layer, outputs, isBackwards) : last;
  return settings.flag('return_state', false) ? [result, ...states] : result;
};

/** Layers that go backwards give their last step first. */
function inOrderTaken({ graph }: Layer, outputs: Value, isBackwards: boolean): Value {
  if (!isBackwards) return outputs;
  const name = graph.node('Slice', [
    outputs.name,
    graph.integers([-1]),
    graph.integers([-(2 ** 31)]),
    graph.integers([1]),
    graph.integers([-1]),
  ]);
  return { ...outputs, name };
}

/** The sequence that a layer is called with; the states that it starts from stand behind it or have a name. */
export function sequenceOf(layer: Layer, call: Call): Sequence {
  const [first, ...others] = tensorsOf(call.args.slice(0, 1));
  if (first === undefined) return layer.broken('is called without a sequence');
  const value = layer.layouts.plain(asReal(layer, first));
  if (rankOf(value) !== 3) return layer.broken(`takes three axes and is called with ${rankOf(value)}`);
  const named = argumentOf(call, 'initial_state', others.length > 0 ? -1 : 1);
  const initial = named === undefined ? others : tensorsOf([named]);
  return { value, initial: initial.map((state) => asReal(layer, state)), mask: maskOf(call, first) };
}

/**
 * @param isBackwards from the last step to the first
 * @param zeroesMasked whether steps that do not count give zeros instead of what was given before
 */
export function stepThrough(
  layer: Layer,
  { value, initial, mask }: Sequence,
  isBackwards: boolean,
  zeroesMasked = layer.settings.flag('zero_output_for_mask', false),
): Steps {
  const { graph, settings } = layer;
  if (settings.flag('stateful', false)) return layer.refuse('remembers its state from batch to batch');
  if (settings.flag('time_major', false)) return layer.refuse('has the steps as its first axis');
  if (mask !== null && initial.length > 0 && layer.runtime === 'tfjs') {
    return layer.refuse('starts from a state where steps are masked');
  }
  const [batch = null, steps = null, features = null] = value.shape;
  const cell = cellIn(layer, features);
  const masked = mask === null ? null : compacted(layer, value.name, mask, { steps, isBackwards });
  const isReverse = isBackwards && masked === null;
  const [all = '', h = '', c = ''] = run(layer, cell, masked?.sequence ?? value.name, {
    lengths: masked?.lengths ?? '',
    initial,
    isReverse,
  });
  const squeezed = (name: string, axis: number): string => graph.node('Squeeze', [name, graph.integers([axis])]);
  const outputs = graph.transpose(squeezed(all, 1), [1, 0, 2]);
  const spread = masked === null ? outputs : masked.spread(outputs, zeroesMasked);
  const states = (cell.op === 'LSTM' ? [h, c] : [h]).map((name) => plainValue(squeezed(name, 0), [batch, cell.units]));
  return {
    outputs: plainValue(spread, [batch, steps, cell.units], mask),
    states,
    last: states[0] ?? layer.broken('has no state'),
  };
}

interface Run {
  /** int32 [n]; empty where all steps count. */
  readonly lengths: string;
  readonly initial: readonly Value[];
  readonly isReverse: boolean;
}

/** Y, Y_h and Y_c. */
function run({ graph, broken }: Layer, cell: Cell, sequence: string, { lengths, initial, isReverse }: Run): string[] {
  const [w = '', r = '', b = ''] = cell.constants;
  const states = cell.op === 'LSTM' ? 2 : 1;
  if (initial.length !== 0 && initial.length !== states)
    return broken(`starts from ${initial.length} states, not ${states}`);
  const starts = initial.map(({ name }) => graph.node('Unsqueeze', [name, graph.integers([0])]));
  const inputs = [graph.transpose(sequence, [1, 0, 2]), w, r, b, lengths, ...starts];
  const last = inputs.findLastIndex((name) => name !== '');
  const attributes = { ...cell.attributes, direction: isReverse ? 'reverse' : 'forward' };
  return graph.nodes(cell.op, inputs.slice(0, last + 1), states + 1, attributes);
}

/** A layer with a cell of its own kind, or RNN around a cell. */
function cellIn(layer: Layer, features: number | null): Cell {
  if (layer.className !== 'RNN') return cellOf(layer, layer.className, layer.settings, features);
  const written = layer.settings.get('cell');
  const className = isRecord(written) ? member(written, 'class_name') : undefined;
  const config = isRecord(written) ? member(written, 'config') : undefined;
  if (typeof className !== 'string' || !isRecord(config)) return layer.refuse('steps through several cells');
  const settings: Settings = settingsOf(config, layer.broken);
  return cellOf(layer, className.replace(/Cell$/, ''), settings, features);
}

export const recurrentLayers: Readonly<Record<string, Lowering>> = {
  LSTM: recurrent,
  GRU: recurrent,
  SimpleRNN: recurrent,
  RNN: recurrent,
};
