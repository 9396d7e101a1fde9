import type { Detail } from '#report/details';
import type { Frontier } from '../lattice/frontier.js';
import type { SearchResult } from '../lattice/search.js';
import { frontierDetails, paretoFrontier, type Candidate } from '../utility/frontier.js';
import type { PointAccuracy } from './point-accuracy.js';

/** Tables that are shown; there may be thousands. Their best come first. */
const MOST = 20;

/**
 * The picture of risk against loss: of the generalizations that a search counted and that meet the models, all that none is better
 * than in both, and of the others those of least loss. How accurate a tree is, where that is asked for, is told of those on the frontier, and
 * decides nothing.
 *
 * @param columns names in the order of the levels
 * @param accuracy of what a generalization leaves; null where nobody asked for it
 */
export function riskAgainstLoss(
  { frontier, releaseAt }: Pick<SearchResult, 'frontier' | 'releaseAt'>,
  columns: readonly string[],
  accuracy: PointAccuracy | null,
): Detail[] {
  const valid = Array.from({ length: frontier.count }, (_, node) => candidateOf(frontier, node, columns)).filter(
    ({ k }, node) => frontier.valid[node] === 1 && k !== null,
  );
  valid.sort((a, b) => a.loss - b.loss || a.highestRisk - b.highestRisk);
  let least = Infinity;
  const best = new Set(
    valid.filter(({ highestRisk }) => {
      const isBetter = highestRisk < least;
      least = Math.min(least, highestRisk);
      return isBetter;
    }),
  );
  const shown = [...best, ...valid.filter((candidate) => !best.has(candidate))].slice(0, MOST);
  const { candidates, ...decided } = paretoFrontier(shown, 1);
  const measured = candidates.map((each, i) => {
    const levels = shown[i]?.levels;
    if (accuracy === null || levels === undefined || !each.isOnFrontier) return each;
    return { ...each, accuracy: accuracy.of(releaseAt(levels)) };
  });
  return frontierDetails({ ...decided, candidates: measured }, accuracy?.how);
}

interface Point extends Candidate {
  readonly levels: Uint8Array;
}

function candidateOf({ levels: all, loss, smallestClass }: Frontier, node: number, columns: readonly string[]): Point {
  const size = smallestClass[node] ?? 0;
  const levels = all.slice(node * columns.length, (node + 1) * columns.length);
  return {
    levels,
    name: columns.map((name, i) => `${name} ${levels[i] ?? 0}`).join(', '),
    k: size === 0 ? null : size,
    loss: loss[node] ?? NaN,
    highestRisk: size === 0 ? 0 : 1 / size,
    accuracy: null,
  };
}
