import {
  engine,
  cast,
  reshape,
  tensor as tensorOf,
  tensor1d,
  transpose,
  type DataType,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { AssayError } from '#base/errors';
import { float32Of, integersOf } from '../onnx/graph/constants.js';
import type { Constant, ElementType } from '../onnx/graph/ir.js';

/** A value of a graph while it is executed. */
export interface Value {
  /** As the graph has it. */
  readonly type: ElementType;
  /** Real numbers and integers of up to 16 bits as float32, wider integers as int32. */
  readonly tensor: Tensor;
  /** Whether the tensor lies as [n, ..., channels] where the graph has [n, channels, ...]: what the kernels of images take. */
  readonly channelsLast: boolean;
}

const REALS: ReadonlySet<ElementType> = new Set(['float32', 'float64', 'float16', 'bfloat16']);
/** Quantized integers: as real numbers they carry gradients. */
const NARROW: ReadonlySet<ElementType> = new Set(['int8', 'uint8', 'int16', 'uint16']);
const WIDE: ReadonlySet<ElementType> = new Set(['int32', 'int64', 'uint32', 'uint64']);

export const MOST_INT32 = 2 ** 31 - 1;
export const LEAST_INT32 = -(2 ** 31);

export function isReal(type: ElementType): boolean {
  return REALS.has(type);
}

/** How TensorFlow.js holds numbers of a type. */
export function dtypeOf(type: ElementType): Exclude<DataType, 'string' | 'complex64'> {
  if (REALS.has(type) || NARROW.has(type)) return 'float32';
  if (WIDE.has(type)) return 'int32';
  if (type === 'bool') return 'bool';
  throw new AssayError('operator', { what: `the tfjs engine computes with no values of type ${type}` });
}

export function valueOf(type: ElementType, tensor: Tensor): Value {
  return { type, tensor, channelsLast: false };
}

/** The tensor with its axes in the order of the graph. */
export function plain({ tensor, channelsLast }: Value): Tensor {
  return channelsLast ? moved(tensor, [0, tensor.rank - 1, ...range(1, tensor.rank - 1)]) : tensor;
}

/** The tensor with its channels behind all positions. */
export function channelsLastOf({ tensor, channelsLast }: Value): Tensor {
  return channelsLast ? tensor : moved(tensor, [0, ...range(2, tensor.rank), 1]);
}

/** A transposition, which is a mere reshape where only axes of size one change places. */
export function moved(tensor: Tensor, permutation: readonly number[]): Tensor {
  const shape = permutation.map((axis) => tensor.shape[axis] ?? 1);
  const long = permutation.filter((axis) => tensor.shape[axis] !== 1);
  const inOrder = long.every((axis, i) => i === 0 || axis > (long[i - 1] ?? 0));
  return inOrder ? reshape(tensor, shape) : transpose(tensor, [...permutation]);
}

/** start, start + 1, ..., end - 1 */
export function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(end - start, 0) }, (_, i) => start + i);
}

/** Values of a constant; what int32 cannot hold becomes the largest or the smallest that it can. */
export function constantValue(constant: Constant): Value {
  const { type, shape } = constant;
  const dtype = dtypeOf(type);
  if (dtype === 'float32')
    return valueOf(type, floats(shape, isReal(type) ? float32Of(constant) : Float32Array.from(integersOf(constant))));
  return valueOf(type, dtype === 'bool' ? bools(shape, integersOf(constant)) : integers(shape, integersOf(constant)));
}

export function floats(shape: readonly number[], data: Float32Array): Tensor {
  return tensorOf(data, [...shape], 'float32');
}

export function integers(shape: readonly number[], numbers: readonly number[]): Tensor {
  return tensorOf(Int32Array.from(numbers, saturated), [...shape], 'int32');
}

export function bools(shape: readonly number[], numbers: readonly number[]): Tensor {
  return tensorOf(
    Uint8Array.from(numbers, (value) => (value === 0 ? 0 : 1)),
    [...shape],
    'bool',
  );
}

/** Positions, as gathers take them. */
export function indices(positions: readonly number[]): Tensor1D {
  return tensor1d(Int32Array.from(positions), 'int32');
}

function saturated(value: number): number {
  return Math.min(Math.max(value, LEAST_INT32), MOST_INT32);
}

/** Numbers in a tensor of the type, row-major. */
export function numbersIn(type: ElementType, shape: readonly number[], numbers: readonly number[]): Tensor {
  switch (dtypeOf(type)) {
    case 'float32':
      return floats(shape, Float32Array.from(numbers));
    case 'int32':
      return integers(shape, numbers);
    default:
      return bools(shape, numbers);
  }
}

/** The elements of a tensor, on the host. */
export function numbersOf(tensor: Tensor): number[] {
  return Array.from(tensor.dataSync());
}

/** The elements of a tensor of real numbers. */
export function floatsOf(tensor: Tensor): Float32Array {
  const data = tensor.dataSync();
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** A tensor as real numbers. */
export function real(tensor: Tensor): Tensor {
  return held(tensor, 'float32');
}

/** A tensor as numbers of a type; the same one where it has them already. */
export function held(tensor: Tensor, dtype: DataType): Tensor {
  return tensor.dtype === dtype ? tensor : cast(tensor, dtype);
}

/** Work at whose end all tensors that it made are let go of; what it gives holds none. */
export function scoped<T>(work: () => T): T {
  engine().startScope();
  try {
    return work();
  } finally {
    engine().endScope();
  }
}
