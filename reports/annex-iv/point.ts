import type { Facts } from './facts.js';

/** One point of Annex IV, as the items that it asks for. */
export interface Point {
  /** As the annex counts: `2(g)`. */
  readonly id: string;
  /** In words of our own. */
  readonly title: string;
  readonly items: readonly Item[];
}

export interface Item {
  /** What is asked for, in words of our own. */
  readonly asked: string;
  /** What the report knows of it, as Markdown in one line; null where it knows nothing. Absent where it never does. */
  readonly evidence?: (facts: Facts) => string | null;
  /** What the provider has to supply, beside the evidence or in its place. */
  readonly provider: string;
  /** The evidence is all that the item asks for. */
  readonly complete?: true;
}

export type FillStatus = 'filled' | 'partly' | 'provider';

export interface FilledItem {
  readonly asked: string;
  readonly evidence: string | null;
  /** Null where nothing is left to supply. */
  readonly provider: string | null;
  readonly status: FillStatus;
}

export function fillItem({ asked, evidence, provider, complete }: Item, facts: Facts): FilledItem {
  const known = evidence?.(facts) ?? null;
  if (known === null) return { asked, evidence: null, provider, status: 'provider' };
  if (complete === true) return { asked, evidence: known, provider: null, status: 'filled' };
  return { asked, evidence: known, provider, status: 'partly' };
}

/** Of a point, by its items. */
export function statusOfItems(items: readonly FilledItem[]): FillStatus {
  if (items.every(({ status }) => status === 'filled')) return 'filled';
  return items.every(({ status }) => status === 'provider') ? 'provider' : 'partly';
}
