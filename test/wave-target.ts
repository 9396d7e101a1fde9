import { digestOfJson } from '#base/digest';
import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { rowsAsked } from '#engine/index';
import { rng } from '#stats/random';
import { labelsOf } from '#target/head';
import { sampleLoss } from '#target/losses';
import type { DifferentiableTarget, Gradient, Samples } from '#target/target';

/** A model whose scores are sums of sines, score_k(x) = b_k + sum_j a_kj sin(f_kj x_j + p_kj), with its exact slopes. */
export interface WaveTarget extends DifferentiableTarget {
  readonly head: { readonly kind: 'classes'; readonly count: number };
  /** Every input whose gradient, or else whose scores, were asked for, in order. */
  readonly seen: { readonly kind: 'prediction' | 'gradient'; readonly x: Float32Array }[];
  /** In double precision. */
  scoresAt(x: ArrayLike<number>): Float64Array;
  /** d score_k / d x_j, [k][j], in double precision. */
  slopesAt(x: ArrayLike<number>): readonly Float64Array[];
}

/** @param frequency the highest of a sine; low ones have one valley within a ball, high ones many */
export function waveTarget(key: string, classes: number, values: number, frequency: number): WaveTarget {
  const source = rng(`waves/${key}`);
  const waves = Array.from({ length: classes }, () =>
    Array.from({ length: values }, () => ({
      size: source.normal(),
      speed: frequency * source.uniform(),
      shift: 2 * Math.PI * source.uniform(),
    })),
  );
  const scoresAt: WaveTarget['scoresAt'] = (x) =>
    Float64Array.from(waves, (terms) =>
      terms.reduce((sum, { size, speed, shift }, j) => sum + size * Math.sin(speed * (x[j] ?? NaN) + shift), 0),
    );
  const slopesAt: WaveTarget['slopesAt'] = (x) =>
    waves.map((terms) =>
      Float64Array.from(terms, ({ size, speed, shift }, j) => size * speed * Math.cos(speed * (x[j] ?? NaN) + shift)),
    );
  const head = { kind: 'classes', count: classes } as const;
  const queries = { predictions: 0, gradients: 0 };
  const seen: WaveTarget['seen'] = [];
  const scores = (inputs: Tensor, kind: WaveTarget['seen'][number]['kind']): Tensor => {
    queries[`${kind}s`] += rowsOf(inputs);
    const given = zeros([rowsOf(inputs), classes]);
    for (let i = 0; i < rowsOf(inputs); i++) {
      seen.push({ kind, x: row(inputs, i).slice() });
      row(given, i).set(scoresAt(row(inputs, i)));
    }
    return given;
  };
  return {
    name: 'waves',
    digest: digestOfJson({ key, classes, values, frequency }),
    domain: {
      ...{ kind: 'tabular', shape: [values], range: [0, 1] },
      ...{ mean: Array.from({ length: values }, () => 0), std: Array.from({ length: values }, () => 1) },
    },
    head,
    labels: null,
    capabilities: new Set(['labels', 'scores', 'gradients'] as const),
    missing: new Map(),
    ...{ queries, seen, scoresAt, slopesAt },
    predict: (inputs) => Promise.resolve(scores(inputs, 'prediction')),
    gradient: (inputs, losses): Promise<Gradient> => {
      const given = scores(inputs, 'gradient');
      const gradient = zeros(inputs.shape);
      const loss = new Float32Array(rowsOf(inputs));
      for (let i = 0; i < rowsOf(inputs); i++) {
        const { value, slope } = sampleLoss(head, losses, i, row(given, i));
        const slopes = slopesAt(row(inputs, i));
        loss[i] = value;
        row(gradient, i).forEach((_, j, into) => {
          into[j] = slopes.reduce((sum, each, k) => sum + (slope[k] ?? NaN) * (each[j] ?? NaN), 0);
        });
      }
      return Promise.resolve({ scores: given, loss, gradient });
    },
    jacobian: (inputs, indices) => {
      const count = rowsAsked(rowsOf(inputs), indices, classes);
      queries.gradients += indices.length - rowsOf(inputs);
      const given = scores(inputs, 'gradient');
      const rows = zeros([rowsOf(inputs), count, values]);
      indices.forEach((k, i) => {
        rows.data.set(slopesAt(row(inputs, Math.floor(i / count)))[k] ?? [], i * values);
      });
      return Promise.resolve({ scores: given, rows });
    },
    dispose: () => Promise.resolve(),
  };
}

/** Inputs drawn from the middle of the range, with the model's own answers as truth. */
export function waveSamples(target: WaveTarget, count: number): Samples {
  const values = target.slopesAt([])[0]?.length ?? 0;
  const source = rng('wave samples');
  const inputs: Tensor = {
    shape: [count, values],
    data: Float32Array.from({ length: count * values }, () => 0.02 + 0.96 * source.uniform()),
  };
  const labels = labelsOf(
    Array.from({ length: count }, (_, i) => {
      const scores = target.scoresAt(row(inputs, i));
      return scores.indexOf(Math.max(...scores));
    }),
  );
  return { inputs, labels, indices: Array.from({ length: count }, (_, i) => i) };
}
