import { digestOfJson } from '#base/digest';
import { rowsOf, zeros, type Tensor } from '#base/tensor';
import { rowsAsked } from '#engine/index';
import { labelsOf } from '#target/head';
import { sampleLoss } from '#target/losses';
import type { DifferentiableTarget, Gradient, Samples } from '#target/target';

/** A binary model of one input: its score as a function, and the slope that it shows to whoever asks for gradients. */
export interface Curve {
  readonly score: (x: number) => number;
  readonly slope: (x: number) => number;
}

export interface CurveTarget extends DifferentiableTarget {
  /** Every input that went through it, in order. */
  readonly seen: { readonly kind: 'prediction' | 'gradient'; readonly x: number }[];
}

export function curveTarget({ score, slope }: Curve, range: readonly [number, number] = [0, 1]): CurveTarget {
  const head = { kind: 'binary' } as const;
  const queries = { predictions: 0, gradients: 0 };
  const seen: CurveTarget['seen'] = [];
  const scores = (inputs: Tensor, kind: CurveTarget['seen'][number]['kind']): Tensor => {
    queries[`${kind}s`] += rowsOf(inputs);
    seen.push(...Array.from(inputs.data, (x) => ({ kind, x })));
    return { shape: [rowsOf(inputs), 1], data: inputs.data.map(score) };
  };
  return {
    name: 'curve',
    digest: digestOfJson('curve'),
    domain: { kind: 'tabular', shape: [1], range, mean: [0], std: [1] },
    head,
    labels: null,
    capabilities: new Set(['labels', 'scores', 'gradients'] as const),
    missing: new Map(),
    queries,
    seen,
    predict: (inputs) => Promise.resolve(scores(inputs, 'prediction')),
    gradient: (inputs, losses): Promise<Gradient> => {
      const given = scores(inputs, 'gradient');
      const gradient = zeros(inputs.shape);
      const loss = Float32Array.from(given.data, (z, i) => {
        const own = sampleLoss(head, losses, i, [z]);
        gradient.data[i] = (own.slope[0] ?? NaN) * slope(inputs.data[i] ?? NaN);
        return own.value;
      });
      return Promise.resolve({ scores: given, loss, gradient });
    },
    jacobian: (inputs, indices) => {
      const count = rowsAsked(rowsOf(inputs), indices, 1);
      queries.gradients += indices.length - rowsOf(inputs);
      const given = scores(inputs, 'gradient');
      const rows = zeros([rowsOf(inputs), count, 1]);
      indices.forEach((_, i) => (rows.data[i] = slope(inputs.data[Math.floor(i / count)] ?? NaN)));
      return Promise.resolve({ scores: given, rows });
    },
    dispose: () => Promise.resolve(),
  };
}

/** Samples of one value each, all of label 1 unless said otherwise. */
export function points(xs: readonly number[], labels: readonly number[] = xs.map(() => 1)): Samples {
  return {
    inputs: { shape: [xs.length, 1], data: Float32Array.from(xs) },
    labels: labelsOf(labels),
    indices: xs.map((_, i) => i),
  };
}
