import { crc32 } from 'node:zlib';
import { sizeOf } from '#base/tensor';
import { decodeElements, elementSize } from '../elements.js';
import type { NumericArray } from '../numeric-array.js';
import { readArray } from '../read-array.js';
import { wrongChecksum } from '../zip.js';
import { layoutOf, type ArrayLayout } from './array-layout.js';
import type { ByteSource } from './byte-source.js';
import { inflateParts } from './inflate-parts.js';
import type { Stream } from './stream.js';

/** An array of numbers of which the header was read. */
export interface OpenedArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether its elements are bytes from 0 to 255. */
  readonly isBytes: boolean;
  /** All rows, in order, so many at a time; the last block may have fewer. */
  blocks(rows: number): Stream<NumericArray>;
}

/**
 * Opens an array of any format that is known. A small one is read whole at once, a large one part by part when its rows
 * are asked for.
 *
 * @param heldBytes up to this size it is small
 * @throws AssayError `data` where the file holds no array, or another one than its header declares
 */
export async function openArray(file: ByteSource, member: string | undefined, heldBytes: number): Promise<OpenedArray> {
  const layout = await layoutOf(file, member).catch((thrown: unknown) => {
    // What is wrong with a file that is held anyway is said by its own reader.
    if (file.isHeld) return null;
    throw thrown;
  });
  if (layout !== null && layout.end > heldBytes) return streamed(file, layout);
  return held(readArray((await file.whole()).bytes, file.path, member));
}

function held(array: NumericArray): OpenedArray {
  const { name, shape, data } = array;
  const [count = 0, ...rest] = shape;
  const size = sizeOf(rest);
  return {
    name,
    shape,
    isBytes: data instanceof Uint8Array,
    *blocks(rows) {
      for (let start = 0; start < count; start += rows) {
        const end = Math.min(start + rows, count);
        yield { name, shape: [end - start, ...rest], data: data.subarray(start * size, end * size) };
      }
    },
  };
}

function streamed(file: ByteSource, layout: ArrayLayout): OpenedArray {
  const { name, shape, type, order } = layout;
  const rest = shape.slice(1);
  const size = sizeOf(rest);
  const rowBytes = size * elementSize(type);
  return {
    name,
    shape,
    isBytes: type === 'u1' || type === 'b1',
    async *blocks(rows) {
      let first = 0;
      for await (const bytes of joined(elementParts(file, layout), rows * rowBytes)) {
        const count = bytes.length / rowBytes;
        yield { name, shape: [count, ...rest], data: decodeElements(bytes, type, order, name, first * size) };
        first += count;
      }
      // What inflates to the whole array may end before the file does.
      if (file.card() === null) for await (const _ of file.parts());
    },
  };
}

/** The bytes of the elements, inflated and checked, without the header before them. */
async function* elementParts(file: ByteSource, layout: ArrayLayout): AsyncGenerator<Uint8Array> {
  const { name, compression, crc, start, end } = layout;
  const stored = between(file.parts(), layout.from, layout.to);
  let sum = 0;
  let at = 0;
  for await (const part of compression === null ? stored : inflateParts(stored, end, compression, name)) {
    if (crc !== null) sum = crc32(part, sum);
    if (at + part.length > start) yield part.subarray(Math.max(0, start - at));
    at += part.length;
  }
  if (crc !== null && sum !== crc) throw wrongChecksum(name);
}

/** All parts are read, for the digest of the file is of all; those between two places are given. */
async function* between(parts: Stream<Uint8Array>, from: number, to: number): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const part of parts) {
    const chosen = part.subarray(Math.max(0, from - at), Math.max(0, to - at));
    if (chosen.length > 0) yield chosen;
    at += part.length;
  }
}

/** The same bytes in blocks of one length, but for the last; each may be used until the next. */
async function* joined(parts: Stream<Uint8Array>, length: number): AsyncGenerator<Uint8Array> {
  const block = new Uint8Array(length);
  let filled = 0;
  for await (const part of parts) {
    for (let at = 0; at < part.length;) {
      const taken = Math.min(length - filled, part.length - at);
      block.set(part.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < length) continue;
      yield block;
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
