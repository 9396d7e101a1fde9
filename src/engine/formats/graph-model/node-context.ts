import { AssayError } from '#base/errors';
import type { Attributes } from './attributes.js';
import type { AttributeInputs, Emitter, Facts } from './emitter.js';
import type { TfNode } from './node-def.js';
import { isNumber, type ListValue, type Size, type TensorValue, type Value } from './value.js';
import type { ValueType } from './types.js';

/** Lowers a node: what it gives, in the order of its outputs. */
export type Operator = (context: NodeContext) => readonly Value[];

export type OperatorTable = Readonly<Record<string, Operator>>;

/** A node under lowering, with what it reads. */
export class NodeContext {
  constructor(
    readonly where: string,
    readonly node: TfNode,
    readonly inputs: readonly Value[],
    readonly emitter: Emitter,
    /** In front of the names of what a function gives, so that two calls of it differ. */
    readonly scope: string,
  ) {}

  get attributes(): Attributes {
    return this.node.attributes;
  }

  get name(): string {
    return this.scope + this.node.name;
  }

  tensor(index: number): TensorValue {
    const value = this.inputs.at(index);
    if (value === undefined) throw this.broken(`has no input ${index}`);
    return value.kind === 'tensor' ? value : this.fail('reads a list of tensors where a tensor is expected');
  }

  list(index: number): ListValue {
    const value = this.inputs.at(index);
    return value?.kind === 'list' ? value : this.fail('reads no list of tensors');
  }

  tensors(start = 0, end?: number): TensorValue[] {
    return this.inputs
      .slice(start, end)
      .map((value) =>
        value.kind === 'tensor' ? value : this.fail('reads a list of tensors where a tensor is expected'),
      );
  }

  /** Elements of an input that have to be known before the model runs. */
  integers(index: number, what: string): number[] {
    const known = this.tensor(index).known;
    if (known?.every(isNumber)) return known.map((value) => Math.trunc(value));
    return this.fail(`takes its ${what} from a computation`);
  }

  integer(index: number, what: string): number {
    const [value, ...others] = this.integers(index, what);
    if (value === undefined || others.length > 0) throw this.broken(`has ${others.length + 1} numbers as its ${what}`);
    return value;
  }

  /** An axis from the front, for a value of a rank. */
  axis(axis: number, rank: number): number {
    const fromFront = axis < 0 ? axis + rank : axis;
    if (fromFront < 0 || fromFront >= Math.max(rank, 1))
      throw this.broken(`has the axis ${axis} of a tensor of rank ${rank}`);
    return fromFront;
  }

  /** The node's result, under the node's name. */
  give(op: string, inputs: readonly string[], facts: Facts, attributes: AttributeInputs = {}): TensorValue {
    return this.emitter.value(this.emitter.named(this.name, op, inputs, attributes), facts);
  }

  step(op: string, inputs: readonly string[], attributes: AttributeInputs = {}): string {
    return this.emitter.step(op, inputs, attributes);
  }

  scalar(value: number): string {
    return this.emitter.nameOf(this.emitter.numbers('float32', [], [value]));
  }

  number(type: ValueType, value: number): string {
    return this.emitter.nameOf(this.emitter.numbers(type, [], [value]));
  }

  integerList(values: readonly number[]): string {
    return this.emitter.integers(values);
  }

  unknownSize(): Size {
    return this.emitter.unknownSize();
  }

  /** The value in another type. */
  cast(value: TensorValue, type: ValueType): TensorValue {
    if (value.type === type) return value;
    const { emitter } = this;
    const known = value.known?.map((element) =>
      isNumber(element) ? castNumber(element, type) : type === 'int32' ? element : null,
    );
    if (known?.every(isNumber) && value.shape.every(isNumber)) return emitter.numbers(type, value.shape, known);
    const name = this.step('Cast', [emitter.nameOf(value)], { to: DATA_TYPES[type] });
    return { ...emitter.value(name, { ...value, type }), known: known ?? null };
  }

  /** A whole-number value as ONNX takes indices. */
  int64(value: TensorValue): string {
    return this.step('Cast', [this.emitter.plainName(value)], { to: INT64 });
  }

  /** What ONNX gives as int64, as TensorFlow.js has it. */
  int32(value: string, facts: Omit<Facts, 'type'>): TensorValue {
    return this.give('Cast', [value], { ...facts, type: 'int32' }, { to: DATA_TYPES.int32 });
  }

  /** The node has no form in ONNX: the model then runs on TensorFlow.js. */
  fail(reason: string): never {
    throw new AssayError('operator', { where: this.where, what: `${this.#described()} ${reason}` });
  }

  /** The file is broken. */
  broken(reason: string): AssayError {
    return new AssayError('model', { where: this.where, what: `${this.#described()} ${reason}` });
  }

  #described(): string {
    return `node \`${this.name}\` (${this.node.op})`;
  }
}

/** TensorProto.DataType of ONNX. */
const DATA_TYPES: Readonly<Record<ValueType, number>> = { float32: 1, int32: 6, bool: 9 };
const INT64 = 7;

export function castNumber(value: number, type: ValueType): number {
  if (type === 'bool') return value === 0 ? 0 : 1;
  return type === 'int32' ? Math.trunc(value) | 0 : Math.fround(value);
}
