import { AssayError } from '#base/errors';
import { labelRow, labelWidth, type Head, type Labels } from '#target/head';
import type { NumericArray } from './numeric-array.js';

/**
 * Reads the truth of `samples` samples: [n] or [n, 1] for heads with one number a sample, [n, width] for the others.
 * Throws an AssayError that names the first sample whose label the head cannot have.
 */
export function readLabels(array: NumericArray, head: Head, samples: number): Labels {
  const width = labelWidth(head);
  checkShape(array, head, width);
  if (array.shape[0] !== samples) {
    throw new AssayError('data', {
      where: array.name,
      what: `there are ${array.shape[0] ?? 0} labels for ${samples} inputs`,
      mend: 'Give one label for each input, in the same order.',
    });
  }
  const labels: Labels = { width, values: Float64Array.from(array.data) };
  const check = labelCheck(head);
  for (let i = 0; i < labels.values.length; i++) {
    const problem = check(labels.values[i] ?? NaN);
    if (problem === null) continue;
    throw new AssayError('data', {
      where: array.name,
      what: `label ${labels.values[i]} of sample ${Math.floor(i / width)} ${problem}`,
      mend: mendOf(head, labels),
    });
  }
  return labels;
}

/** What a stratified draw keeps the shares of: the class, the combination of labels; regression is one stratum. */
export function strataOf(labels: Labels, head: Head): string[] {
  const samples = labels.values.length / labels.width;
  return Array.from({ length: samples }, (_, sample) =>
    head.kind === 'regression' ? '' : labelRow(labels, sample).join(''),
  );
}

/** How many samples have each label, for heads that have labels; also those that none has. */
export function countLabels(labels: Labels, head: Head): { label: string; count: number }[] {
  const counted = (count: number, has: (index: number) => number) =>
    Array.from({ length: count }, (_, index) => ({ label: String(index), count: has(index) }));
  const times = (wanted: number) => labels.values.reduce((sum, value) => sum + Number(value === wanted), 0);
  switch (head.kind) {
    case 'classes': {
      const counts = new Int32Array(head.count);
      for (const label of labels.values) counts[label] = (counts[label] ?? 0) + 1;
      return counted(head.count, (index) => counts[index] ?? 0);
    }
    case 'binary':
      return counted(2, times);
    case 'multi-label': {
      const counts = new Int32Array(head.count);
      labels.values.forEach((bit, i) => (counts[i % head.count] = (counts[i % head.count] ?? 0) + bit));
      return counted(head.count, (index) => counts[index] ?? 0);
    }
    default:
      return [];
  }
}

function checkShape(array: NumericArray, head: Head, width: number): void {
  const [, ...shape] = array.shape;
  const fits = shape.length === 0 ? array.shape.length === 1 && width === 1 : shape.length === 1 && shape[0] === width;
  if (fits) return;
  const isOneHot = head.kind === 'classes' && shape.length === 1 && shape[0] === head.count;
  throw new AssayError('data', {
    where: array.name,
    what: `the labels have the shape [${array.shape.join(', ')}], and the head \`${head.kind}\` takes ${width === 1 ? '[n]' : `[n, ${width}]`}`,
    mend: isOneHot ? 'They look one-hot: store the index of the class instead.' : 'Store the labels in that shape.',
  });
}

/** Gives null for a label that the head can have, otherwise what is wrong with it. */
function labelCheck(head: Head): (label: number) => string | null {
  switch (head.kind) {
    case 'classes':
      return (label) => {
        if (!Number.isInteger(label)) return 'is not a class index';
        return label >= 0 && label < head.count ? null : `is outside 0 to ${head.count - 1}`;
      };
    case 'binary':
    case 'multi-label':
      return (label) => (label === 0 || label === 1 ? null : 'is neither 0 nor 1');
    case 'regression':
      return (label) => (Number.isFinite(label) ? null : 'is not a finite number');
    case 'ranking':
    case 'sequence':
      throw new AssayError('config', { what: `the head \`${head.kind}\` cannot be audited by this version` });
  }
}

function mendOf(head: Head, labels: Labels): string {
  if (head.kind === 'classes' && labels.values.every((label) => label >= 1 && label <= head.count)) {
    return 'Class indices count from 0: subtract 1.';
  }
  if (head.kind === 'binary' && labels.values.every((label) => Math.abs(label) === 1)) return 'Store -1 as 0.';
  return 'Correct the labels, or the `head` of the target.';
}
