import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { sizeOf } from '#base/tensor';
import { float, given, int, operand, optionalOperand, type Call, type OperatorTable } from '../operator.js';
import { held, range, real } from '../value.js';
import { spreadTo } from './shape.js';

/** Products of matrices. */
export const matrixOperators: OperatorTable = {
  MatMul: (call) => held(product(real(operand(call, 0)), real(operand(call, 1))), given(call, 0).tensor.dtype),
  Gemm: (call) => gemm(call),
  'com.microsoft.FusedMatMul': (call) => fusedProduct(call),
};

/** A product of stacks of matrices, broadcast as numpy's `matmul` has it. */
export function product(a: Tensor, b: Tensor): Tensor {
  if (a.rank === 1) return without(product(tf.reshape(a, [1, a.size]), b), -2);
  if (b.rank === 1) return without(product(a, tf.reshape(b, [b.size, 1])), -1);
  const [rows = 0, inner = 0] = a.shape.slice(-2);
  const columns = b.shape.at(-1) ?? 0;
  if (b.rank === 2) {
    const all = sizeOf(a.shape.slice(0, -1));
    const flat = a.rank === 2 ? a : tf.reshape(a, [all, inner]);
    const result = flatProduct(flat, b);
    return a.rank === 2 ? result : tf.reshape(result, [...a.shape.slice(0, -1), columns]);
  }
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const count = sizeOf(batch);
  const left = tf.reshape(spreadTo(a, [...batch, rows, inner]), [count, rows, inner]);
  const right = tf.reshape(spreadTo(b, [...batch, inner, columns]), [count, inner, columns]);
  if (count * rows * inner * columns === 0) return tf.zeros([...batch, rows, columns]);
  return tf.reshape(tf.matMul(left, right), [...batch, rows, columns]);
}

function flatProduct(a: Tensor, b: Tensor): Tensor {
  const [rows = 0] = a.shape;
  const columns = b.shape[1] ?? 0;
  return a.size * b.size === 0 ? tf.zeros([rows, columns]) : tf.matMul(a, b);
}

function without(x: Tensor, axis: number): Tensor {
  return tf.reshape(x, x.shape.toSpliced(axis, 1));
}

/** alpha A B + beta C */
function gemm(call: Call): Tensor {
  const [a, b] = [operand(call, 0), operand(call, 1)];
  const [alpha, beta] = [float(call, 'alpha', 1), float(call, 'beta', 1)];
  const bias = optionalOperand(call, 2);
  const [turnsA, turnsB] = [int(call, 'transA', 0) === 1, int(call, 'transB', 0) === 1];
  const result = tf.matMul(real(a), real(b), turnsA, turnsB);
  const scaled = alpha === 1 ? result : tf.mul(result, alpha);
  if (bias === null) return held(scaled, a.dtype);
  return held(tf.add(scaled, beta === 1 ? real(bias) : tf.mul(real(bias), beta)), a.dtype);
}

function fusedProduct(call: Call): Tensor {
  const left = turned(operand(call, 0), int(call, 'transA', 0), int(call, 'transBatchA', 0));
  const right = turned(operand(call, 1), int(call, 'transB', 0), int(call, 'transBatchB', 0));
  return tf.mul(product(left, right), float(call, 'alpha', 1));
}

/** With a batch that lies between the two axes of the matrix, and with those swapped. */
function turned(x: Tensor, swaps: number, startsWithMatrix: number): Tensor {
  const axes = range(0, x.rank);
  if (x.rank < 2) return x;
  const batchFirst = startsWithMatrix === 1 ? [...axes.slice(1, -1), 0, x.rank - 1] : axes;
  const order = swaps === 1 ? [...batchFirst.slice(0, -2), batchFirst.at(-1) ?? 0, batchFirst.at(-2) ?? 0] : batchFirst;
  return tf.transpose(x, order);
}
