import type { Example } from '#plugin/plugin';
import { permutation, rng } from '#stats/random';

/** An example on the page, and the rule that put it there. */
export interface Chosen {
  /** Position in the list of examples. */
  readonly index: number;
  readonly why: string;
}

/** How many examples each rule chooses. */
const EACH = 3;

/**
 * Which examples are shown: the three smallest changes, the three around the median and three drawn by seed; never a
 * hand-picked one. A sample is shown once, by its smallest change.
 */
export function chooseExamples(examples: readonly Pick<Example, 'sample' | 'norm'>[], key: string): readonly Chosen[] {
  const ranked = smallestOfEachSample(examples);
  const smallest = ranked.slice(0, EACH);
  const start = Math.max(EACH, Math.floor((ranked.length - EACH) / 2));
  const median = ranked.slice(start, start + EACH);
  const rest = ranked.filter((index) => !smallest.includes(index) && !median.includes(index));
  const drawn = permutation(rest.length, rng(`${key}/shown`))
    .slice(0, EACH)
    .flatMap((position) => rest[position] ?? []);
  return [
    ...smallest.map((index) => ({ index, why: 'among the three smallest changes' })),
    ...median.map((index) => ({ index, why: 'among the three around the median change' })),
    ...drawn.map((index) => ({ index, why: 'drawn by seed' })),
  ];
}

/** Positions by size of change; ties by sample, so that the order does not depend on that of the list. */
function smallestOfEachSample(examples: readonly Pick<Example, 'sample' | 'norm'>[]): readonly number[] {
  const order = examples
    .map(({ sample, norm }, index) => ({ index, sample, size: norm.value }))
    .sort((a, b) => a.size - b.size || a.sample - b.sample || a.index - b.index);
  const seen = new Set<number>();
  return order.flatMap(({ index, sample }) => {
    if (seen.has(sample)) return [];
    seen.add(sample);
    return [index];
  });
}
