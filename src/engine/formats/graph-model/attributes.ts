import { isList, isRecord, member, type JsonRecord } from '../json-value.js';
import { typeOfTensorFlow, type ValueType } from './types.js';

/** Sizes as TensorFlow declares them, -1 where one is left open; null where not even their number is declared. */
export type DeclaredShape = readonly number[] | null;

/**
 * The attributes of a node as the JSON form of `AttrValue` has them (tensorflow/core/framework/attr_value.proto): one member
 * tells the kind, 64-bit integers may be texts, texts are base64 or lists of codes. What is missing or of another kind reads
 * as null.
 */
export class Attributes {
  constructor(private readonly record: JsonRecord) {}

  int(name: string): number | null {
    return integer(this.value(name, 'i'));
  }

  float(name: string): number | null {
    return real(this.value(name, 'f') ?? this.value(name, 'i'));
  }

  bool(name: string): boolean | null {
    const value = this.value(name, 'b');
    return typeof value === 'boolean' ? value : null;
  }

  text(name: string): string | null {
    return text(this.value(name, 's'));
  }

  /** Null where the list is missing or not all of it is integers; an empty list may have no members at all. */
  ints(name: string): readonly number[] | null {
    return this.list(name, 'i', integer);
  }

  texts(name: string): readonly string[] | null {
    return this.list(name, 's', text);
  }

  type(name: string): ValueType | null {
    return typeOfTensorFlow(this.value(name, 'type'));
  }

  shape(name: string): DeclaredShape {
    return declaredShape(this.value(name, 'shape'));
  }

  /** The name of a function. */
  func(name: string): string | null {
    const value = this.value(name, 'func');
    const called = isRecord(value) ? member(value, 'name') : undefined;
    return typeof called === 'string' ? called : null;
  }

  private value(name: string, kind: string): unknown {
    const attribute = member(this.record, name);
    return isRecord(attribute) ? member(attribute, kind) : undefined;
  }

  private list<T>(name: string, kind: string, read: (value: unknown) => T | null): readonly T[] | null {
    const list = this.value(name, 'list');
    if (!isRecord(list)) return null;
    const values = member(list, kind) ?? [];
    const items = isList(values) ? values.map(read) : [];
    return items.every((item) => item !== null) ? items : null;
  }
}

/** Reads a `TensorShapeProto`. */
export function declaredShape(value: unknown): DeclaredShape {
  if (!isRecord(value) || member(value, 'unknownRank') === true) return null;
  const dimensions = member(value, 'dim') ?? [];
  if (!isList(dimensions)) return null;
  const sizes = dimensions.map((dimension) => (isRecord(dimension) ? integer(member(dimension, 'size') ?? 0) : null));
  return sizes.every((size) => size !== null) ? sizes : null;
}

function integer(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) ? number : null;
}

function real(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' ? number : null;
}

function text(value: unknown): string | null {
  if (typeof value === 'string') return Buffer.from(value, 'base64').toString('latin1');
  return isList(value) ? Buffer.from(value.filter((code) => typeof code === 'number')).toString('latin1') : null;
}
