import type { Constant } from '../../onnx/graph/ir.js';
import type { ValueType } from './types.js';

/** A size: a number, or the name of one that is known when the model runs. Equal names are equal sizes. */
export type Size = number | string;

/**
 * How a tensor lies in the ONNX graph.
 *
 * - `plain`: its axes are those of TensorFlow
 * - `channels-first`: [n, ...spatial, channels] of TensorFlow lies as [n, channels, ...spatial], as ONNX has images
 */
export type Layout = 'plain' | 'channels-first';

/** Elements of a small tensor, row-major: what is known before the model runs, null where an element is not. */
export type Known = readonly (Size | null)[];

/** A tensor that the ONNX graph has, or can be given. Shapes are those of TensorFlow, whatever the layout. */
export interface TensorValue {
  readonly kind: 'tensor';
  readonly type: ValueType;
  readonly shape: readonly Size[];
  readonly layout: Layout;
  readonly source: { readonly constant: Constant; readonly name: string | null } | { readonly value: string };
  readonly known: Known | null;
  /** The same tensor before it was padded with zeros along its spatial axes, which a convolution can do itself. */
  readonly unpadded?: Unpadded;
  /** The same tensor before `SpaceToBatchND`, by which TensorFlow writes dilated convolutions. */
  readonly unfolded?: Unfolded;
  /** What whole numbers and truths were computed from: which node of ONNX, and its operands. */
  readonly origin?: Origin;
}

export interface Origin {
  readonly op: string;
  readonly operands: readonly TensorValue[];
}

export interface Unpadded {
  readonly source: TensorValue;
  /** Begin and end of each spatial axis. */
  readonly pads: readonly (readonly [number, number])[];
}

export interface Unfolded {
  readonly source: TensorValue;
  readonly block: readonly number[];
  /** Zeros that are still to be added in front of and behind each spatial axis. */
  readonly pads: readonly (readonly [number, number])[];
}

/** A list of tensors, as loops of TensorFlow 2 carry them: it exists while the graph is lowered, and not in ONNX. */
export interface ListValue {
  readonly kind: 'list';
  readonly type: ValueType;
  /** Of one element; null where it is not declared. */
  readonly shape: readonly Size[] | null;
  /** Null is an element that was reserved and not set. */
  readonly elements: readonly (TensorValue | null)[];
}

/** What the branch of a `Switch` that is not taken gives, and what is computed from it. */
export interface DeadValue {
  readonly kind: 'dead';
}

export type Value = TensorValue | ListValue | DeadValue;

export const DEAD: DeadValue = { kind: 'dead' };

/** More elements are left to be computed when the model runs. */
export const MOST_KNOWN = 1024;

export function isNumber(size: Size | null | undefined): size is number {
  return typeof size === 'number';
}

export function areNumbers(sizes: readonly (Size | null)[]): sizes is readonly number[] {
  return sizes.every((size) => typeof size === 'number');
}

/** The number of elements; null where it is known only when the model runs. */
export function countOf(shape: readonly Size[]): number | null {
  return areNumbers(shape) ? shape.reduce((product, size) => product * size, 1) : null;
}

export function describeSizes(shape: readonly (Size | null)[]): string {
  return `[${shape.map((size) => (isNumber(size) ? String(size) : '?')).join(', ')}]`;
}
