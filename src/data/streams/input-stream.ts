import { sizeOf } from '#base/tensor';
import type { ContinuousDomain } from '#target/domain';
import type { NumericArray } from '../numeric-array.js';
import { checkInputs, isUniform, levelsOf, takeInputs } from '../sample-inputs.js';
import type { OpenedArray } from './open-array.js';
import type { Stream } from './stream.js';

/** Chosen inputs, some at a time and in order, each block whole inputs behind one another. */
export type InputStream =
  /** In the units of the domain. */
  | { readonly kind: 'values'; readonly blocks: Stream<Float32Array> }
  /** Each byte stands for one of 256 values in the units of the domain. */
  | { readonly kind: 'bytes'; readonly levels: Float32Array; readonly blocks: Stream<Uint8Array> };

const BLOCK_VALUES = 2 ** 21;

/** How many inputs of a shape are read at a time: 2 million values, or one input that has more. */
export function blockOf(shape: readonly number[]): number {
  return Math.max(1, Math.floor(BLOCK_VALUES / sizeOf(shape)));
}

/**
 * Inputs out of an array. All of it is read and checked, and the chosen samples are given.
 *
 * @param indices ascending
 */
export function streamOf(
  array: OpenedArray,
  domain: ContinuousDomain,
  scale: number | undefined,
  indices: readonly number[],
): InputStream {
  const checked = checkedBlocks(array, domain, scale, indices);
  if (!array.isBytes || !isUniform(domain)) return { kind: 'values', blocks: valuesIn(checked, domain, scale) };
  return { kind: 'bytes', levels: levelsOf(domain, scale), blocks: bytesIn(checked) };
}

/** Inputs out of an array in memory that was checked. */
export function streamOfRows(
  array: NumericArray,
  domain: ContinuousDomain,
  scale: number | undefined,
  indices: readonly number[],
): InputStream {
  const size = blockOf(domain.shape);
  return { kind: 'values', blocks: blocks() };

  function* blocks() {
    for (let start = 0; start < indices.length; start += size) {
      yield takeInputs(array, domain, scale, indices.slice(start, start + size)).data;
    }
  }
}

interface Block {
  readonly array: NumericArray;
  /** Rows of the block that are chosen. */
  readonly rows: readonly number[];
}

async function* checkedBlocks(
  array: OpenedArray,
  domain: ContinuousDomain,
  scale: number | undefined,
  indices: readonly number[],
): AsyncGenerator<Block> {
  let first = 0;
  let next = 0;
  for await (const block of array.blocks(blockOf(domain.shape))) {
    checkInputs(block, domain, scale, first);
    const rows: number[] = [];
    const end = first + (block.shape[0] ?? 0);
    for (; (indices[next] ?? Infinity) < end; next++) rows.push((indices[next] ?? NaN) - first);
    if (rows.length > 0) yield { array: block, rows };
    first = end;
  }
}

async function* valuesIn(
  blocks: Stream<Block>,
  domain: ContinuousDomain,
  scale: number | undefined,
): AsyncGenerator<Float32Array> {
  for await (const { array, rows } of blocks) yield takeInputs(array, domain, scale, rows).data;
}

async function* bytesIn(blocks: Stream<Block>): AsyncGenerator<Uint8Array> {
  for await (const { array, rows } of blocks) {
    const size = sizeOf(array.shape.slice(1));
    const chosen = new Uint8Array(rows.length * size);
    for (const [i, row] of rows.entries()) chosen.set(array.data.subarray(row * size, (row + 1) * size), i * size);
    yield chosen;
  }
}
