import type { Head } from '#target/head';

/** A prediction in words, with the probability of what was predicted where the head has one. */
export interface WordedPrediction {
  readonly label: string;
  readonly probability: number | null;
}

/** What a target says, by its scores: the highest class, the sign of each score, or the values. */
export function wordPrediction(
  head: Head,
  labels: readonly string[] | null,
  scores: readonly number[],
): WordedPrediction {
  switch (head.kind) {
    case 'classes': {
      const best = indexOfHighest(scores);
      return { label: nameOf(labels, best), probability: softmaxAt(scores, best) };
    }
    case 'binary': {
      const score = scores[0] ?? NaN;
      return { label: nameOf(labels, score > 0 ? 1 : 0), probability: finiteOrNull(sigmoid(Math.abs(score))) };
    }
    case 'multi-label':
      return {
        label: present(
          labels,
          scores.map((score) => score > 0),
        ),
        probability: null,
      };
    default:
      return { label: scores.map(rounded).join(', '), probability: null };
  }
}

/** The truth of a sample in words. */
export function wordLabel(head: Head, labels: readonly string[] | null, label: readonly number[]): string {
  switch (head.kind) {
    case 'classes':
    case 'binary':
      return nameOf(labels, label[0] ?? NaN);
    case 'multi-label':
      return present(
        labels,
        label.map((value) => value === 1),
      );
    default:
      return label.map(rounded).join(', ');
  }
}

function nameOf(labels: readonly string[] | null, index: number): string {
  return labels?.[index] ?? String(index);
}

function present(labels: readonly string[] | null, flags: readonly boolean[]): string {
  const names = flags.flatMap((flag, i) => (flag ? [nameOf(labels, i)] : []));
  return names.length === 0 ? 'none' : names.join(', ');
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function indexOfHighest(scores: readonly number[]): number {
  return scores.reduce((best, score, i) => (score > (scores[best] ?? -Infinity) ? i : best), 0);
}

/** The highest score is subtracted first, so that nothing overflows. */
function softmaxAt(scores: readonly number[], index: number): number | null {
  const highest = Math.max(...scores);
  const sum = scores.reduce((total, score) => total + Math.exp(score - highest), 0);
  return finiteOrNull(Math.exp((scores[index] ?? NaN) - highest) / sum);
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
