import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { row, rowSize, takeRows } from '#base/tensor';
import { defineAttack } from '#plugin/define';
import type { RandomStreams } from '#stats/random';
import { labelRow, margin, type Head } from '#target/head';
import type { DifferentiableTarget, Samples } from '#target/target';
import { attackEvidence, evasionCost } from './evidence/evidence.js';
import { dualSize, nearestBoundaries, type Lookout } from './fab/boundaries.js';
import type { Bounds } from './fab/hyperplane.js';
import { legalRanges } from './fab/legal-ranges.js';
import { othersByScore } from './fab/ranks.js';
import { rowsThat } from './fab/rows.js';
import { roundDown, roundUp } from './geometry/float32.js';
import { boxOf } from './geometry/space.js';
import { ask } from './search/ask.js';
import { ClosestFound } from './search/closest.js';
import { ascending, CommonOptions, requireCount } from './search/options.js';
import type { AttackResult, OnProgress } from './search/result.js';
import type { Rows } from './search/walk.js';
import { evasion, WHITE_BOX, WHITE_BOX_TEXTS } from './verdict/family.js';

const { max, min } = Math;

export const DeepFoolOptions = Type.Object(
  {
    norm: Type.Unsafe<'L2' | 'Linf'>({
      type: 'string',
      enum: ['L2', 'Linf'],
      default: 'L2',
      description: 'How the size of a change is measured: its Euclidean length, or its largest value.',
    }),
    ...CommonOptions,
    steps: Type.Integer({
      minimum: 1,
      default: 50,
      description: 'At most so many steps; a sample stops when it is wrong.',
    }),
    candidates: Type.Integer({
      minimum: 2,
      default: 10,
      description:
        'Classes that are looked at, those with the highest logits of the clean input, the true one included.',
    }),
    overshoot: Type.Number({
      exclusiveMinimum: 0,
      default: 0.02,
      description: 'How far beyond the boundary the change is taken, as a share of itself.',
    }),
  },
  { additionalProperties: false },
);

export type DeepFoolOptions = Static<typeof DeepFoolOptions>;

/**
 * DeepFool (Moosavi-Dezfooli et al. 2016, arXiv:1511.04599, algorithm 2 and section 3.3): steps to the nearest of the
 * boundaries as they look from the present point, r += |f_k| / |w_k|_q^q |w_k|^(q-1) sign(w_k), with x = x0 + (1 + overshoot) r
 * after each, until the answer is wrong. Boundaries are z_k = z_y for the classes with the highest logits of the clean input;
 * heads without classes have boundaries of their own: a score that is zero, or an error that reaches the tolerance.
 *
 * As in the authors' code the overshoot is part of each step; their 1e-4 that lengthens each step is left out, as in the
 * paper, since it is more than many distances: x is rounded away from x0 instead, so that no step is lost to rounding. The
 * authors know no domain; here x is clipped to it.
 *
 * @param samples with their true labels
 * @throws AssayError `usage` for options beyond their bounds
 */
export async function runDeepFool(
  target: DifferentiableTarget,
  samples: Samples,
  options: DeepFoolOptions,
  _random?: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkDeepFoolOptions(options);
  const { norm, steps, overshoot } = options;
  const epsilons = ascending(options.epsilons);
  const box = boxOf(target);
  const boundsOf = legalRanges(samples.inputs, box);

  const search = await ClosestFound.begin(target, samples, norm);
  const candidates = candidatesIn(search, samples, target.head, options.candidates);
  const lookout: Lookout = {
    norm,
    immutable: box.immutable,
    candidatesOf: (position) => candidates.get(position) ?? [],
  };
  const changes = new Map(search.attacked.map((position) => [position, new Float64Array(rowSize(samples.inputs))]));
  let walk: Rows = { positions: search.attacked, inputs: takeRows(samples.inputs, search.attacked) };
  for (let step = 0; step < steps; step++) {
    if (walk.positions.length > 0) {
      const { values, slopes } = await nearestBoundaries(target, search, walk, lookout);
      for (const [i, position] of walk.positions.entries()) {
        const change = changes.get(position) ?? new Float64Array();
        addStep(norm, values[i] ?? 0, row(slopes, i), change);
        land(row(samples.inputs, position), change, 1 + overshoot, boundsOf(position), row(walk.inputs, i));
      }
      await ask(target, search, walk);
      walk = rowsThat(walk, (position) => search.inputOf(position) === null);
    }
    progress(step + 1, steps);
  }
  return search.result(epsilons);
}

/** Adds the least change in the norm that brings a linear function from its value to zero; none where it has no slope. */
function addStep(norm: DeepFoolOptions['norm'], value: number, slope: Float32Array, change: Float64Array): void {
  const steepness = dualSize(norm, slope);
  if (!(steepness > 0)) return;
  const length = -value / steepness;
  for (let j = 0; j < change.length; j++) {
    const own = slope[j] ?? NaN;
    change[j] = (change[j] ?? NaN) + length * (norm === 'L2' ? own / steepness : Math.sign(own));
  }
}

/** Writes the original with a multiple of the change, rounded away from the original and clipped. */
function land(
  original: Float32Array,
  change: Float64Array,
  factor: number,
  { low, high }: Bounds,
  into: Float32Array,
): void {
  for (let j = 0; j < into.length; j++) {
    const way = factor * (change[j] ?? NaN);
    const value = (original[j] ?? NaN) + way;
    const rounded = way > 0 ? roundUp(value) : roundDown(value);
    into[j] = min(max(rounded, low[j] ?? NaN), high[j] ?? NaN);
  }
}

/** The scores whose boundaries are looked at, by position: those that seem nearest for the clean input. */
function candidatesIn(
  search: ClosestFound,
  { labels }: Samples,
  head: Head,
  most: number,
): ReadonlyMap<number, readonly number[]> {
  return new Map(
    search.attacked.map((position) => {
      const scores = search.cleanScoresOf(position);
      const label = labelRow(labels, position);
      if (head.kind === 'classes') return [position, othersByScore(scores, label[0] ?? -1).slice(0, most - 1)];
      return [position, byMargin(head, scores, label).slice(0, most)];
    }),
  );
}

/** Of heads whose scores are right or wrong one by one: those closest to being wrong first. */
function byMargin(head: Head, scores: Float32Array, label: Float64Array): readonly number[] {
  const margins = Array.from(scores, (score, k) => {
    const alone = head.kind === 'regression' ? { ...head, count: 1 } : ({ kind: 'binary' } as const);
    return margin(alone, [score], [label[k] ?? NaN]);
  });
  return [...margins.keys()].sort((a, b) => (margins[a] ?? NaN) - (margins[b] ?? NaN) || a - b);
}

function checkDeepFoolOptions({ epsilons, steps, candidates, overshoot }: DeepFoolOptions): void {
  ascending(epsilons);
  requireCount('steps', steps);
  requireCount('candidates', candidates);
  if (candidates === 1) {
    throw new AssayError('usage', { what: '`candidates` is 1', mend: 'One is the true class: it is at least 2.' });
  }
  if (!(overshoot > 0) || !Number.isFinite(overshoot)) {
    throw new AssayError('usage', { what: `\`overshoot\` is ${overshoot}`, mend: 'It is above 0.' });
  }
}

export const deepfool = defineAttack({
  ...evasion,
  ...WHITE_BOX,
  id: 'evasion/deepfool',
  title: 'Withstands DeepFool',
  failureTitle: 'Falls to DeepFool',
  description:
    'Looks for a small change that makes the model wrong, by steps to the decision boundary that seems nearest. Quick, and ' +
    'seldom the smallest change that there is: what withstands it at an epsilon may still fall to FAB. One run gives the ' +
    'whole security curve.',
  sources: [
    'Moosavi-Dezfooli, Fawzi & Frossard 2016, DeepFool: a simple and accurate method to fool deep neural networks, arXiv:1511.04599',
  ],
  severity: 'high',
  texts: {
    'zh-CN': {
      ...WHITE_BOX_TEXTS['zh-CN'],
      title: '经受住 DeepFool 攻击',
      failureTitle: '未能经受住 DeepFool 攻击',
      description:
        '寻找使模型判断错误的微小改动：逐步走向看起来最近的决策边界。速度快，但找到的往往不是最小的改动：' +
        '在某个 epsilon 下经受住它的模型仍可能被 FAB 攻破。一次运行即可得到完整的安全曲线。',
    },
    de: {
      ...WHITE_BOX_TEXTS.de,
      title: 'Hält DeepFool stand',
      failureTitle: 'Unterliegt DeepFool',
      description:
        'Sucht eine kleine Änderung, bei der das Modell falsch liegt, mit Schritten zu der Entscheidungsgrenze, die am nächsten ' +
        'scheint. Schnell, doch selten die kleinste Änderung, die es gibt: Was ihm bei einem Epsilon standhält, kann FAB noch ' +
        'unterliegen. Ein Lauf ergibt die ganze Sicherheitskurve.',
    },
  },
  options: DeepFoolOptions,
  checkOptions: checkDeepFoolOptions,
  cost: (samples, { epsilons, trust, steps, candidates }) =>
    evasionCost({ samples, epsilons, trust, minimumNorm: true }, 'gradients', {
      predictions: steps,
      gradients: steps * candidates,
    }),
  run: (context) =>
    attackEvidence(
      {
        ...{ name: 'DeepFool', uses: 'gradients', minimumNorm: true, run: runDeepFool },
        stronger: { steps: (options) => ({ ...options, steps: 2 * options.steps }) },
      },
      context,
    ),
});
