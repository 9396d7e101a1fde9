import { percent } from '#base/format';
import type { Detail } from '#report/details';

/** A protected table that could be released. */
export interface Candidate {
  /** How it was made, such as `Mondrian, k = 5`. */
  readonly name: string;
  /** Its smallest class; null where all records are suppressed. */
  readonly k: number | null;
  /** In [0, 1]; least is best. */
  readonly loss: number;
  /** Highest prosecutor risk, in [0, 1]; least is best. */
  readonly highestRisk: number;
  /** Of the audited model or a classifier, in [0, 1]; null where it was not measured. */
  readonly accuracy: number | null;
}

export interface Frontier {
  readonly candidates: readonly (Candidate & { readonly isOnFrontier: boolean })[];
  /** Index of the one to release; null where none is within the allowed risk. */
  readonly chosen: number | null;
  /** Why this one, in one sentence. */
  readonly because: string;
}

/**
 * The candidates that no other is at least as good as in loss, highest risk and accuracy, and better in one (Pareto). Accuracy
 * counts where it is known of all. Chosen is, of those within the allowed risk, the most accurate, or the one of least loss
 * where accuracy does not count; then the one of least loss, of least risk, the first.
 */
export function paretoFrontier(candidates: readonly Candidate[], highestRiskAllowed: number): Frontier {
  const byAccuracy = candidates.every(({ accuracy }) => accuracy !== null);
  const costs = candidates.map(({ loss, highestRisk, accuracy }) => ({
    ...{ loss, highestRisk },
    error: byAccuracy ? 1 - (accuracy ?? 0) : 0,
  }));
  const isOnFrontier = costs.map((one) => !costs.some((other) => isBetter(other, one)));
  const order = candidates
    .map((_, i) => i)
    .filter((i) => isOnFrontier[i] === true && (costs[i]?.highestRisk ?? NaN) <= highestRiskAllowed)
    .sort((a, b) => compared(costs[a], costs[b]));
  const chosen = order[0] ?? null;
  return {
    candidates: candidates.map((candidate, i) => ({ ...candidate, isOnFrontier: isOnFrontier[i] === true })),
    chosen,
    because: reason(candidates, chosen, { byAccuracy, highestRiskAllowed }),
  };
}

/**
 * All candidates in a table, and those on the frontier as a curve of risk against loss. Accuracy is a column where it was measured of any.
 *
 * @param measured how accuracy was measured, in a sentence
 */
export function frontierDetails({ candidates, chosen, because }: Frontier, measured = ''): Detail[] {
  const best = candidates.filter(({ isOnFrontier }) => isOnFrontier);
  const points = best
    .map(({ loss, highestRisk }) => ({ x: loss, y: highestRisk }))
    .sort((a, b) => a.x - b.x || b.y - a.y);
  const picked = chosen === null ? undefined : candidates[chosen];
  if (candidates.length === 0) return [];
  const hasAccuracy = candidates.some(({ accuracy }) => accuracy !== null);
  return [
    {
      kind: 'curve',
      title: 'What protection costs',
      description: `Highest risk against loss of the ${best.length} of ${candidates.length} tables that none of the others is better than in everything. ${because}`,
      x: { label: 'Loss', format: 'rate' },
      y: { label: 'Highest risk', format: 'rate' },
      series: [
        { name: 'frontier', role: 'measured', points },
        ...(picked === undefined
          ? []
          : [{ name: 'chosen', role: 'measured' as const, points: [{ x: picked.loss, y: picked.highestRisk }] }]),
      ],
    },
    {
      kind: 'table',
      title: 'Tables that were compared',
      columns: [
        { label: 'Table', format: 'text' },
        { label: 'Smallest class', format: 'count' },
        { label: 'Loss', format: 'rate' },
        { label: 'Highest risk', format: 'rate' },
        ...(hasAccuracy ? [{ label: 'Accuracy', format: 'rate' as const }] : []),
        { label: 'Place', format: 'text' },
      ],
      rows: candidates.map(({ name, k, loss, highestRisk, accuracy, isOnFrontier }, i) => [
        ...[name, k, loss, highestRisk],
        ...(hasAccuracy ? [accuracy] : []),
        i === chosen ? 'chosen' : isOnFrontier ? 'on the frontier' : 'another is better',
      ]),
      note: hasAccuracy ? `${because} ${measured}`.trim() : because,
    },
  ];
}

interface Costs {
  readonly loss: number;
  readonly highestRisk: number;
  readonly error: number;
}

function isBetter(one: Costs, other: Costs): boolean {
  const pairs = [
    [one.loss, other.loss],
    [one.highestRisk, other.highestRisk],
    [one.error, other.error],
  ] as const;
  return pairs.every(([a, b]) => a <= b) && pairs.some(([a, b]) => a < b);
}

function compared(a: Costs | undefined, b: Costs | undefined): number {
  if (a === undefined || b === undefined) return 0;
  return a.error - b.error || a.loss - b.loss || a.highestRisk - b.highestRisk;
}

function reason(
  candidates: readonly Candidate[],
  chosen: number | null,
  { byAccuracy, highestRiskAllowed }: { readonly byAccuracy: boolean; readonly highestRiskAllowed: number },
): string {
  const picked = chosen === null ? undefined : candidates[chosen];
  const bar = percent(highestRiskAllowed);
  if (picked === undefined) return `No table has a highest risk of at most ${bar}.`;
  const merit =
    byAccuracy && picked.accuracy !== null
      ? `the highest accuracy (${percent(picked.accuracy)})`
      : `the least loss (${percent(picked.loss)})`;
  return `${picked.name} is chosen: of the tables with a highest risk of at most ${bar} it has ${merit}.`;
}
