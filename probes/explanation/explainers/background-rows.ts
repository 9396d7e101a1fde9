import { AssayError } from '#base/errors';
import type { Tensor } from '#base/tensor';
import { permutation, type RandomStreams } from '#stats/random';
import type { SampleSource } from '#target/sample-source';

/**
 * Real inputs, drawn by seed: the same for every sample of a run, in their own order.
 *
 * @throws AssayError `data` where there are none
 */
export async function backgroundRows(source: SampleSource, count: number, random: RandomStreams): Promise<Tensor> {
  const { length } = source.indices;
  if (length === 0) throw new AssayError('data', { what: 'there are no real inputs beside the sample to draw from' });
  const chosen = permutation(length, random.fork('background').of(0)).slice(0, count);
  return (await source.take(chosen.sort((a, b) => a - b))).inputs;
}
