import { AssayError } from '#base/errors';
import { isList, isRecord, member, type JsonRecord } from '../../json-value.js';

/** What a layer's configuration says, by the names that Keras gives its arguments. */
export interface Settings {
  /** The value as it was read; undefined where there is none or null. */
  readonly get: (key: string) => unknown;
  readonly flag: (key: string, fallback: boolean) => boolean;
  readonly number: (key: string, fallback?: number) => number;
  readonly optionalNumber: (key: string) => number | null;
  readonly text: (key: string, fallback?: string) => string;
  /** Whole numbers, one an axis: a single one stands for all of them. */
  readonly sizes: (key: string, axes: number, fallback?: number) => readonly number[];
  /** A whole number or a list of them. */
  readonly integers: (key: string, fallback?: readonly number[]) => readonly number[];
}

/** @param fail throws with the layer in front of the clause */
export function settingsOf(config: JsonRecord, fail: (what: string) => never): Settings {
  const get = (key: string): unknown => member(config, key) ?? undefined;
  const missing = (key: string): never => fail(`has no \`${key}\``);
  const wrong = (key: string, wanted: string): never => fail(`has a \`${key}\` that is no ${wanted}`);
  const optionalNumber = (key: string): number | null => {
    const value = numberOf(get(key));
    if (value === undefined) return null;
    return typeof value === 'number' ? value : wrong(key, 'number');
  };
  const integers = (key: string, fallback?: readonly number[]): readonly number[] => {
    const value = get(key);
    if (value === undefined) return fallback ?? missing(key);
    const list = isList(value) ? value : [value];
    return list.every((each) => Number.isSafeInteger(each)) ? (list as readonly number[]) : wrong(key, 'whole number');
  };
  return {
    get,
    optionalNumber,
    integers,
    flag: (key, fallback) => {
      const value = get(key) ?? fallback;
      return typeof value === 'boolean' ? value : wrong(key, 'true or false');
    },
    number: (key, fallback) => optionalNumber(key) ?? fallback ?? missing(key),
    text: (key, fallback) => {
      const value = get(key) ?? fallback ?? missing(key);
      return typeof value === 'string' ? value : wrong(key, 'text');
    },
    sizes: (key, axes, fallback) => {
      const list = integers(key, fallback === undefined ? undefined : [fallback]);
      const all = list.length === 1 ? Array.from({ length: axes }, () => list[0] ?? 0) : list;
      return all.length === axes && all.every((size) => size >= 0) ? all : wrong(key, `list of ${axes} sizes`);
    },
  };
}

/** Keras writes some numbers as arrays of numpy: `{ class_name: '__numpy__', config: { value: [..] } }`. */
function numberOf(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const config = member(value, 'config');
  const inner = isRecord(config) ? member(config, 'value') : member(value, 'value');
  return isList(inner) && inner.length === 1 ? inner[0] : inner;
}

export function brokenLayer(where: string, layer: string, what: string): AssayError {
  return new AssayError('model', { where, what: `layer \`${layer}\` ${what}` });
}

/** A layer that has no lowering, or an argument of it: the model may still run as it is. */
export function notLowered(where: string, layer: string, what: string): AssayError {
  return new AssayError('operator', { where, what: `layer \`${layer}\` ${what}` });
}
