import { Type, type Static } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import { row, takeRows, zeros, type Tensor } from '#base/tensor';
import type { RandomStreams } from '#stats/random';
import { labelRow, margin } from '#target/head';
import type { Samples, Target } from '#target/target';
import { boxOf, continuousDomain } from './geometry/space.js';
import { ask } from './search/ask.js';
import { ascending, BallOptions, requireCount } from './search/options.js';
import type { AttackResult, EpsilonResult, OnProgress } from './search/result.js';
import type { Rows, Space } from './search/walk.js';
import { WorstCase } from './search/worst-case.js';
import { gridOf } from './square/grid.js';
import { mass } from './square/mass.js';
import type { Moves, RandomSearch } from './square/moves.js';
import { shareAt } from './square/schedule.js';
import { stripes } from './square/stripes.js';

export const SquareOptions = Type.Object(
  {
    ...BallOptions,
    queries: Type.Integer({
      minimum: 1,
      default: 5000,
      description:
        'Most inputs that are asked for a sample, in each restart and at each epsilon. The first wrong one ends it.',
    }),
    restarts: Type.Integer({ minimum: 1, default: 1, description: 'How often the search begins anew.' }),
    initialShare: Type.Number({
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.8,
      description: 'The share of the input that the first windows cover (p in the paper).',
    }),
    rescaleSchedule: Type.Boolean({
      default: false,
      description: 'Whether windows shrink over the queries that there are, or as in a search of 10,000.',
    }),
  },
  { additionalProperties: false },
);

export type SquareOptions = Static<typeof SquareOptions>;

/**
 * The Square Attack (Andriushchenko et al. 2020, arXiv:1912.00049), as AutoAttack runs it (Croce & Hein 2020,
 * arXiv:2003.01690; L1: Croce & Hein 2021, arXiv:2103.01208): a random search that changes one window of the input at a
 * time, and keeps a change that makes the head's margin smaller. It sees scores and no gradients. Windows shrink with the
 * iterations, by breakpoints at 10, 50, 200, 500, 1000, 2000, 4000, 6000 and 8000.
 *
 * What differs from the authors' code:
 * - windows and signs are drawn for each sample from its own stream, not once for a batch
 * - a window may lie at any place, as in the paper; the code never reaches the last row and column
 * - the start is one of `queries`; the code asks for one input more than it says
 * - `rescaleSchedule` is off, as AutoAttack has it; the default of its class is on
 * - L2 keeps the mass of each channel apart, as in the paper and newer code; older code (`torchattacks`) adds it up
 * - images that are not square: a window is no longer than the shorter side, and the start in L2 and L1 has five tiles
 *   along it and as many of the same size as fit along the longer one (the code fails)
 * - a table is an image of one channel, whose rows run along the last axis; on a single row a window is a piece of it that
 *   covers the same share
 *
 * @param samples with their true labels
 * @param random one stream a restart and sample
 * @throws AssayError `usage` for illegal options
 */
export async function runSquare(
  target: Target,
  samples: Samples,
  options: SquareOptions,
  random: RandomStreams,
  progress: OnProgress = () => undefined,
): Promise<AttackResult> {
  checkSquareOptions(options);
  const { norm, queries, restarts } = options;
  const epsilons = ascending(options.epsilons);
  const box = boxOf(target);
  const results: EpsilonResult[] = [];
  const total = epsilons.length * restarts * queries;
  let done = 0;

  const search = await WorstCase.begin(target, samples);
  for (const epsilon of epsilons) {
    const moves = movesIn(target, { norm, epsilon, box });
    search.enter(epsilon);
    for (let restart = 0; restart < restarts; restart++) {
      let standing = started(samples, search.survivors, moves, random.fork(restart));
      for (let query = 0; query < queries; query++, progress(++done, total)) {
        if (standing.positions.length === 0) continue;
        if (query > 0) propose(standing, moves, shareAt(query - 1, options));
        const scores = await ask(target, search, standing);
        settle(target, samples, standing, scores);
        standing = compacted(standing, (position) => !search.isBroken(position));
      }
    }
    results.push(search.leave(epsilon));
  }
  return { norm, epsilons: results };
}

function movesIn(target: Target, space: Space & { readonly norm: SquareOptions['norm'] }): Moves {
  const grid = gridOf(continuousDomain(target));
  return space.norm === 'Linf' ? stripes(grid, space) : mass(space.norm, grid, space);
}

/** The samples that still stand, and where their searches are: points change in place. */
interface Standing extends Rows {
  readonly searches: readonly RandomSearch[];
  /** The margin at each point before the present proposal. */
  readonly margins: number[];
}

function started(
  { inputs: originals, indices }: Samples,
  positions: readonly number[],
  moves: Moves,
  random: RandomStreams,
): Standing {
  const inputs = zeros([positions.length, ...originals.shape.slice(1)]);
  const searches = positions.map((position, i) => {
    const search = moves.around(row(originals, position), random.of(indices[position] ?? -1));
    search.start(row(inputs, i));
    return search;
  });
  return { positions, inputs, searches, margins: positions.map(() => Infinity) };
}

function propose({ searches, inputs }: Standing, moves: Moves, share: number): void {
  const extent = moves.extentOf(share);
  searches.forEach((search, i) => search.propose(row(inputs, i), extent));
}

/** Proposals that made the margin smaller stay, the others are taken back. */
function settle({ head }: Target, { labels }: Samples, standing: Standing, scores: Tensor): void {
  const { positions, searches, margins, inputs } = standing;
  positions.forEach((position, i) => {
    const now = margin(head, row(scores, i), labelRow(labels, position));
    if (now < (margins[i] ?? NaN)) margins[i] = now;
    else searches[i]?.undo(row(inputs, i));
  });
}

function compacted(standing: Standing, stays: (position: number) => boolean): Standing {
  const { positions, inputs, searches, margins } = standing;
  if (positions.every(stays)) return standing;
  const rows = positions.flatMap((position, i) => (stays(position) ? [i] : []));
  return {
    positions: rows.map((i) => positions[i] ?? -1),
    inputs: takeRows(inputs, rows),
    searches: rows.flatMap((i) => searches[i] ?? []),
    margins: rows.map((i) => margins[i] ?? NaN),
  };
}

export function checkSquareOptions({ epsilons, queries, restarts, initialShare }: SquareOptions): void {
  ascending(epsilons);
  requireCount('queries', queries);
  requireCount('restarts', restarts);
  if (initialShare > 0 && initialShare <= 1) return;
  throw new AssayError('usage', {
    what: `\`initialShare\` is ${initialShare}`,
    mend: 'It is a share of the input, above 0 and at most 1.',
  });
}
