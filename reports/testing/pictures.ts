import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { digestOfBytes } from '#base/digest';
import { packageRoot } from '#base/package-root';
import type { Picture } from '#report/details';

/** Files of an example's run folder, in memory. */
export class ExampleFolder {
  readonly #files = new Map<string, Uint8Array>();

  /** Adds a PNG and gives back what a report says of it. `colour` is red, green and blue of a pixel, 0 to 255. */
  draw(file: string, side: number, colour: (x: number, y: number) => readonly [number, number, number]): Picture {
    const png = new PNG({ width: side, height: side });
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) png.data.set([...colour(x, y).map(Math.round), 255], 4 * (y * side + x));
    }
    return this.add(file, PNG.sync.write(png, { colorType: 2 }), side);
  }

  add(file: string, bytes: Uint8Array, side: number): Picture {
    this.#files.set(file, bytes);
    return { file, sha256: digestOfBytes(bytes), width: side, height: side };
  }

  readonly readFile = (path: string): Uint8Array | null => this.#files.get(path) ?? null;
}

let garments: Uint8Array | undefined;

/** One pixel, 0 to 255, of a bundled Fashion-MNIST test image of 28 x 28 (IDX: 16 bytes of header). */
export function garmentPixel(sample: number, x: number, y: number): number {
  garments ??= gunzipSync(readFileSync(join(packageRoot(), 'fixtures/data/fashion-test-images.idx3-ubyte.gz')));
  return garments[16 + sample * 28 * 28 + y * 28 + x] ?? 0;
}

/** Noise that looks drawn by chance and is the same every time: -1 or 1. */
export function signAt(sample: number, x: number, y: number): number {
  const hash = Math.sin(sample * 12.9898 + x * 78.233 + y * 37.719) * 43758.5453;
  return hash - Math.floor(hash) < 0.5 ? -1 : 1;
}
