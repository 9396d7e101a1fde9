import type { PageWords } from '../language/en.js';
import type { Status } from '../../status.js';
import type { Phrase } from './phrase-schema.js';
import type { Fact, Mark } from './schema.js';
import type { Writer } from './writer.js';

/** Small parts of the page that more than one of its sections uses. */

export function fact(term: string, ...values: readonly (string | Phrase)[]): Fact {
  return { term, values: values.map(asPhrase), code: false };
}

/** Digests, commands and paths. */
export function codeFact(term: string, ...values: readonly string[]): Fact {
  return { ...fact(term, ...values), code: true };
}

export function asPhrase(text: string | Phrase): Phrase {
  return typeof text === 'string' ? { text, lang: null } : text;
}

/** A status in the page's language. */
export function markOf({ word, shape, tone }: Status, words: PageWords): Mark {
  return { word: words.status[word], shape, tone };
}

export function holdsMark(holds: boolean, { outcome }: PageWords): Mark {
  return holds
    ? { word: outcome.holds, shape: '✓', tone: 'passed' }
    : { word: outcome.broken, shape: '✕', tone: 'failed' };
}

export function metMark(holds: boolean, { outcome }: PageWords): Mark {
  return holds
    ? { word: outcome.met, shape: '✓', tone: 'passed' }
    : { word: outcome.missed, shape: '✕', tone: 'failed' };
}

/** Who set a bar; the pipeline knows three, and a plugin may name another. */
export function setterOf(setBy: string, words: PageWords, write: Writer): Phrase {
  if (setBy === 'policy file') return write.own(words.policyFile);
  if (setBy === 'matcher') return write.own(words.matcher);
  const preset = /^preset (.+)$/s.exec(setBy)?.[1];
  return preset === undefined ? write.english(setBy) : write.own(words.preset(write.name(preset)));
}

/** How many of the first, and how many are left. */
export function headed<T>(items: readonly T[], most: number): { readonly shown: readonly T[]; readonly left: number } {
  return { shown: items.slice(0, most), left: Math.max(0, items.length - most) };
}
