import { float32Constant, numbersOf } from '../../onnx/graph/constants.js';
import { widthOf } from '../../onnx/graph/element-type.js';
import type { Constant } from '../../onnx/graph/ir.js';
import type { ValueType } from './types.js';
import { MOST_KNOWN, type Known } from './value.js';

export function constantOf(type: ValueType, shape: readonly number[], values: readonly number[]): Constant {
  if (type === 'float32') return float32Constant(shape, values);
  const typed = type === 'bool' ? Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)) : Int32Array.from(values);
  return { type, shape, bytes: new Uint8Array(typed.buffer) };
}

/** Its elements where they are few. */
export function knownOf(constant: Constant): Known | null {
  const count = constant.bytes.length / Math.max(widthOf(constant.type), 1);
  return count <= MOST_KNOWN ? numbersOf(constant) : null;
}

/** The same constant with its axes in another order: axis i of the result is axis `order[i]`. */
export function transposed(constant: Constant, order: readonly number[]): Constant {
  const width = widthOf(constant.type);
  const shape = order.map((axis) => constant.shape[axis] ?? 1);
  if (isInOrder(order, constant.shape)) return { ...constant, shape };
  const strides = stridesOf(constant.shape);
  const steps = order.map((axis) => (strides[axis] ?? 0) * width);
  const bytes = new Uint8Array(constant.bytes.length);
  const position = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < bytes.length; to += width) {
    for (let i = 0; i < width; i++) bytes[to + i] = constant.bytes[from + i] ?? 0;
    // Counts `position` up by one, the last axis first.
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis] ?? 0;
      position[axis] = (position[axis] ?? 0) + 1;
      if ((position[axis] ?? 0) < (shape[axis] ?? 1)) break;
      from -= (steps[axis] ?? 0) * (shape[axis] ?? 1);
      position[axis] = 0;
    }
  }
  return { ...constant, shape, bytes };
}

/** Whether axes of more than one element keep their order. */
function isInOrder(order: readonly number[], shape: readonly number[]): boolean {
  const moved = order.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || axis > (moved[i - 1] ?? -1));
}

function stridesOf(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] ?? 1) * (shape[axis + 1] ?? 1);
  }
  return strides;
}
