import type { Tensor } from '@tensorflow/tfjs-core';
import { AssayError } from '#base/errors';
import type { ModelBytes } from '../contract.js';
import { floatOf, floatsOf as floatsAttribute, intOf, intsOf, stringOf } from '../onnx/graph/attributes.js';
import { describeNode } from '../onnx/graph/describe.js';
import type { Node } from '../onnx/graph/ir.js';
import { readSubgraph, type Body } from '../onnx/proto/body.js';
import { numbersOf, plain, type Value } from './value.js';

/** A node in execution. */
export interface Call {
  readonly node: Node;
  /** Null where an optional input is left out. */
  readonly inputs: readonly (Value | null)[];
  /** Executes a subgraph that may read all that the node may. */
  readonly execute: (body: Body, given: readonly Value[]) => Value[];
  /** See {@link derived}. */
  readonly remember: (name: string, what: string, make: () => Tensor) => Tensor;
}

/**
 * What an operator gives for what it takes, in the form of opset 20, in operations that TensorFlow.js differentiates. A bare
 * tensor has the type of the first input.
 */
export type Operator = (call: Call) => Tensor | Value | readonly (Value | null)[];

/** Operators by name; those of other domains as `com.microsoft.Gelu`. */
export type OperatorTable = Readonly<Record<string, Operator>>;

export function fail({ node }: Pick<Call, 'node'>, why: string): never {
  throw new AssayError('operator', { what: `${describeNode(node)} ${why}` });
}

export function given(call: Call, index: number): Value {
  return call.inputs[index] ?? fail(call, `lacks its input ${index}`);
}

export function optional(call: Call, index: number): Value | null {
  return call.inputs[index] ?? null;
}

/** An input with its axes in order. */
export function operand(call: Call, index: number): Tensor {
  return plain(given(call, index));
}

export function optionalOperand(call: Call, index: number): Tensor | null {
  const value = optional(call, index);
  return value === null ? null : plain(value);
}

/** Numbers of an input that says how to compute, such as axes; null where it is left out. */
export function argument(call: Call, index: number): number[] | null {
  const value = optional(call, index);
  return value === null ? null : numbersOf(plain(value));
}

export function requiredArgument(call: Call, index: number): number[] {
  return argument(call, index) ?? fail(call, `lacks its input ${index}`);
}

export function int({ node }: Call, name: string, fallback: number): number {
  return intOf(node, name, fallback);
}

export function ints({ node }: Call, name: string): readonly number[] | null {
  return intsOf(node, name);
}

export function float({ node }: Call, name: string, fallback: number): number {
  return floatOf(node, name, fallback);
}

export function floats({ node }: Call, name: string): readonly number[] | null {
  return floatsAttribute(node, name);
}

export function text({ node }: Call, name: string, fallback: string): string {
  return stringOf(node, name, fallback);
}

/** The graph in an attribute. */
export function subgraph(call: Call, name: string): Body {
  const attribute = call.node.attributes.get(name);
  if (attribute?.kind !== 'opaque') return fail(call, `lacks its \`${name}\``);
  const known = bodies.get(attribute.bytes);
  if (known !== undefined) return known;
  const model: ModelBytes = { main: describeNode(call.node), files: new Map() };
  const body = readSubgraph(model, attribute.bytes);
  bodies.set(attribute.bytes, body);
  return body;
}

/** Each subgraph is read once. */
const bodies = new WeakMap<Uint8Array, Body>();

/** An axis counted from the front. */
export function axisOf(call: Call, axis: number, rank: number): number {
  const found = axis < 0 ? axis + rank : axis;
  if (found < 0 || found > rank) fail(call, `names axis ${axis} of ${rank}`);
  return found;
}

/** What is made of a constant of the model once and kept, such as weights in another order; of any other value each time. */
export function derived(call: Call, index: number, what: string, make: () => Tensor): Tensor {
  return call.remember(call.node.inputs[index] ?? '', what, make);
}
