import { rowRange, rowsOf, zeros, type Tensor } from '#base/tensor';
import type { Samples, Target } from '#target/target';
import type { AttackResult, ClosestInputs, EpsilonResult, OnProgress, RunAttack } from './result.js';

/** Fewer samples than this in one execution cost more each. */
const LEAST = 32;
/** Shares of each copy: while a step is taken for one, another keeps the copy busy. */
const SHARES = 2;

/**
 * An attack that gives each copy of a target shares of the samples: while steps are taken for some, gradients are computed for
 * others. As no sample depends on another, the result is that of the attack on all of them.
 */
export function sideBySide<On extends Target, Options>(attack: RunAttack<On, Options>): RunAttack<On, Options> {
  return async (target, samples, options, random, progress) => {
    // Copies can do what their original can.
    const copies = (target.copies ?? []) as unknown as readonly On[];
    const shares = sharesOf(samples, Math.min(SHARES * copies.length, Math.floor(samples.indices.length / LEAST)));
    if (shares.length < 2) return attack(target, samples, options, random, progress);
    const report = progress === undefined ? undefined : together(shares.length, progress);
    const results = await allOf(
      shares.map((share, k) => attack(copies[k % copies.length] ?? target, share, options, random, report?.(k))),
    );
    return results.reduce(joined);
  };
}

/** Runs of samples of nearly the same size. */
function sharesOf(samples: Samples, count: number): readonly Samples[] {
  const total = samples.indices.length;
  return Array.from({ length: count }, (_, k) =>
    range(samples, Math.floor((k * total) / count), Math.floor(((k + 1) * total) / count)),
  );
}

function range({ inputs, labels: { width, values }, indices }: Samples, start: number, end: number): Samples {
  return {
    inputs: rowRange(inputs, start, end),
    labels: { width, values: values.subarray(start * width, end * width) },
    indices: indices.slice(start, end),
  };
}

/** The share of the whole that is done, where each of several parts says its own. */
function together(parts: number, progress: OnProgress): (part: number) => OnProgress {
  const shares = new Float64Array(parts);
  return (part) => (done, total) => {
    shares[part] = done / total;
    progress(
      shares.reduce((sum, own) => sum + own, 0),
      parts,
    );
  };
}

/** Waits for all of them, also where one fails: nothing goes on behind its caller's back. */
async function allOf<T>(work: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

function joined(a: AttackResult, b: AttackResult): AttackResult {
  return {
    norm: a.norm,
    epsilons: a.epsilons.map((result, k) => joinedEpsilon(result, b.epsilons[k] ?? NOTHING)),
    ...(a.closest === undefined || b.closest === undefined ? {} : { closest: joinedClosest(a.closest, b.closest) }),
  };
}

/** Of an attack that leaves an epsilon out, which is found out by whoever counts. */
const NOTHING: Pick<EpsilonResult, 'inputs' | 'outcomes'> = { inputs: zeros([0]), outcomes: [] };

function joinedEpsilon({ epsilon, ...a }: EpsilonResult, b: typeof NOTHING): EpsilonResult {
  return { epsilon, inputs: joinedRows(a.inputs, b.inputs), outcomes: [...a.outcomes, ...b.outcomes] };
}

function joinedClosest(a: ClosestInputs, b: ClosestInputs): ClosestInputs {
  return { inputs: joinedRows(a.inputs, b.inputs), distances: [...a.distances, ...b.distances] };
}

function joinedRows(a: Tensor, b: Tensor): Tensor {
  const data = new Float32Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  return { shape: [rowsOf(a) + rowsOf(b), ...a.shape.slice(1)], data };
}
