import { permutation, type RandomStreams } from '#stats/random';
import type { SampleSource } from '#target/sample-source';
import type { Samples } from '#target/target';

/** Rows drawn by seed, in the order of the data set. */
export function drawnRows(source: SampleSource, rows: number, random: RandomStreams): Promise<Samples> {
  const order = permutation(source.indices.length, random.fork('rows').of(0)).slice(0, rows);
  return source.take(order.sort((a, b) => (source.indices[a] ?? -1) - (source.indices[b] ?? -1)));
}
