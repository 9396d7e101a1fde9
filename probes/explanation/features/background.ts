import { AssayError } from '#base/errors';
import { row, rowsOf, sizeOf, type Tensor } from '#base/tensor';
import { permutation, type RandomStreams } from '#stats/random';
import { chunkOf, type SampleSource } from '#target/sample-source';

/**
 * Real inputs, at most so many, drawn by seed: the same for every sample of a run, in their own order.
 *
 * @throws AssayError `data` where there are none
 */
export async function drawnBackground(background: SampleSource, random: RandomStreams, rows: number): Promise<Tensor> {
  return (await background.take(placesOf(background, random, rows))).inputs;
}

export interface MeanBackground {
  /** [1, ...shape] */
  readonly mean: Tensor;
  /** In words: `the mean of 100 inputs of the background`. */
  readonly words: string;
}

/** The mean of the same inputs, which are read chunk by chunk. */
export async function meanBackground(
  background: SampleSource,
  random: RandomStreams,
  rows: number,
): Promise<MeanBackground> {
  const places = placesOf(background, random, rows);
  const { shape } = background;
  const sums = new Float64Array(sizeOf(shape));
  const most = chunkOf(shape);
  for (let start = 0; start < places.length; start += most) {
    const { inputs } = await background.take(places.slice(start, start + most));
    for (let i = 0; i < rowsOf(inputs); i++) {
      const values = row(inputs, i);
      for (let j = 0; j < sums.length; j++) sums[j] = (sums[j] ?? NaN) + (values[j] ?? NaN);
    }
  }
  return {
    mean: { shape: [1, ...shape], data: Float32Array.from(sums, (sum) => sum / places.length) },
    words: `the mean of ${places.length} inputs of the background`,
  };
}

function placesOf({ indices }: SampleSource, random: RandomStreams, rows: number): number[] {
  if (indices.length === 0) {
    throw new AssayError('data', {
      what: 'there are no real inputs beside the sample that could stand for absence',
      mend: 'Give data, or an option under which none is needed.',
    });
  }
  const chosen = permutation(indices.length, random.fork('background').of(0)).slice(0, rows);
  return chosen.sort((a, b) => a - b);
}
