import { digestOfBytes } from '#base/digest';
import { row, takeRows, type Tensor } from '#base/tensor';
import { labelRow, margin } from '#target/head';
import type { Samples, Target } from '#target/target';
import { normsOf, sizeIn, type Norm } from './norms.js';
import type { EpsilonResult } from './result.js';
import { rangeOf } from './space.js';

interface Found {
  readonly epsilon: number;
  readonly size: number;
  readonly input: Float32Array;
}

/** What was found and confirmed, sample by sample, over ascending epsilons. */
export class Broken {
  readonly #found: (Found | null)[];

  constructor(samples: number) {
    this.#found = Array.from({ length: samples }, () => null);
  }

  /** Confirms what an attack found at an epsilon; gives how many of it are not adversarial. */
  async add(
    target: Target,
    samples: Samples,
    { epsilon, inputs, outcomes }: EpsilonResult,
    norm: Norm,
  ): Promise<number> {
    const claimed = outcomes.flatMap(({ fate }, i) => (fate === 'broken' && this.#found[i] === null ? [i] : []));
    if (claimed.length === 0) return 0;
    const scores = await target.predict(takeRows(inputs, claimed));
    let refuted = 0;
    claimed.forEach((i, k) => {
      const input = row(inputs, i);
      const size = sizeIn(norm, normsOf(row(samples.inputs, i), input));
      const wrong = !(margin(target.head, row(scores, k), labelRow(samples.labels, i)) > 0);
      if (wrong && isLegal(input, row(samples.inputs, i), size, epsilon, rangeOf(target))) {
        this.#found[i] = { epsilon, size, input: input.slice() };
      } else refuted++;
    });
    return refuted;
  }

  has(i: number): boolean {
    return this.#found[i] !== null;
  }

  epsilonOf(i: number): number {
    return this.#found[i]?.epsilon ?? 0;
  }

  sizeOf(i: number): number {
    return this.#found[i]?.size ?? 0;
  }

  inputOf(i: number): Float32Array {
    return this.#found[i]?.input ?? new Float32Array(0);
  }

  digests(): (string | null)[] {
    return this.#found.map((found) => (found === null ? null : digestOfBytes(bytesOf(found.input))));
  }

  /** The originals with what was found in their place. */
  inputs(samples: Samples): Tensor {
    const inputs: Tensor = { shape: samples.inputs.shape, data: samples.inputs.data.slice() };
    this.#found.forEach((found, i) => {
      if (found !== null) row(inputs, i).set(found.input);
    });
    return inputs;
  }

  /** The three smallest changes, then by rank: a rule that gives the same for any division into chunks. */
  chosen(keep: number, rank: (i: number) => number): number[] {
    const found = this.#found.flatMap((each, i) => (each === null ? [] : [{ i, size: each.size, rank: rank(i) }]));
    const smallest = [...found].sort((a, b) => a.size - b.size || a.rank - b.rank).slice(0, 3);
    const ranked = [...found].sort((a, b) => a.rank - b.rank);
    return [...new Set([...smallest, ...ranked].map(({ i }) => i))].slice(0, keep);
  }
}

/** Within budget and domain, in the units of the data, up to 1e-6 of the range; what lay outside before may stay. */
function isLegal(
  input: Float32Array,
  original: Float32Array,
  size: number,
  epsilon: number,
  [low, high]: readonly [number, number],
): boolean {
  const tolerance = 1e-6 * (high - low);
  if (!(size <= epsilon + tolerance)) return false;
  return input.every((value, i) => {
    const before = original[i] ?? NaN;
    return value >= Math.min(low, before) - tolerance && value <= Math.max(high, before) + tolerance;
  });
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
