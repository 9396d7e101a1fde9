import { row, rowsOf } from '#base/tensor';
import { labelRow } from '#target/head';
import type { Samples, Target } from '#target/target';
import { runFabT } from '../../run-fab-t.js';
import { runFgsm } from '../../run-fgsm.js';
import type { ConvexNorm, Norm } from '../../geometry/norms.js';
import { climb } from '../../search/climb.js';
import { atOriginals, atRandomPoints, type Space } from '../../search/walk.js';
import { WorstCase } from '../../search/worst-case.js';
import { runSquare } from '../../run-square.js';
import type { TrustData } from '../data.js';
import { bitsOf, brokenBy, chosen, gradientsOf, standing, type AttackForm, type Examination } from '../examination.js';

/** Broken by one step of length epsilon along the gradient. */
export async function brokenByOneStep(examination: Examination): Promise<TrustData['oneStep']> {
  const { norm, draws } = examination;
  const target = gradientsOf(examination);
  if (target === null || !isConvex(norm)) return null;
  const form: AttackForm = (_target, samples, epsilons) =>
    runFgsm(target, samples, { norm, epsilons, loss: 'cross-entropy', eotDraws: draws });
  return bitsOf(examination, (await brokenBy(examination, form, 'one-step')).positions);
}

/** Broken by the square attack, which needs scores alone. */
export async function brokenBySquare(examination: Examination): Promise<TrustData['square']> {
  const { norm, effort, target } = examination;
  if (!isConvex(norm)) return null;
  const { queries } = effort;
  const form: AttackForm = (_target, samples, epsilons, random) =>
    runSquare(
      target,
      samples,
      { norm, epsilons, queries, initialShare: 0.8, rescaleSchedule: false, restarts: 1 },
      random,
    );
  return { queries, broken: bitsOf(examination, (await brokenBy(examination, form, 'square')).positions) };
}

/** Broken by at least one of many random points of the ball. */
export async function brokenByNoise(examination: Examination): Promise<TrustData['noise']> {
  const { samples, right, norm, epsilon, box, effort, random } = examination;
  const space: Space = { norm, epsilon, box };
  const streams = random.fork('noise');
  const broken = new Set<number>();
  for (let draw = 0; draw < effort.noiseDraws; draw++) {
    const left = right.filter((position) => !broken.has(position));
    if (left.length === 0) break;
    const walk = atRandomPoints(atOriginals(samples.inputs, left, space), samples.indices, space, streams.fork(draw));
    const stands = await standing(examination, walk.inputs, chosen(samples, left).labels);
    left.forEach((position, i) => stands[i] === false && broken.add(position));
  }
  return { draws: effort.noiseDraws, broken: bitsOf(examination, broken) };
}

/** Classes that are tried as goals, and steps towards each. */
const GOALS = 3;
const STEPS = 20;

/** Broken by ascent towards each of the classes with the highest clean scores after the true one. */
export async function brokenByTargeted(examination: Examination): Promise<TrustData['targeted']> {
  const { target, norm, epsilon, box, draws } = examination;
  const differentiable = gradientsOf(examination);
  const { head } = target;
  if (differentiable === null || !isConvex(norm) || head.kind !== 'classes' || head.count < 3) return null;
  const form: AttackForm = async (_target, samples) => {
    const space: Space = { norm, epsilon, box };
    const goals = await goalsOf(target, samples);
    const search = await WorstCase.begin(target, samples, { draws });
    search.enter(epsilon);
    for (let rank = 0; rank < Math.min(GOALS, head.count - 1); rank++) {
      const lossOf = (rows: Parameters<typeof search.lossOf>[0]) => ({
        kind: 'score-difference' as const,
        labels: search.labelsOf(rows).values,
        targets: Float64Array.from(rows.positions, (position) => goals[position]?.[rank] ?? 0),
      });
      const stride = { size: (2.5 / STEPS) * epsilon, aroundBounds: true };
      const start = atOriginals(samples.inputs, search.survivors, space);
      await climb(
        differentiable,
        search,
        start,
        space,
        { steps: STEPS, stride, earlyStop: true, lossOf },
        () => undefined,
      );
    }
    return { norm, epsilons: [search.leave(epsilon)] };
  };
  return bitsOf(examination, (await brokenBy(examination, form, 'targeted')).positions);
}

/** Broken by FAB towards each of the same classes: it walks to a linearized boundary, whatever a loss does on the way. */
export async function brokenByBoundary(examination: Examination): Promise<TrustData['boundary']> {
  const { norm } = examination;
  const { head } = examination.target;
  const target = gradientsOf(examination);
  if (target === null || !isConvex(norm) || head.kind !== 'classes') return null;
  const form: AttackForm = (_target, samples, epsilons, random) => {
    const shared = { norm, epsilons, steps: STEPS, restarts: 1, stopAt: epsilons };
    return runFabT(target, samples, { ...shared, ...FAB, targetClasses: GOALS }, random);
  };
  return bitsOf(examination, (await brokenBy(examination, form, 'boundary')).positions);
}

const FAB = { alphaMax: 0.1, eta: 1.05, beta: 0.9 };

/** The other classes of each sample by falling clean score. */
async function goalsOf(target: Target, { inputs, labels }: Samples): Promise<readonly (readonly number[])[]> {
  const scores = await target.predict(inputs);
  return Array.from({ length: rowsOf(inputs) }, (_, i) => {
    const own = row(scores, i);
    const truth = labelRow(labels, i)[0] ?? -1;
    return [...own.keys()].filter((k) => k !== truth).sort((a, b) => (own[b] ?? 0) - (own[a] ?? 0) || a - b);
  });
}

function isConvex(norm: Norm): norm is ConvexNorm {
  return norm !== 'L0';
}
