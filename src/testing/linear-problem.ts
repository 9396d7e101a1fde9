import { row, zeros, sizeOf, type Tensor } from '#base/tensor';
import { rng, type Rng } from '#stats/random';
import { labelRow, margin, scoreWidth, type Head, type Labels } from '#target/head';
import { linearTarget } from '#target/linear';
import type { DifferentiableTarget, Samples } from '#target/target';

export type ConformanceNorm = 'Linf' | 'L2' | 'L1';

/** A linear model, samples that it gets right, and how far each is from being wrong, exactly. */
export interface LinearProblem {
  readonly target: DifferentiableTarget;
  readonly samples: Samples;
  readonly range: readonly [number, number];
  /** The size in a norm of the least change that makes a sample wrong, were there no bounds. */
  distance(position: number, norm: ConformanceNorm): number;
  /** The same towards one class. */
  distanceTo(position: number, norm: ConformanceNorm, other: number): number;
}

export type HeadName = 'three classes' | 'two classes' | 'binary' | 'multi-label' | 'regression';

/** Heads whose loss has one direction on a linear model, whatever the input: there an attack has no excuse. */
export const ONE_DIRECTION: readonly HeadName[] = ['two classes', 'binary', 'regression'];

export const SAMPLES = 24;

/**
 * Far beyond every distance that occurs; such that many values lie on the bounds; or such that inputs lie well inside and
 * losses of probabilities still have gradients at the ends.
 */
const RANGES = { wide: [-100, 100], tight: [0, 1], inner: [-6, 6] } as const;

export function linearProblem(
  shape: readonly number[],
  name: HeadName,
  bounds: keyof typeof RANGES = 'wide',
): LinearProblem {
  const range = RANGES[bounds];
  const size = sizeOf(shape);
  const source = rng(`conformance/${shape.join('x')}/${name}/${bounds}`);
  const head = headOf(name, size);
  const draw = bounds !== 'tight' ? () => source.normal() : () => Math.min(Math.max(source.normal() / 2 + 0.5, 0), 1);
  const inputs: Tensor = { shape: [SAMPLES, ...shape], data: Float32Array.from({ length: SAMPLES * size }, draw) };
  const weights = Array.from({ length: scoreWidth(head) }, () =>
    Float64Array.from({ length: size }, () => source.normal()),
  );
  const bias = weights.map((w) => -dot(w, mean(inputs)));
  const scores = Array.from({ length: SAMPLES }, (_, i) =>
    weights.map((w, k) => dot(w, row(inputs, i)) + (bias[k] ?? 0)),
  );
  const labels = rightLabels(head, scores, source);
  return {
    target: linearTarget(weights, bias, { head, shape, range }),
    samples: { inputs, labels, indices: scores.map((_, i) => i) },
    range,
    distance: (position, norm) =>
      distanceOf(head, weights, scores[position] ?? [], labelRow(labels, position), (w) => dualNorm(norm, w)),
    distanceTo: (position, norm, other) =>
      classDistance(weights, scores[position] ?? [], labels.values[position] ?? -1, other, (w) => dualNorm(norm, w)),
  };
}

/** The same model without a gradient to follow: what masks its gradients looks robust, and must not pass. */
export function withoutGradients(target: DifferentiableTarget): DifferentiableTarget {
  return {
    ...pick(target),
    predict: (inputs) => target.predict(inputs),
    gradient: async (inputs, loss) => {
      const { gradient, ...rest } = await target.gradient(inputs, loss);
      return { ...rest, gradient: zeros(gradient.shape) };
    },
    jacobian: async (inputs, indices) => {
      const { scores, rows } = await target.jacobian(inputs, indices);
      return { scores, rows: zeros(rows.shape) };
    },
    dispose: () => target.dispose(),
  };
}

/** The size of a change in a norm. */
export function sizeIn(norm: ConformanceNorm, original: Float32Array, changed: Float32Array): number {
  const change = Float64Array.from(changed, (value, i) => value - (original[i] ?? NaN));
  return dualNorm(DUALS[norm], change);
}

const DUALS = { Linf: 'L1', L2: 'L2', L1: 'Linf' } as const;

function dualNorm(norm: ConformanceNorm, values: Float64Array): number {
  switch (norm) {
    case 'Linf':
      return values.reduce((sum, value) => sum + Math.abs(value), 0);
    case 'L2':
      return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    case 'L1':
      return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  }
}

function headOf(name: HeadName, size: number): Head {
  switch (name) {
    case 'three classes':
      return { kind: 'classes', count: 3 };
    case 'two classes':
      return { kind: 'classes', count: 2 };
    case 'binary':
      return { kind: 'binary' };
    case 'multi-label':
      return { kind: 'multi-label', count: 3 };
    case 'regression':
      return { kind: 'regression', count: 1, tolerance: Math.sqrt(size) };
  }
}

/** The truth is what the model says; for values, within the outer 40 % of the tolerance, so that one side is nearer. */
function rightLabels(head: Head, scores: readonly (readonly number[])[], source: Rng): Labels {
  switch (head.kind) {
    case 'multi-label':
      return { width: head.count, values: Float64Array.from(scores.flat(), (score) => (score > 0 ? 1 : 0)) };
    case 'regression':
      return {
        width: 1,
        values: Float64Array.from(scores, ([score = NaN]) => {
          const error = head.tolerance * (0.6 + 0.35 * source.uniform());
          return source.uniform() < 0.5 ? score - error : score + error;
        }),
      };
    case 'binary':
      return { width: 1, values: Float64Array.from(scores, ([score = NaN]) => (score > 0 ? 1 : 0)) };
    default:
      return { width: 1, values: Float64Array.from(scores, (own) => own.indexOf(Math.max(...own))) };
  }
}

/** Margin over the dual norm of the weights that it depends on; the least over all ways to be wrong. */
function distanceOf(
  head: Head,
  weights: readonly Float64Array[],
  scores: readonly number[],
  label: Float64Array,
  dual: (weights: Float64Array) => number,
): number {
  if (head.kind !== 'classes') {
    return Math.min(
      ...weights.map((w, k) => {
        const alone = head.kind === 'regression' ? head : ({ kind: 'binary' } as const);
        return margin(alone, [scores[k] ?? NaN], [label[k] ?? NaN]) / dual(w);
      }),
    );
  }
  const truth = label[0] ?? -1;
  return Math.min(...weights.flatMap((_, j) => (j === truth ? [] : [classDistance(weights, scores, truth, j, dual)])));
}

function classDistance(
  weights: readonly Float64Array[],
  scores: readonly number[],
  truth: number,
  other: number,
  dual: (weights: Float64Array) => number,
): number {
  const difference = Float64Array.from(weights[other] ?? [], (value, i) => value - (weights[truth]?.[i] ?? NaN));
  return ((scores[truth] ?? NaN) - (scores[other] ?? NaN)) / dual(difference);
}

function mean(inputs: Tensor): Float64Array {
  const sum = new Float64Array(inputs.data.length / SAMPLES);
  for (let i = 0; i < SAMPLES; i++) row(inputs, i).forEach((value, j) => (sum[j] = (sum[j] ?? 0) + value / SAMPLES));
  return sum;
}

function dot(a: Float64Array, b: ArrayLike<number>): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? NaN), 0);
}

function pick(target: DifferentiableTarget) {
  const { name, digest, domain, head, labels, capabilities, missing, queries, structure } = target;
  const seen = structure === undefined ? {} : { structure };
  return { name, digest, domain, head, labels, capabilities, missing, queries, ...seen };
}
