/**
 * The intermediate form: an ONNX graph as plain data. Names are the edges. Functions that change a graph return a new
 * one; nothing here is mutated after it was built.
 */

export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool'
  | 'string'
  | 'other';

/** A constant. `bytes` are little-endian, row-major, in the element type's own width; strings are kept apart. */
export interface Constant {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  /** For types that Assay does not compute with: the TensorProto as it was read, written back unchanged. */
  readonly opaque?: Uint8Array;
}

export type Attribute =
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'tensor'; readonly value: Constant }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  /** Subgraphs and whatever else has no meaning here: the AttributeProto as it was read. */
  | { readonly kind: 'opaque'; readonly bytes: Uint8Array; readonly captures: readonly string[] };

export interface Node {
  readonly op: string;
  /** '' is the standard domain. */
  readonly domain: string;
  readonly name: string;
  /** '' is an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** A declared dimension: its size, the name of a symbol, or null. */
export type DeclaredDimension = number | string | null;

export interface ValueInfo {
  readonly name: string;
  readonly type: ElementType;
  /** Null when the file does not say. */
  readonly shape: readonly DeclaredDimension[] | null;
}

export interface Graph {
  readonly name: string;
  readonly irVersion: number;
  /** Version by operator domain; '' is the standard one. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Inputs without those that are initializers. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  /** In topological order. */
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Constant>;
  /** Model-local functions as read; a graph that has some runs as it is and has no gradient. */
  readonly functions: readonly Uint8Array[];
}

export function opsetOf(graph: Graph): number {
  return graph.opsets.get('') ?? 1;
}
