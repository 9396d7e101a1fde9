import { countLabels } from '#data/sample-labels';
import type { Head, Labels } from '#target/head';

/**
 * The classes that no sample has, in their order: of a binary head 0 and 1, of several labels those that are never present,
 * of a regression none.
 */
export function absentClasses(labels: Labels, head: Head): number[] {
  return countLabels(labels, head).flatMap(({ count }, label) => (count === 0 ? [label] : []));
}
