import type { ContinuousDomain } from '#target/domain';
import { channelAxis } from '#target/domain';
import type { Head } from '#target/head';
import { sizeOf } from '#base/tensor';

/**
 * Which score of a sample is explained. A binary head has one; of values the first is taken. `true`: the class that is
 * right, or of the labels that are present the one with the highest score.
 */
export function explainedScore(
  head: Head,
  scores: Float32Array,
  label: Float64Array,
  which: 'predicted' | 'true',
): number {
  switch (head.kind) {
    case 'classes':
      return which === 'true' ? (label[0] ?? 0) : highest(scores);
    case 'multi-label': {
      const present = scores.map((score, k) => (label[k] === 1 ? score : -Infinity));
      return which === 'true' && label.includes(1) ? highest(present) : highest(scores);
    }
    default:
      return 0;
  }
}

/** The input that stands for absence: one value everywhere, or the mean that the domain declares for each channel. */
export function baselineOf(baseline: number | 'mean', domain: ContinuousDomain): Float32Array {
  const values = new Float32Array(sizeOf(domain.shape));
  if (baseline !== 'mean') return values.fill(baseline);
  const inner = sizeOf(domain.shape.slice(channelAxis(domain) + 1));
  const { mean } = domain;
  return values.map((_, i) => mean[Math.floor(i / inner) % mean.length] ?? NaN);
}

function highest(scores: Float32Array): number {
  return Math.max(scores.indexOf(scores.reduce((most, score) => Math.max(most, score), -Infinity)), 0);
}
