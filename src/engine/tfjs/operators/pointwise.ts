import { reshape, type Tensor } from '@tensorflow/tfjs-core';
import { given, type Call, type Operator } from '../operator.js';
import { channelsLastOf, plain, range, valueOf, type Value } from '../value.js';

/** An operator on each element by itself; the layout of its input is that of its output. */
export function unary(apply: (x: Tensor, call: Call) => Tensor): Operator {
  return (call) => {
    const input = given(call, 0);
    return { ...input, tensor: apply(input.tensor, call) };
  };
}

/** An operator on the elements of operands that are broadcast. */
export function broadcast(apply: (operands: readonly Tensor[], call: Call) => Tensor, type?: 'bool'): Operator {
  return (call) => {
    const values = call.inputs.map((_, i) => given(call, i));
    const [operands, channelsLast] = aligned(values);
    return { type: type ?? given(call, 0).type, tensor: apply(operands, call), channelsLast };
  };
}

export function binary(apply: (a: Tensor, b: Tensor, call: Call) => Tensor, type?: 'bool'): Operator {
  return broadcast(([a, b], call) => {
    const [first, second] = [a ?? given(call, 0).tensor, b ?? given(call, 1).tensor];
    return apply(first, second, call);
  }, type);
}

/** All operands in one layout: with channels last where the largest of them has it. */
export function aligned(values: readonly Value[]): readonly [readonly Tensor[], boolean] {
  const rank = Math.max(...values.map(({ tensor }) => tensor.rank));
  const last = values.filter((value) => value.channelsLast);
  if (last.length === 0 || last.some(({ tensor }) => tensor.rank < rank)) return [values.map(plain), false];
  return [values.map((value) => behind(value, rank)), true];
}

/** An operand with its channels last, as one of the given rank. */
function behind(value: Value, rank: number): Tensor {
  const { tensor, channelsLast, type } = value;
  if (channelsLast || tensor.size === 1) return tensor;
  const missing = range(tensor.rank, rank).map(() => 1);
  return channelsLastOf(valueOf(type, missing.length === 0 ? tensor : reshape(tensor, [...missing, ...tensor.shape])));
}
