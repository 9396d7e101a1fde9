import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { row, type Tensor } from '#base/tensor';
import type { RandomStreams } from '#stats/random';
import type { Head } from '#target/head';
import type { DifferentiableTarget, Samples } from '#target/target';
import { approach, atOriginals, atRandomPoints, groundOf } from './fab/approach.js';
import type { Boundaries } from './fab/boundaries.js';
import { approachOf, checkSharedFabOptions, SharedFabOptions, type Within } from './fab/options.js';
import { othersByScore } from './fab/ranks.js';
import { isUsable } from './geometry/ascent.js';
import { boxOf, type Box } from './geometry/space.js';
import { follow } from './search/ask.js';
import { ClosestFound } from './search/closest.js';
import { ascending, requireCount } from './search/options.js';
import type { AttackResult, OnProgress } from './search/result.js';
import type { Rows } from './search/walk.js';

export const FabTOptions = Type.Object(
  {
    ...SharedFabOptions,
    targetClasses: Type.Integer({
      minimum: 1,
      default: 9,
      description:
        'Wrong classes whose boundary is approached, those with the highest logits of the clean input first; never more than ' +
        'there are.',
    }),
  },
  { additionalProperties: false },
);

export type FabTOptions = Static<typeof FabTOptions>;

/**
 * Targeted FAB, as AutoAttack runs it (Croce & Hein 2020, arXiv:1907.02044 and arXiv:2003.01690): FAB that
 * looks at the boundary z_t = z_y alone, for each of the classes that come next after the true one in the logits of the clean
 * input, one after the other. So a step takes one gradient, however many classes there are. Any wrong class counts, not
 * the targeted one alone; the closest wrong input of all walks is kept. For the rest see `runFab`.
 *
 * @param samples with their true labels
 * @param random one stream a target class, restart and sample
 * @throws AssayError `usage` for options beyond their bounds, and for a head without classes
 */
export async function runFabT(
  target: DifferentiableTarget,
  samples: Samples,
  options: FabTOptions & Within,
  random: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkFabTOptions(options);
  const { norm, steps, restarts } = options;
  const epsilons = ascending(options.epsilons);
  const targets = Math.min(options.targetClasses, otherClasses(target.head));
  const box = boxOf(target);
  const ground = groundOf(samples, box);
  const gait = approachOf(options);
  let done = 0;

  const search = await ClosestFound.begin(target, samples, norm);
  for (let rank = 0; rank < targets; rank++) {
    for (let restart = 0; restart < restarts; restart++) {
      const streams = random.fork(rank).fork(restart);
      const start =
        restart === 0
          ? atOriginals(ground, search, gait.stopAt)
          : atRandomPoints(ground, search, gait, Math.max(...epsilons), streams);
      const classes = classesOfRank(search, start, rank);
      await approach(
        target,
        search,
        ground,
        start,
        gait,
        (rows) => boundariesOf(target, search, rows, classes, box),
        () => progress(++done, targets * restarts * steps),
      );
    }
  }
  return search.result(epsilons);
}

/** By position, the wrong class that comes at a rank in the logits of the clean input, the first being 0. */
function classesOfRank(search: ClosestFound, rows: Rows, rank: number): ReadonlyMap<number, number> {
  const { values } = search.labelsOf(rows);
  return new Map(
    rows.positions.map((position, i) => {
      const others = othersByScore(search.cleanScoresOf(position), values[i] ?? -1);
      return [position, others[rank] ?? -1];
    }),
  );
}

/** For each row the boundary between its label and one other class. */
async function boundariesOf(
  target: DifferentiableTarget,
  search: ClosestFound,
  rows: Rows,
  classes: ReadonlyMap<number, number>,
  { immutable }: Box,
): Promise<Boundaries> {
  const labels = search.labelsOf(rows).values;
  const targets = Float64Array.from(rows.positions, (position) => classes.get(position) ?? -1);
  const { scores, gradient } = await follow(target, search, rows, { kind: 'score-difference', labels, targets });
  const values = differences(scores, labels, targets);
  values.forEach((value, i) => hold(value, row(gradient, i), immutable));
  return { values, slopes: gradient };
}

/** In double precision: an engine's float32 loss loses the digits in which two large scores differ. */
function differences(scores: Tensor, labels: Float64Array, targets: Float64Array): Float64Array {
  return labels.map((label, i) => {
    const own = row(scores, i);
    return (own[targets[i] ?? -1] ?? NaN) - (own[label] ?? NaN);
  });
}

/** What nobody can change has no slope; a value or gradient that is not finite gives no direction. */
function hold(value: number, gradient: Float32Array, immutable: ReadonlySet<number>): void {
  if (!Number.isFinite(value) || !isUsable(gradient)) gradient.fill(0);
  for (const position of immutable) gradient[position] = 0;
}

function otherClasses(head: Head): number {
  const why = unfit(head);
  if (head.kind === 'classes' && why === null) return head.count - 1;
  throw new AssayError('usage', { what: why ?? '', mend: 'Use `evasion/fab`.' });
}

/** Why it does not fit the head; null where it does. */
export function unfit(head: Head): string | null {
  if (head.kind === 'classes' && head.count >= 2) return null;
  return 'targeted FAB needs classes to aim at';
}

export function checkFabTOptions(options: FabTOptions): void {
  checkSharedFabOptions(options);
  requireCount('targetClasses', options.targetClasses);
}
