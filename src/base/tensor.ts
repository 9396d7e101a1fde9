import { AssayError } from './errors.js';

/** A dense, row-major float32 array. The first dimension counts samples wherever a batch is meant. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

export function tensor(shape: readonly number[], data: Float32Array): Tensor {
  if (data.length !== sizeOf(shape)) {
    throw new AssayError('data', { what: `${data.length} values do not fill the shape [${shape.join(', ')}]` });
  }
  return { shape, data };
}

export function zeros(shape: readonly number[]): Tensor {
  return { shape, data: new Float32Array(sizeOf(shape)) };
}

/** The number of samples in a batch. */
export function rowsOf(batch: Tensor): number {
  return batch.shape[0] ?? 0;
}

/** The number of values in one sample of a batch. */
export function rowSize(batch: Tensor): number {
  const rows = rowsOf(batch);
  // Asked millions of times: a product of the shape takes ten times as long.
  return rows > 0 ? batch.data.length / rows : sizeOf(batch.shape.slice(1));
}

/** A view, not a copy, of one sample's values. */
export function row(batch: Tensor, index: number): Float32Array {
  const size = rowSize(batch);
  return batch.data.subarray(index * size, (index + 1) * size);
}

/** A view, not a copy, of the samples `[start, end)`. */
export function rowRange(batch: Tensor, start: number, end: number): Tensor {
  const size = rowSize(batch);
  return { shape: [end - start, ...batch.shape.slice(1)], data: batch.data.subarray(start * size, end * size) };
}

/**
 * A copy of the chosen samples, in the order given.
 *
 * @param into receives them at its beginning; it may be the batch's own memory where `indices` ascend
 */
export function takeRows(batch: Tensor, indices: ArrayLike<number>, into?: Float32Array): Tensor {
  const size = rowSize(batch);
  const data = into?.subarray(0, indices.length * size) ?? new Float32Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) data.set(row(batch, indices[i] ?? 0), i * size);
  return { shape: [indices.length, ...batch.shape.slice(1)], data };
}
