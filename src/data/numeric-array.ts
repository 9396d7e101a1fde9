/** The number types that files hold and JavaScript computes with exactly. */
export type NumericData =
  Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** A dense, row-major array of numbers as a file holds it: nothing is scaled yet. */
export interface NumericArray {
  /** The file, and the member in it, as error messages name it. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: NumericData;
}
