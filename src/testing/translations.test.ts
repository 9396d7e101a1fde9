import { noise } from '#attacks/evasion/index';
import type { Plugin } from '#plugin/plugin';
import { translationFaults } from './translations.js';

const english = {
  title: 'Withstands it',
  failureTitle: 'Falls to it',
  description: 'Tries `it` and `that`.',
  advice: 'Mend it.\nThen `audit` again.',
  threat: 'Somebody.',
};

const german = {
  title: 'Hält stand',
  failureTitle: 'Unterliegt',
  description: 'Versucht `that` und `it`.',
  advice: 'Beheben.\nDann wieder `audit`.',
  threat: 'Jemand.',
};

function faults(texts: unknown, changes: Partial<Plugin> = {}): string[] {
  return translationFaults({ ...(noise.plugin as unknown as Plugin), ...english, ...changes, texts } as Plugin);
}

test('a plugin need not bring translations, nor all of them', () => {
  expect(faults(undefined)).toEqual([]);
  expect(faults({ de: german })).toEqual([]);
  expect(faults({ de: { ...german, threat: null } }, { threat: null })).toEqual([]);
});

test.each([
  ['a text that is left out', { threat: undefined }, 'threat is missing.'],
  ['a blank text', { description: ' \n' }, 'description is missing.'],
  ['an English text', { description: english.description }, 'description is the English one.'],
  [
    'code that was translated',
    { description: 'Versucht `es` und `das`.' },
    'description has other code than the English one.',
  ],
  [
    'code without an end',
    { description: 'Versucht `that` und `it.' },
    'description has other code than the English one.',
  ],
  ['one line of two', { advice: 'Beheben. Dann wieder `audit`.' }, 'advice has other lines than the English one.'],
  ['one title for both ends', { failureTitle: german.title }, 'title and failureTitle are the same.'],
])('%s', (_, changes, fault) => {
  expect(faults({ de: { ...german, ...changes } })).toEqual([`de: ${fault}`]);
});

test('a threat where English has none', () => {
  expect(faults({ de: german }, { threat: null })).toEqual(['de: threat is null in English.']);
});

test('a language that no page has', () => {
  expect(faults({ zh: german, 'zh-CN': german })).toEqual(['`texts` has `zh`; known are zh-CN and de.']);
});
