import type { ElementType } from '../../onnx/graph/ir.js';

/** Types that TensorFlow.js computes with; it has no others for numbers. */
export type ValueType = Extract<ElementType, 'float32' | 'int32' | 'bool'>;

/** DataType of tensorflow/core/framework/types.proto, as `parseDtypeParam` of tfjs-converter takes its names and numbers. */
const TYPES: Readonly<Record<string, ValueType>> = {
  DT_FLOAT: 'float32',
  DT_HALF: 'float32',
  DT_DOUBLE: 'float32',
  DT_INT32: 'int32',
  DT_INT64: 'int32',
  DT_INT8: 'int32',
  DT_UINT8: 'int32',
  DT_BOOL: 'bool',
  1: 'float32',
  2: 'float32',
  3: 'int32',
  4: 'int32',
  6: 'int32',
  9: 'int32',
  10: 'bool',
  19: 'float32',
};

/** Null for texts, complex numbers, resources and whatever else is no tensor of numbers. */
export function typeOfTensorFlow(value: unknown): ValueType | null {
  const key = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  return Object.hasOwn(TYPES, key) ? (TYPES[key] ?? null) : null;
}

/** The type that both are widened to: TensorFlow.js adds an int32 to a float32 as a float32. */
export function wider(a: ValueType, b: ValueType): ValueType {
  const order: readonly ValueType[] = ['bool', 'int32', 'float32'];
  return order.indexOf(a) > order.indexOf(b) ? a : b;
}
