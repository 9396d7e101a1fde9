import * as tf from '@tensorflow/tfjs-core';

/** Operations as methods of tensors, which the binding's kernels and its reader of pictures call. */
const METHODS = [
  'add',
  'cast',
  'div',
  'equal',
  'floorDiv',
  'max',
  'min',
  'mul',
  'slice',
  'squeeze',
  'sub',
  'sum',
  'transpose',
] as const;

type Operation = (input: tf.Tensor, ...rest: unknown[]) => tf.Tensor;

/**
 * Gives tensors the methods that `@tensorflow/tfjs` adds to them and `@tensorflow/tfjs-core` alone does not: those that
 * the binding's package uses. One that is there stays.
 */
export function chainOperations(): void {
  const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
  const add = (name: string, operation: Operation): void => {
    prototype[name] ??= function (this: tf.Tensor, ...rest: unknown[]): tf.Tensor {
      return operation(this, ...rest);
    };
  };
  for (const name of METHODS) add(name, tf[name] as unknown as Operation);
  add('toInt', (input) => tf.cast(input, 'int32'));
  add('toFloat', (input) => tf.cast(input, 'float32'));
  add('flatten', (input) => tf.reshape(input, [input.size]));
}
