/** GraphModels of TensorFlow.js written by hand: NodeDefs, weights and the files that hold them. */
import type { ModelBytes } from '#engine/index';
import { sizeOf } from '#base/tensor';

export type Attr = object;

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** AttrValue in its JSON form. */
export const attr = {
  text: (value: string): Attr => ({ s: base64(value) }),
  texts: (...values: string[]): Attr => ({ list: { s: values.map(base64) } }),
  int: (value: number): Attr => ({ i: String(value) }),
  ints: (...values: number[]): Attr => ({ list: values.length === 0 ? {} : { i: values.map(String) } }),
  float: (value: number): Attr => ({ f: value }),
  bool: (value: boolean): Attr => ({ b: value }),
  type: (value: string): Attr => ({ type: value }),
  shape: (...sizes: number[]): Attr => ({ shape: { dim: sizes.map((size) => ({ size: String(size) })) } }),
  func: (name: string): Attr => ({ func: { name, attr: {} } }),
};

export interface NodeDef {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr?: Readonly<Record<string, Attr>>;
}

export interface Weight {
  readonly dtype: 'float32' | 'int32' | 'bool';
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export function floats(shape: readonly number[], values: readonly number[] = noise(sizeOf(shape))): Weight {
  return { dtype: 'float32', shape, values };
}

export function ints(...values: readonly number[]): Weight {
  return { dtype: 'int32', shape: [values.length], values };
}

export function int(value: number): Weight {
  return { dtype: 'int32', shape: [], values: [value] };
}

/** Numbers in [-1, 1] that look random. */
export function noise(length: number, seed = 1): number[] {
  return Array.from({ length }, (_, i) => Math.sin((i + 1) * 12.9898 * seed) * Math.cos(i * 78.233 + seed));
}

export interface GraphModelParts {
  /** Placeholders: sizes, -1 for the one that is open. */
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly dtype?: string }>>;
  readonly weights?: Readonly<Record<string, Weight>>;
  readonly nodes: readonly NodeDef[];
  /** Names of the values that are given, each under its own name. */
  readonly outputs: readonly string[];
  readonly functions?: readonly object[];
}

export const SHARD = 'group1-shard1of1.bin';

/** The `model.json` of a graph model, as an object that tests can spoil. */
export function graphModelJson(parts: GraphModelParts) {
  const weights = Object.entries(parts.weights ?? {});
  return {
    format: 'graph-model',
    generatedBy: '2.21.0',
    convertedBy: 'TensorFlow.js Converter v4.22.0',
    signature: {
      inputs: Object.fromEntries(
        Object.entries(parts.inputs).map(([name, { dtype = 'DT_FLOAT' }]) => [name, { name: `${name}:0`, dtype }]),
      ),
      outputs: Object.fromEntries(
        parts.outputs.map((name) => [name, { name: name.includes(':') ? name : `${name}:0` }]),
      ),
    },
    modelTopology: {
      node: [
        ...Object.entries(parts.inputs).map(([name, { shape, dtype = 'DT_FLOAT' }]) => ({
          name,
          op: 'Placeholder',
          attr: { shape: attr.shape(...shape), dtype: attr.type(dtype) },
        })),
        ...weights.map(([name, { dtype }]) => ({ name, op: 'Const', attr: { dtype: attr.type(DT[dtype]) } })),
        ...parts.nodes,
      ],
      library: { function: parts.functions ?? [] },
      versions: {},
    },
    weightsManifest: [
      {
        paths: [SHARD],
        weights: weights.map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] })),
      },
    ],
  };
}

const DT = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' } as const;

export function shardOf(parts: Pick<GraphModelParts, 'weights'>): Uint8Array {
  const pieces = Object.values(parts.weights ?? {}).map(({ dtype, values }) => {
    if (dtype === 'float32') return Buffer.from(Float32Array.from(values).buffer);
    return dtype === 'int32' ? Buffer.from(Int32Array.from(values).buffer) : Buffer.from(values);
  });
  return new Uint8Array(Buffer.concat(pieces));
}

export function graphModel(parts: GraphModelParts): ModelBytes {
  return modelFiles(graphModelJson(parts), shardOf(parts));
}

export function modelFiles(json: object, shard: Uint8Array): ModelBytes {
  return {
    main: 'model.json',
    files: new Map([
      ['model.json', new TextEncoder().encode(JSON.stringify(json))],
      [SHARD, shard],
    ]),
  };
}
