import { counted, grouped, percent } from '#base/format';
import { clopperPearson } from '#stats/intervals';
import { bitAt, type Bits } from '../evidence/data.js';

/** What one rule says of a measurement. */
export interface Reading {
  /** As the literature numbers it, or the name of a diagnosis: `R2`, `quantized-input`. */
  readonly id: string;
  readonly title: string;
  /** Null: it was not looked at, or does not decide here; the sentence says why. */
  readonly holds: boolean | null;
  readonly sentence: string;
}

/** Where a reading comes from, in the order in which the table has them. */
export interface Rule<Seen> {
  readonly id: string;
  readonly title: string;
  read(seen: Seen): Pick<Reading, 'holds' | 'sentence'>;
}

/** Shares of the examined samples beyond which a difference counts. */
export const LIMITS = {
  /** AutoAttack's own for the square attack: 0.2 points (its checks.py). */
  rival: 0.002,
  /** An attack that has come to its end finds no more with more effort, to within a point. */
  converged: 0.01,
  /** Goals add a little to every attack that has none; more than two points says that it was not done. */
  targeted: 0.02,
  symptom: 0.01,
  /** Another attack along gradients may be stronger; so much stronger it is only where gradients hide something. */
  masked: 0.1,
} as const;

/** Whether a count out of n is larger than a share allows: the low end of its 95 % interval is above it, and it is not alone. */
export function exceeds(count: number, n: number, share: number): boolean {
  return count > 1 && clopperPearson(count, n).low > share;
}

/** Bits of the first that the second has not. */
export function beyond(first: Bits, second: Bits): number {
  return Array.from(first).filter((bit, i) => bit === '1' && !bitAt(second, i)).length;
}

/** Bits that at least one has. */
export function either(...columns: readonly (Bits | null)[]): Bits {
  const given = columns.filter((column) => column !== null);
  return Array.from(given[0] ?? '', (_, i) => (given.some((column) => bitAt(column, i)) ? '1' : '0')).join('');
}

/** `3 of 96 samples (3.1 %)` */
export function share(count: number, n: number): string {
  return `${grouped(count)} of ${counted(n, 'sample')}${n > 0 ? ` (${percent(count / n)})` : ''}`;
}

export function undecided(sentence: string): Pick<Reading, 'holds' | 'sentence'> {
  return { holds: null, sentence };
}
