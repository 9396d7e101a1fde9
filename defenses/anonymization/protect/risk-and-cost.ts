import type { Detail } from '#report/details';
import type { Frontier } from '../lattice/frontier.js';
import { frontierDetails, paretoFrontier, type Candidate } from '../utility/frontier.js';

/** Tables that are shown; there may be thousands. Their best come first. */
const MOST = 20;

/**
 * The picture of risk against loss: of the generalizations that a search counted and that meet the models, all that none is better
 * than in both, and of the others those of least loss.
 *
 * @param columns names in the order of the levels
 */
export function riskAgainstLoss(frontier: Frontier, columns: readonly string[]): Detail[] {
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
  return frontierDetails(paretoFrontier(shown, 1));
}

function candidateOf({ levels, loss, smallestClass }: Frontier, node: number, columns: readonly string[]): Candidate {
  const size = smallestClass[node] ?? 0;
  return {
    name: columns.map((name, i) => `${name} ${levels[node * columns.length + i] ?? 0}`).join(', '),
    k: size === 0 ? null : size,
    loss: loss[node] ?? NaN,
    highestRisk: size === 0 ? 0 : 1 / size,
    accuracy: null,
  };
}
