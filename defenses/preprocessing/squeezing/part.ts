import { takeLabels } from '#target/head';
import { takeIndices, type SampleSource } from '#target/sample-source';

/** Some samples of a source, read when they are asked for. @param positions in the source, in the order wanted */
export function partOf(source: SampleSource, positions: readonly number[]): SampleSource {
  return {
    shape: source.shape,
    labels: takeLabels(source.labels, positions),
    indices: takeIndices(source.indices, positions),
    take: (chosen) => source.take(Array.from(chosen, (k) => positions[k] ?? -1)),
    range: (start, end) => source.take(positions.slice(start, end)),
  };
}
