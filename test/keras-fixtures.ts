/** Models that Keras saved, and what TensorFlow computed with them (fixtures/make/keras). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Tensor } from '../src/base/tensor.js';

export interface KerasCase {
  /** Which Keras wrote the files. */
  readonly keras: 2 | 3;
  /** By their suffix. */
  readonly files: Readonly<Record<'.keras' | '.h5', Uint8Array>>;
  readonly inputs: Tensors;
  readonly outputs: Tensors;
  readonly cotangents: Tensors;
  readonly gradients: Tensors;
}

type Tensors = Readonly<Record<string, Tensor>>;

type Place = readonly [start: number, length: number];
interface Placed {
  readonly shape: readonly number[];
  readonly at: Place;
}
interface Header extends Record<'inputs' | 'outputs' | 'cotangents' | 'gradients', Readonly<Record<string, Placed>>> {
  readonly keras: 2 | 3;
  readonly files: Readonly<Record<'.keras' | '.h5', Place>>;
}

const folder = join(__dirname, '../fixtures/models/keras');

export function readKerasCases(family: string): KerasCase[] {
  const { headers, bytes } = readBlobs<Header>(family);
  const tensors = (placed: Readonly<Record<string, Placed>>): Tensors =>
    mapped(placed, ({ shape, at }) => ({ shape, data: new Float32Array(bytes(at).buffer) }));
  return headers.map(({ keras, files, inputs, outputs, cotangents, gradients }) => ({
    keras,
    files: { '.keras': bytes(files['.keras']), '.h5': bytes(files['.h5']) },
    inputs: tensors(inputs),
    outputs: tensors(outputs),
    cotangents: tensors(cotangents),
    gradients: tensors(gradients),
  }));
}

/** HDF5 files that are not to be trusted, by what is wrong with them. */
export function readHostileFiles(): Readonly<Record<string, Uint8Array>> {
  const { headers, bytes } = readBlobs<{ readonly files: Readonly<Record<string, Place>> }>('hostile');
  return mapped(headers[0]?.files ?? {}, bytes);
}

function readBlobs<T>(name: string): { headers: readonly T[]; bytes: (place: Place) => Uint8Array } {
  const content = gunzipSync(readFileSync(join(folder, `${name}.bin.gz`)));
  const start = 4 + content.readUInt32LE(0);
  return {
    headers: JSON.parse(content.toString('utf8', 4, start)) as readonly T[],
    bytes: ([offset, length]) => Uint8Array.from(content.subarray(start + offset, start + offset + length)),
  };
}

function mapped<A, B>(record: Readonly<Record<string, A>>, f: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]));
}
