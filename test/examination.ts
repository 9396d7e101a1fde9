import { row, rowsOf, zeros, type Tensor } from '#base/tensor';
import { randomStreams } from '#stats/random';
import { isDifferentiable, type DifferentiableTarget, type Samples, type Target } from '#target/target';
import { runFmn } from '../attacks/evasion/fmn.js';
import { boxOf } from '../attacks/evasion/geometry/space.js';
import type { ConvexNorm, Norm } from '../attacks/evasion/geometry/norms.js';
import { runPgd } from '../attacks/evasion/pgd.js';
import { WorstCase } from '../attacks/evasion/search/worst-case.js';
import type { AttackForm, AttackForms, Examination } from '../attacks/evasion/trust/examination.js';

const searching = { singleStep: false, minimumNorm: false, usesGradients: true };

function along(run: (target: DifferentiableTarget, ...rest: Tail<AttackForm>) => ReturnType<AttackForm>): AttackForm {
  return (target, ...rest) => {
    if (!isDifferentiable(target)) throw new Error(`${target.name} has no gradients`);
    return run(target, ...rest);
  };
}

type Tail<F extends AttackForm> = Parameters<F> extends [unknown, ...infer Rest] ? Rest : never;

export function pgdForms(norm: ConvexNorm, steps = 20): AttackForms {
  const form = (own: { readonly steps: number; readonly restarts: number }) =>
    along((target, samples, epsilons, random) => {
      const options = { norm, epsilons, randomStart: true, loss: 'cross-entropy', earlyStop: true, ...own } as const;
      return runPgd(target, samples, options, random);
    });
  return {
    ...searching,
    asItIs: form({ steps, restarts: 1 }),
    moreSteps: form({ steps: 2 * steps, restarts: 1 }),
    moreRestarts: form({ steps, restarts: 3 }),
  };
}

export function fmnForms(norm: Norm): AttackForms {
  const asItIs = along((target, samples, epsilons) =>
    runFmn(target, samples, { norm, epsilons, steps: 200, stepSize: 1, gamma: 0.05 }),
  );
  return { ...searching, asItIs, moreSteps: null, moreRestarts: null, minimumNorm: true };
}

/** An attack that gives every input back as it was. */
export function idleForms(norm: Norm): AttackForms {
  const asItIs: AttackForm = async (target, samples, epsilon) => {
    const search = await WorstCase.begin(target, samples, { draws: 1 });
    search.enter(epsilon);
    return { norm, epsilons: [search.leave(epsilon)] };
  };
  return { ...searching, asItIs, moreSteps: null, moreRestarts: null };
}

/** The examination of an attack on samples that are all right when clean, unless said otherwise. */
export function examinationOf(
  target: Target,
  samples: Samples,
  attack: AttackForms,
  changes: Partial<Examination> = {},
): Examination {
  return {
    ...{ target, attack, samples, norm: 'Linf', epsilon: 0.1, box: boxOf(target) },
    ...{ right: samples.indices.map((_, i) => i), draws: 1, random: randomStreams(5, 'trust') },
    effort: { samples: samples.indices.length, noiseDraws: 20, queries: 50 },
    ...changes,
  };
}

/** What happens to inputs and scores before and behind a target; its gradients are those at the inputs that reach it. */
export interface Between {
  readonly input?: (value: number) => number;
  /** Changes the scores of a batch where they lie. */
  readonly scores?: (scores: Tensor, inputs: Tensor) => void;
  readonly gradient?: (value: number) => number;
}

export function around(target: DifferentiableTarget, between: Between): DifferentiableTarget {
  const { input = same, scores: change = () => undefined, gradient: turn = same } = between;
  const { name, digest, domain, head, labels, capabilities, missing, queries } = target;
  const reaching = (inputs: Tensor): Tensor => ({ shape: inputs.shape, data: inputs.data.map(input) });
  const behind = (scores: Tensor, inputs: Tensor): Tensor => {
    const changed = { shape: scores.shape, data: scores.data.slice() };
    change(changed, inputs);
    return changed;
  };
  return {
    ...{ name, digest, domain, head, labels, capabilities, missing, queries },
    predict: async (inputs) => behind(await target.predict(reaching(inputs)), inputs),
    gradient: async (inputs, losses) => {
      const { scores, loss, gradient } = await target.gradient(reaching(inputs), losses);
      const turned: Tensor = { shape: gradient.shape, data: gradient.data.map(turn) };
      return { scores: behind(scores, inputs), loss, gradient: turned };
    },
    jacobian: async (inputs, indices) => {
      const { scores, rows } = await target.jacobian(reaching(inputs), indices);
      return { scores: behind(scores, inputs), rows: { shape: rows.shape, data: rows.data.map(turn) } };
    },
    dispose: () => target.dispose(),
  };
}

function same(value: number): number {
  return value;
}

/** The samples with the answers of a target as their truth. */
export async function answeredBy(target: Target, inputs: Tensor): Promise<Samples> {
  const scores = await target.predict(inputs);
  const indices = Array.from({ length: rowsOf(inputs) }, (_, i) => i);
  const values = Float64Array.from(indices, (i) => {
    const own = row(scores, i);
    return own.length === 1 ? Number((own[0] ?? NaN) > 0) : own.indexOf(Math.max(...own));
  });
  return { inputs, labels: { width: 1, values }, indices };
}

/** Rows that all have the same value everywhere. */
export function constantRows(values: readonly number[], width: number): Tensor {
  const inputs = zeros([values.length, width]);
  values.forEach((value, i) => row(inputs, i).fill(value));
  return inputs;
}
