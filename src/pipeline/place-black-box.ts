import { resolve } from 'node:path';
import { AssayError } from '#base/errors';
import type { LoadedConfig } from '#config/loaded';
import { overhead } from '#target/black-box/configured';
import type { BlackBoxConfig } from '#target/black-box/declare';
import type { Answered } from '#target/black-box/open';
import { usedUp } from '#target/black-box/purse';
import type { Overhead } from './budget.js';
import { inspect } from './inspect.js';
import type { PlacedTarget } from './placement.js';
import { queryLedger } from './queries.js';
import { newestUnfinished, readPlan } from './run-folder.js';
import type { Asked, PlanOptions, TargetFiles } from './types.js';

export interface PlacedBlackBox extends PlacedTarget {
  readonly asked: Asked;
  readonly overhead: Overhead;
}

/**
 * Has an endpoint or module opened: no device is chosen for it. A resumed run has to get the answers that it was planned on.
 *
 * @throws AssayError `budget` where it does not suffice for the opening, `model` where the answers are others
 */
export async function placeBlackBox(
  files: TargetFiles,
  target: BlackBoxConfig,
  { config, digest }: LoadedConfig,
  { resume = false, signal }: PlanOptions,
): Promise<PlacedBlackBox> {
  const rows = overhead(target, files.facts, files.probe);
  const folder = resume === 'latest' ? newestUnfinished(config.out, digest) : resume === false ? null : resolve(resume);
  const before = folder === null ? null : answeredIn(folder);
  requireRows(rows.inspection, target.budget, folder);
  const input = { ...files, device: 'cpu', ...(before === null ? {} : { answered: before }) } as const;
  const card = await inspect(input, null, config, signal);
  const { answers } = card;
  if (answers === undefined)
    throw new AssayError('worker', { where: card.name, what: 'the worker process kept no answers' });
  return {
    target: { ...input, answered: { answers } },
    card,
    asked: { rows: rows.inspection, countedIn: folder },
    overhead: rows,
  };
}

function answeredIn(folder: string): Answered | null {
  const answers = readPlan(folder).plan.target?.answers;
  return answers === undefined ? null : { answers };
}

/** A run that goes on counts in its own ledger before it asks; a new one has none yet. */
function requireRows(rows: number, budget: number | undefined, folder: string | null): void {
  if (budget === undefined && folder === null) return;
  const ledger = folder === null ? null : queryLedger(folder, budget);
  const left = ledger === null ? (budget ?? Infinity) : (ledger.left() ?? Infinity);
  if (ledger === null ? rows <= left : ledger.take(rows, 'planning')) return;
  throw usedUp(rows, left, budget ?? Infinity);
}
