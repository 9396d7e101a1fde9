import type { AssayError } from '#base/errors';
import type { ModelBytes } from '../contract.js';
import { malformed } from '../onnx/proto/malformed.js';

interface Shard {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The files of one group of weights, read from front to back as if they were one. Nothing is copied that lies in one shard. */
export class ShardedBytes {
  readonly #model: ModelBytes;
  readonly #shards: readonly Shard[];
  #shard = 0;
  #offset = 0;
  #left: number;

  /** @throws AssayError `model` where a shard is not there */
  constructor(model: ModelBytes, paths: readonly string[]) {
    this.#model = model;
    this.#shards = paths.map((path) => {
      const bytes = model.files.get(path);
      if (bytes === undefined)
        throw malformed(model, `the weights manifest lists the shard \`${path}\`, which is not there`);
      return { path, bytes };
    });
    this.#left = this.#shards.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** The next `length` bytes, which belong to a weight. */
  take(weight: string, length: number): Uint8Array {
    if (length > this.#left) throw this.#tooShort(weight, length);
    this.#left -= length;
    const parts: Uint8Array[] = [];
    let missing = length;
    while (missing > 0) {
      const part = this.#upTo(missing);
      missing -= part.length;
      if (part.length > 0) parts.push(part);
    }
    const [only = new Uint8Array()] = parts;
    return parts.length <= 1 ? only : new Uint8Array(Buffer.concat(parts));
  }

  /** @throws AssayError `model` where bytes are left over behind the last weight */
  end(lastWeight: string | undefined): void {
    if (this.#left === 0) return;
    const shard = this.#shards.at(-1)?.path ?? '';
    const behind = lastWeight === undefined ? 'and no weights' : `behind its last weight \`${lastWeight}\``;
    throw malformed(this.#model, `the shard \`${shard}\` has ${this.#left} bytes too many ${behind}`);
  }

  #upTo(most: number): Uint8Array {
    const bytes = this.#shards[this.#shard]?.bytes ?? new Uint8Array();
    const part = bytes.subarray(this.#offset, this.#offset + most);
    this.#offset += part.length;
    if (this.#offset === bytes.length) {
      this.#shard++;
      this.#offset = 0;
    }
    return part;
  }

  #tooShort(weight: string, length: number): AssayError {
    const shard = this.#shards.at(-1)?.path;
    const what =
      shard === undefined
        ? `weight \`${weight}\` needs ${length} bytes, but its group lists no shard`
        : `weight \`${weight}\` needs ${length} bytes, but the shard \`${shard}\` ends after ${this.#left} of them`;
    return malformed(this.#model, what, 'The file is cut off or belongs to another model.');
  }
}
