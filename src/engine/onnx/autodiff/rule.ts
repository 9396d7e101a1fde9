import { AssayError } from '#base/errors';
import { float32Constant, float64Constant, integersOf } from '../graph/constants.js';
import type { GraphBuilder } from '../graph/builder.js';
import type { Attribute, Constant, ElementType, Node } from '../graph/ir.js';
import type { Shape } from '../graph/shape.js';
import { describeShape, fixedFrom } from '../graph/shape.js';
import type { Trace } from '../graph/trace.js';

/**
 * The vector-Jacobian product of one operator: given the gradients of a node's outputs (null where nothing depends on
 * one), adds nodes that compute the gradients of its inputs. Gives one name an input, null where there is none.
 * Throws an AssayError `operator` where this use of the operator has no rule.
 */
export type GradientRule = (context: RuleContext) => readonly (string | null)[];

/** Rules by operator. */
export type RuleTable = Readonly<Record<string, GradientRule>>;

/** A node through which something else than its derivative was taken. */
export interface Substitute {
  readonly node: Node;
  /** `zero`: a step function, flat almost everywhere; `straight-through`: a quantizer, taken for the identity. */
  readonly kind: 'zero' | 'straight-through';
}

/** One node on the way back, with everything that a rule may ask about it. */
export class RuleContext {
  constructor(
    readonly node: Node,
    readonly builder: GraphBuilder,
    readonly gradients: readonly (string | null)[],
    readonly trace: Trace,
    private readonly wanted: (input: string) => boolean,
    private readonly substitutes: Substitute[],
  ) {}

  /** The gradient of the first output. */
  get gradient(): string {
    return this.gradients[0] ?? this.fail('has no gradient at its first output');
  }

  get output(): string {
    return this.node.outputs[0] ?? this.fail('has no output');
  }

  input(index: number): string {
    return this.optionalInput(index) ?? this.fail(`lacks input ${index}`);
  }

  optionalInput(index: number): string | null {
    const name = this.node.inputs[index];
    return name === undefined || name === '' ? null : name;
  }

  /** Whether anything asks for the gradient of this input. */
  wants(index: number): boolean {
    const name = this.optionalInput(index);
    return name !== null && this.wanted(name);
  }

  shape(name: string): Shape {
    return this.trace.get(name)?.shape ?? this.fail(`uses \`${name}\`, whose shape is not known`);
  }

  rank(name: string): number {
    return this.shape(name).length;
  }

  /** Sizes of the axes from `start` on, which must not depend on the batch. */
  sizes(name: string, start: number): number[] {
    const shape = this.shape(name);
    return fixedFrom(shape, start) ?? this.fail(`needs fixed sizes, but \`${name}\` is ${describeShape(shape)}`);
  }

  type(name: string): ElementType {
    return this.trace.get(name)?.type ?? 'float32';
  }

  constant(name: string): Constant | undefined {
    return this.builder.constantOf(name);
  }

  /** The integers of an input that has to be constant, such as axes; null where it is left out. */
  integers(index: number): number[] | null {
    const name = this.optionalInput(index);
    if (name === null) return null;
    const constant = this.constant(name);
    return constant === undefined ? this.fail(`takes \`${name}\` from a computation`) : integersOf(constant);
  }

  int(name: string, fallback: number): number {
    const attribute = this.node.attributes.get(name);
    return attribute?.kind === 'int' ? attribute.value : fallback;
  }

  float(name: string, fallback: number): number {
    const attribute = this.node.attributes.get(name);
    return attribute?.kind === 'float' ? attribute.value : fallback;
  }

  ints(name: string): readonly number[] | null {
    const attribute: Attribute | undefined = this.node.attributes.get(name);
    return attribute?.kind === 'ints' ? attribute.value : null;
  }

  floatList(name: string): readonly number[] | null {
    const attribute = this.node.attributes.get(name);
    return attribute?.kind === 'floats' ? attribute.value : null;
  }

  string(name: string, fallback: string): string {
    const attribute = this.node.attributes.get(name);
    return attribute?.kind === 'string' ? attribute.value : fallback;
  }

  /** An axis attribute or number as a position from the front. */
  axis(value: number, rank: number): number {
    return value < 0 ? value + rank : value;
  }

  /** A constant of the type that the gradient has. */
  floats(shape: readonly number[], values: ArrayLike<number>): string {
    const make = this.type(this.output) === 'float64' ? float64Constant : float32Constant;
    return this.builder.constant(make(shape, values));
  }

  scalar(value: number): string {
    return this.floats([], [value]);
  }

  /** `value` where the boolean `condition` holds and 0 elsewhere. */
  masked(value: string, condition: string): string {
    const mask = this.builder.cast(condition, this.type(this.output) === 'float64' ? 'float64' : 'float32');
    return this.builder.node('Mul', [value, mask]);
  }

  /** Says that this rule gives something else than the derivative. */
  substitute(kind: Substitute['kind']): void {
    this.substitutes.push({ node: this.node, kind });
  }

  fail(reason: string): never {
    throw operatorError(this.node, reason);
  }
}

/** The one form of the sentence that says which node keeps a model from having gradients. */
export function operatorError(node: Node, reason: string): AssayError {
  const name = node.name === '' ? `with output \`${node.outputs[0] ?? ''}\`` : `\`${node.name}\``;
  const operator = node.domain === '' ? node.op : `${node.domain}.${node.op}`;
  return new AssayError('operator', { what: `node ${name} (${operator}) ${reason}` });
}
