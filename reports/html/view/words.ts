import type { Area } from '#report/report';
import { clip } from '../../format.js';
import type { Fact, Mark } from './schema.js';

/** Names and sentences of the page that more than one of its parts uses. */

const NAME_LENGTH = 120;
const SENTENCE_LENGTH = 600;

/** A name from outside, short enough for a heading or a cell. */
export function name(text: string): string {
  return clip(text, NAME_LENGTH);
}

/** A sentence from outside. */
export function sentence(text: string): string {
  return clip(text, SENTENCE_LENGTH);
}

export function fact(term: string, ...values: readonly string[]): Fact {
  return { term, values: values.length === 0 ? ['none'] : [...values], code: false };
}

/** Digests, commands and paths. */
export function codeFact(term: string, ...values: readonly string[]): Fact {
  return { ...fact(term, ...values), code: true };
}

export function holdsMark(holds: boolean): Mark {
  return holds ? { word: 'holds', shape: '✓', tone: 'passed' } : { word: 'does not hold', shape: '✕', tone: 'failed' };
}

export function metMark(holds: boolean): Mark {
  return holds ? { word: 'met', shape: '✓', tone: 'passed' } : { word: 'missed', shape: '✕', tone: 'failed' };
}

/** How many of the first, and in words how many are left. */
export function headed<T>(items: readonly T[], most: number): { readonly shown: readonly T[]; readonly left: number } {
  return { shown: items.slice(0, most), left: Math.max(0, items.length - most) };
}

export const AREA_TITLES: Readonly<Record<Area, string>> = {
  evasion: 'Evasion',
  corruption: 'Corruption',
  training: 'Training',
  certificates: 'Certificates',
  data: 'Data checks',
  explanations: 'Explanations',
  subgroups: 'Subgroups',
  other: 'Other audits',
};
