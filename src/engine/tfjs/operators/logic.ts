import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { given, int, operand, type Call, type Operator, type OperatorTable } from '../operator.js';
import type { Value } from '../value.js';
import { aligned, binary, unary } from './pointwise.js';

/** Comparisons, logic and bits. */
export const logicOperators: OperatorTable = {
  And: binary((a, b) => tf.logicalAnd(a, b), 'bool'),
  Or: binary((a, b) => tf.logicalOr(a, b), 'bool'),
  Xor: binary((a, b) => tf.notEqual(a, b), 'bool'),
  Not: unary((x) => tf.logicalNot(x)),
  Equal: binary((a, b) => tf.equal(a, b), 'bool'),
  Greater: binary((a, b) => tf.greater(a, b), 'bool'),
  GreaterOrEqual: binary((a, b) => tf.greaterEqual(a, b), 'bool'),
  Less: binary((a, b) => tf.less(a, b), 'bool'),
  LessOrEqual: binary((a, b) => tf.lessEqual(a, b), 'bool'),
  IsNaN: test((x) => tf.isNaN(x)),
  IsInf: test(isInfinite),
  Where: (call) => choose(call),
  BitwiseAnd: bits((a, b) => a & b),
  BitwiseOr: bits((a, b) => a | b),
  BitwiseXor: bits((a, b) => a ^ b),
  BitwiseNot: unary((x) => tf.sub(tf.neg(x), tf.scalar(1, x.dtype))),
  BitShift: (call) => shift(call),
};

function test(apply: (x: Tensor, call: Call) => Tensor): Operator {
  return (call) => ({ ...given(call, 0), type: 'bool', tensor: apply(given(call, 0).tensor, call) });
}

function isInfinite(x: Tensor, call: Call): Tensor {
  const above = int(call, 'detect_positive', 1) === 1 ? tf.equal(x, Infinity) : null;
  const below = int(call, 'detect_negative', 1) === 1 ? tf.equal(x, -Infinity) : null;
  if (above !== null && below !== null) return tf.logicalOr(above, below);
  return above ?? below ?? tf.cast(tf.zerosLike(x), 'bool');
}

function choose(call: Call): Value {
  const [condition, a, b] = [given(call, 0), given(call, 1), given(call, 2)];
  const [operands, channelsLast] = aligned([condition, a, b]);
  const [where = condition.tensor, first = a.tensor, second = b.tensor] = operands;
  return { type: a.type, tensor: tf.where(tf.cast(where, 'bool'), first, second), channelsLast };
}

/** On the host: TensorFlow.js has bits of int32 only, and not on every back end. */
function bits(apply: (a: number, b: number) => number): Operator {
  return (call) => {
    const [a, b] = [operand(call, 0), operand(call, 1)];
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
    const [left, right] = [a, b].map((each) => tf.broadcastTo(each, shape).dataSync());
    const data = Array.from(left ?? [], (value, i) => apply(value, right?.[i] ?? 0));
    return tf.tensor(data, shape, a.dtype);
  };
}

const WIDTHS: Readonly<Record<string, number>> = { uint8: 8, int8: 8, uint16: 16, int16: 16 };

function shift(call: Call): ReturnType<Operator> {
  const left = call.node.attributes.get('direction');
  const isLeft = left?.kind === 'string' && left.value === 'LEFT';
  const width = WIDTHS[given(call, 0).type] ?? 32;
  const cut = width === 32 ? (value: number): number => value : (value: number): number => value % 2 ** width;
  return bits((a, b) => (isLeft ? cut(a * 2 ** b) : Math.floor(a / 2 ** b)))(call);
}
