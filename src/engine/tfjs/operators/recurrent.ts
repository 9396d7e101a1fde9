import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import {
  argument,
  fail,
  float,
  floats,
  given,
  int,
  operand,
  optionalOperand,
  text,
  type Call,
  type OperatorTable,
} from '../operator.js';
import { numbersIn, range, valueOf, type Value } from '../value.js';
import { hardSigmoid, leaky } from './activations.js';
import { part, unstacked } from './shape.js';

/** Recurrent layers, one step after the other. */
export const recurrentOperators: OperatorTable = {
  RNN: (call) => recurrent(call, { gates: 1, activations: ['Tanh'], step: simpleStep }),
  GRU: (call) => recurrent(call, { gates: 3, activations: ['Sigmoid', 'Tanh'], step: gatedStep }),
  LSTM: (call) => recurrent(call, { gates: 4, activations: ['Sigmoid', 'Tanh', 'Tanh'], step: memoryStep }),
};

interface States {
  /** [batch, hidden] */
  readonly hidden: Tensor;
  readonly cell: Tensor;
}

interface Layer {
  readonly gates: number;
  /** Those of one direction, where the node does not say. */
  readonly activations: readonly string[];
  readonly step: (direction: Direction, x: Tensor, states: States) => States;
}

type Activation = (z: Tensor) => Tensor;

/** One direction, with its weights. */
interface Direction {
  readonly call: Call;
  readonly activations: readonly Activation[];
  /** [gates x hidden, inputs] */
  readonly w: Tensor;
  /** [gates x hidden, hidden] */
  readonly r: Tensor;
  /** The halves of the bias beside W and beside R; [gates x hidden] each. */
  readonly biases: readonly [Tensor, Tensor] | null;
  /** Of i, o and f, [hidden] each. */
  readonly peepholes: readonly Tensor[] | null;
  readonly hidden: number;
}

/** h' = f(x W' + h R' + b) */
function simpleStep(direction: Direction, x: Tensor, { hidden, cell }: States): States {
  return { hidden: activated(direction, 0, argumentsOf(direction, x, hidden)), cell };
}

/** h' = (1 - z) g + z h, gates in the order z, r, candidate. */
function gatedStep(direction: Direction, x: Tensor, { hidden, cell }: States): States {
  const { call, hidden: size } = direction;
  const [inputBias, stateBias] = direction.biases ?? [null, null];
  const fromInput = affine(x, direction.w, inputBias);
  const gate = (i: number, z: Tensor): Tensor => part(z, 1, i * size, size);
  const rows = (weights: Tensor, from: number, count: number): Tensor => part(weights, 0, from * size, count * size);
  if (int(call, 'linear_before_reset', 0) !== 0) {
    const fromState = affine(hidden, direction.r, stateBias);
    const [z, r] = [0, 1].map((i) => activated(direction, 0, tf.add(gate(i, fromInput), gate(i, fromState))));
    if (z === undefined || r === undefined) return { hidden, cell };
    const g = activated(direction, 1, tf.add(gate(2, fromInput), tf.mul(r, gate(2, fromState))));
    return { hidden: mixed(z, g, hidden), cell };
  }
  const gateBias = stateBias === null ? null : rows(stateBias, 0, 2);
  const opened = affine(hidden, rows(direction.r, 0, 2), gateBias);
  const [z, r] = [0, 1].map((i) => activated(direction, 0, tf.add(gate(i, fromInput), gate(i, opened))));
  if (z === undefined || r === undefined) return { hidden, cell };
  const candidate = affine(
    tf.mul(r, hidden),
    rows(direction.r, 2, 1),
    stateBias === null ? null : rows(stateBias, 2, 1),
  );
  return { hidden: mixed(z, activated(direction, 1, tf.add(gate(2, fromInput), candidate)), hidden), cell };
}

function mixed(z: Tensor, g: Tensor, hidden: Tensor): Tensor {
  return tf.add(tf.mul(tf.sub(1, z), g), tf.mul(z, hidden));
}

/** c' = f c + i g and h' = o h(c'), gates in the order i, o, f, candidate; with peepholes i and f see c, and o sees c'. */
function memoryStep(direction: Direction, x: Tensor, { hidden, cell }: States): States {
  const { call, hidden: size, peepholes } = direction;
  const all = argumentsOf(direction, x, hidden);
  const gate = (index: number, seen: Tensor | null): Tensor => {
    const z = part(all, 1, index * size, size);
    const peephole = peepholes?.[index];
    return peephole === undefined || seen === null ? z : tf.add(z, tf.mul(peephole, seen));
  };
  const i = activated(direction, 0, gate(0, cell));
  const f = int(call, 'input_forget', 0) === 0 ? activated(direction, 0, gate(2, cell)) : tf.sub(1, i);
  const next = tf.add(tf.mul(f, cell), tf.mul(i, activated(direction, 1, gate(3, null))));
  const o = activated(direction, 0, gate(1, next));
  const show = direction.activations[2] ?? tf.tanh;
  return { hidden: tf.mul(o, show(next)), cell: next };
}

/** x W' + h R' + b */
function argumentsOf({ w, r, biases }: Direction, x: Tensor, hidden: Tensor): Tensor {
  return tf.add(affine(x, w, biases?.[0] ?? null), affine(hidden, r, biases?.[1] ?? null));
}

function affine(x: Tensor, weights: Tensor, bias: Tensor | null): Tensor {
  const product = tf.matMul(x, weights, false, true);
  return bias === null ? product : tf.add(product, bias);
}

/** Cut to [-clip, clip] first, where the layer has a clip. */
function activated({ call, activations }: Direction, index: number, z: Tensor): Tensor {
  const clip = call.node.attributes.has('clip') ? float(call, 'clip', 0) : null;
  const activation = activations[index] ?? fail(call, `lacks activation ${index}`);
  return activation(clip === null ? z : tf.clipByValue(z, -clip, clip));
}

function recurrent(call: Call, layer: Layer): (Value | null)[] {
  const isBatchFirst = int(call, 'layout', 0) === 1;
  const given3 = operand(call, 0);
  const x = isBatchFirst ? tf.transpose(given3, [1, 0, 2]) : given3;
  const direction = text(call, 'direction', 'forward');
  const count = direction === 'bidirectional' ? 2 : 1;
  const activations = activationsOf(call, layer, count);
  const runs = range(0, count).map((index) => {
    const own = directionOf(call, layer, index, activations.slice(index * layer.activations.length));
    return run(call, layer, own, x, { index, isReverse: direction === 'reverse' || index === 1, isBatchFirst });
  });
  const { type } = given(call, 0);
  const together = (tensors: readonly Tensor[], axis: number): Value => valueOf(type, tf.stack([...tensors], axis));
  // [steps, directions, batch, hidden], or [batch, steps, directions, hidden].
  const all = tf.stack(
    runs.map(({ outputs }) => outputs),
    1,
  );
  return [
    valueOf(type, isBatchFirst ? tf.transpose(all, [2, 0, 1, 3]) : all),
    together(
      runs.map(({ last }) => last.hidden),
      isBatchFirst ? 1 : 0,
    ),
    together(
      runs.map(({ last }) => last.cell),
      isBatchFirst ? 1 : 0,
    ),
  ];
}

interface Run {
  /** [steps, batch, hidden] */
  readonly outputs: Tensor;
  readonly last: States;
}

interface Pass {
  readonly index: number;
  readonly isReverse: boolean;
  readonly isBatchFirst: boolean;
}

function run(call: Call, layer: Layer, direction: Direction, x: Tensor, pass: Pass): Run {
  const [steps = 0, batch = 0] = x.shape;
  const lengths = argument(call, 4);
  let states: States = {
    hidden: initial(call, 5, direction, batch, pass),
    cell: initial(call, 6, direction, batch, pass),
  };
  const outputs: Tensor[] = [];
  const inputs = unstacked(x, 0);
  for (const t of pass.isReverse ? range(0, steps).reverse() : range(0, steps)) {
    const own = inputs[t];
    if (own === undefined) continue;
    const next = layer.step(direction, own, states);
    const inside = lengths === null ? null : insideAt(lengths, t);
    states =
      inside === null
        ? next
        : { hidden: held(inside, states.hidden, next.hidden), cell: held(inside, states.cell, next.cell) };
    outputs[t] = inside === null ? next.hidden : tf.mul(next.hidden, inside);
  }
  // A sequence without steps ends in zeros, whatever it began with.
  const any = lengths === null ? null : insideAt(lengths, 0);
  const ended = (state: Tensor): Tensor => (any === null ? state : tf.mul(state, any));
  return { outputs: tf.stack(outputs), last: { hidden: ended(states.hidden), cell: ended(states.cell) } };
}

/** 1 for sequences that have a step, 0 for those that have ended, [batch, 1]. */
function insideAt(lengths: readonly number[], t: number): Tensor {
  return numbersIn(
    'float32',
    [lengths.length, 1],
    lengths.map((length) => (t < length ? 1 : 0)),
  );
}

function held(inside: Tensor, before: Tensor, next: Tensor): Tensor {
  return tf.add(before, tf.mul(tf.sub(next, before), inside));
}

function initial(call: Call, input: number, direction: Direction, batch: number, pass: Pass): Tensor {
  const states = optionalOperand(call, input);
  if (states === null) return tf.zeros([batch, direction.hidden]);
  const axis = pass.isBatchFirst ? 1 : 0;
  return tf.reshape(part(states, axis, pass.index, 1), [batch, direction.hidden]);
}

function directionOf(call: Call, layer: Layer, index: number, activations: readonly Activation[]): Direction {
  const own = (tensor: Tensor): Tensor => tf.reshape(part(tensor, 0, index, 1), tensor.shape.slice(1));
  const r = own(operand(call, 2));
  const hidden = r.shape[1] ?? 0;
  const bias = optionalOperand(call, 3);
  const rows = layer.gates * hidden;
  const both = bias === null ? null : own(bias);
  const peepholes = layer.gates === 4 ? optionalOperand(call, 7) : null;
  return {
    call,
    activations: activations.slice(0, layer.activations.length),
    w: own(operand(call, 1)),
    r,
    biases: both === null ? null : [part(both, 0, 0, rows), part(both, 0, rows, rows)],
    peepholes: peepholes === null ? null : tf.split(own(peepholes), 3),
    hidden,
  };
}

/** Direction by direction; each takes its parameters from where the one before it stopped. */
function activationsOf(call: Call, layer: Layer, directions: number): Activation[] {
  const attribute = call.node.attributes.get('activations');
  const fallback = range(0, directions).flatMap(() => layer.activations);
  const names = attribute?.kind === 'strings' && attribute.value.length > 0 ? attribute.value : fallback;
  const alphas = [...(floats(call, 'activation_alpha') ?? [])];
  const betas = [...(floats(call, 'activation_beta') ?? [])];
  return names.map((name) => {
    switch (name.toLowerCase()) {
      case 'tanh':
        return (z) => tf.tanh(z);
      case 'sigmoid':
        return (z) => tf.sigmoid(z);
      case 'relu':
        return (z) => tf.relu(z);
      case 'leakyrelu': {
        const alpha = alphas.shift() ?? 0.01;
        return (z) => leaky(z, alpha);
      }
      case 'hardsigmoid': {
        const [alpha, beta] = [alphas.shift() ?? 0.2, betas.shift() ?? 0.5];
        return (z) => hardSigmoid(z, alpha, beta);
      }
      default:
        return fail(call, `has the activation \`${name}\``);
    }
  });
}
