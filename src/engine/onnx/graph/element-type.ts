import type { ElementType } from './ir.js';

/** TensorProto.DataType of onnx.proto. Types that are not listed are `other`. */
const CODES: ReadonlyMap<ElementType, number> = new Map([
  ['float32', 1],
  ['uint8', 2],
  ['int8', 3],
  ['uint16', 4],
  ['int16', 5],
  ['int32', 6],
  ['int64', 7],
  ['string', 8],
  ['bool', 9],
  ['float16', 10],
  ['float64', 11],
  ['uint32', 12],
  ['uint64', 13],
  ['bfloat16', 16],
]);

const TYPES: ReadonlyMap<number, ElementType> = new Map([...CODES].map(([type, code]) => [code, type]));

const WIDTHS: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
  string: 0,
  other: 0,
};

/** The element type with a TensorProto.DataType code; `other` for codes that Assay does not compute with. */
export function elementTypeOf(code: number): ElementType {
  return TYPES.get(code) ?? 'other';
}

/** The TensorProto.DataType code of an element type; 0 (undefined) for `other`. */
export function dataTypeOf(type: ElementType): number {
  return CODES.get(type) ?? 0;
}

/** Bytes of one element; 0 for strings and `other`, whose constants keep no bytes. */
export function widthOf(type: ElementType): number {
  return WIDTHS[type];
}
