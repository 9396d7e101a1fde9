import type { Problem } from './place.js';

/** What the design promises and this version cannot do: refused in a sentence that says what to do instead. */
export function notYet(config: unknown): readonly Problem[] {
  if (typeof config !== 'object' || config === null || !('samples' in config) || config.samples !== 'sealed') return [];
  const what = '`samples` is "sealed", and this version of Assay cannot encrypt what it shows';
  return [{ path: ['samples'], what, mend: 'Use "ids", which names inputs by their index and shows none.' }];
}
