import { AssayError } from '#base/errors';
import { drawStratified } from '#data/draw';
import { strataOf } from '#data/sample-labels';
import type { RandomStreams } from '#stats/random';
import type { Head } from '#target/head';
import { samplesAt, type SampleSource } from '#target/sample-source';

interface HeldOut {
  /** Of the samples, from 0 to below 1. */
  readonly part: number;
  /** How many are held out at most. */
  readonly most: number;
}

export interface SplitSamples {
  readonly train: SampleSource;
  /** Null where nothing is held out. */
  readonly validation: SampleSource | null;
}

/**
 * Holds out a part of the samples, stratified by label and both parts in their order. A label, or combination of labels,
 * keeps at least one sample to train on. Of one source and stream the split is always the same.
 *
 * @throws AssayError `config` where nothing would be left to train on
 */
export function splitValidation(
  source: SampleSource,
  { part, most }: HeldOut,
  head: Head,
  random: RandomStreams,
): SplitSamples {
  const { length } = source.indices;
  const size = Math.min(most, Math.round(part * length));
  if (size > 0 && size === length) {
    throw new AssayError('config', {
      what: `of ${length} training samples ${size} are held out for validation, which leaves none to train on`,
      mend: 'Lower `validation.part` or `validation.samples`.',
    });
  }
  const strata = strataOf(source.labels, head);
  // A draw by names needs a key, and so the split is keyed by a number of its stream.
  const drawn = size === 0 ? [] : drawStratified(strata, size, String(random.fork('validation').of(0).uniform()));
  const held = new Set(keepingOneOfEach(drawn, strata));
  if (held.size === 0) return { train: source, validation: null };
  const positions = strata.map((_, position) => position);
  return {
    train: samplesAt(
      source,
      positions.filter((position) => !held.has(position)),
    ),
    validation: samplesAt(source, [...held]),
  };
}

/** The drawn positions without the last one of each stratum that was drawn whole. */
function keepingOneOfEach(drawn: readonly number[], strata: readonly string[]): number[] {
  const left = new Map<string, number>();
  for (const stratum of strata) left.set(stratum, (left.get(stratum) ?? 0) + 1);
  return drawn.filter((position) => {
    const stratum = strata[position] ?? '';
    const others = (left.get(stratum) ?? 0) - 1;
    if (others === 0) return false;
    left.set(stratum, others);
    return true;
  });
}
