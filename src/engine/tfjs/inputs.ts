import { div, reshape, sub, type Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { Tensor } from '#base/tensor';
import type { Normalization } from '../contract.js';
import type { ElementType } from '../onnx/graph/ir.js';
import { isIdentity } from '../onnx/passes/normalization.js';
import { bools, dtypeOf, floats, integers, valueOf, type Value } from './value.js';

/** What the caller gives for an input, in its type. */
export function inputValue(type: ElementType, { shape, data }: Tensor): Value {
  switch (dtypeOf(type)) {
    case 'float32':
      return valueOf(type, floats(shape, data));
    case 'int32':
      return valueOf(type, integers(shape, Array.from(data, Math.trunc)));
    default:
      return valueOf(type, bools(shape, Array.from(data)));
  }
}

/** (x - mean) / std along an axis of a sample. */
export function normalized(x: TfTensor, normalization: Normalization): TfTensor {
  if (isIdentity(normalization)) return x;
  const { axis, mean, std } = normalization;
  const positions = x.shape[axis + 1] ?? 1;
  const shape = x.shape.map((_, each) => (each === axis + 1 ? positions : 1));
  const along = (values: readonly number[]): TfTensor => {
    const data = Float32Array.from({ length: positions }, (_, i) => values[i] ?? values[0] ?? 0);
    return reshape(floats([positions], data), shape);
  };
  return div(sub(x, along(mean)), along(std));
}
