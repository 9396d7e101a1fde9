import { grouped } from '#base/format';
import type { Cell, PlannedQueries } from './types.js';

/** Rows that are asked for whatever the audits do. */
export interface Overhead {
  /** Once, when the run is planned. */
  readonly inspection: number;
  /** When a cell begins. */
  readonly opening: number;
}

export interface Budgeted {
  readonly cells: readonly Cell[];
  readonly queries: PlannedQueries;
}

/**
 * Lets cells run in their order as long as the budget lasts for all that each may ask for; the others are inconclusive before
 * anything ran. So what is decided depends on no luck of a network.
 *
 * @param asks whether the plugin of a cell asks the target at all
 */
export function withinBudget(
  cells: readonly Cell[],
  asks: (cell: Cell) => boolean,
  budget: number | undefined,
  { inspection, opening }: Overhead,
): Budgeted {
  let atMost = inspection;
  const decided = cells.map((cell) => {
    if (cell.fate.kind !== 'run' || !asks(cell)) return cell;
    const rows = cell.cost.predictions + cell.cost.gradients + opening;
    const left = (budget ?? Infinity) - atMost;
    if (rows > left)
      return { ...cell, fate: { kind: 'inconclusive', because: tooDear(rows, left, atMost + rows) } as const };
    atMost += rows;
    return cell;
  });
  return { cells: decided, queries: { atMost, budget: budget ?? null } };
}

function tooDear(rows: number, left: number, enough: number): string {
  return (
    `It may ask the target for ${grouped(rows)} rows, and ${grouped(left)} of the query budget are left for it: ` +
    `raise \`target.budget\` to ${grouped(enough)}, or audit fewer samples.`
  );
}
