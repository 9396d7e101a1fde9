import type { CompleteConfig } from '#config/loaded';
import type { DataCard, TargetCard } from '#report/report';
import { fateOf, type Facts } from './fate.js';
import type { ReadInputs } from './inputs.js';
import { sharePlugin } from './testing/share.js';

const CARD = {
  capabilities: ['labels', 'scores'],
  missing: [{ capability: 'gradients', because: 'node `n7` (`Loop`) has no gradient rule' }],
} as unknown as TargetCard;
const DATA = { samples: {}, card: {} as DataCard } as never;
const TARGET = { facts: { domain: { kind: 'image' }, head: { kind: 'binary' } } } as unknown as ReadInputs['target'];
const NOTHING: ReadInputs = { target: null, test: null, train: null, table: null, population: null, facts: null };

const facts = (parts: Partial<Facts> = {}): Facts => ({
  config: { data: {} } as CompleteConfig,
  inputs: { ...NOTHING, target: TARGET, test: DATA },
  card: CARD,
  only: null,
  ...parts,
});

test('a plugin that has all it needs runs', () => {
  expect(fateOf(sharePlugin({ needs: ['scores'], data: ['test'] }), {}, facts())).toEqual({ kind: 'run' });
});

test('a target of the wrong kind is not applicable, whatever else is missing', () => {
  const plugin = sharePlugin({
    needs: ['gradients'],
    data: ['train'],
    appliesTo: ({ domain }) => (domain.kind === 'image' ? 'it attacks text' : null),
  });
  expect(fateOf(plugin, {}, facts())).toEqual({ kind: 'not-applicable', because: 'It attacks text.' });
});

test("a capability that is missing is inconclusive, with the target's own reason", () => {
  expect(fateOf(sharePlugin({ needs: ['scores', 'gradients'] }), {}, facts())).toEqual({
    kind: 'inconclusive',
    because: 'It needs `gradients` of the target: node `n7` (`Loop`) has no gradient rule.',
  });
  expect(fateOf(sharePlugin({ needs: ['layers'] }), {}, facts())).toMatchObject({
    because: 'It needs `layers` of the target: targets of this kind have none.',
  });
});

test('what the config has to say is named by its key', () => {
  const plugin = sharePlugin({ needs: ['scores'], data: ['test', 'table'] });
  const because = (parts: Partial<Facts>) => fateOf(plugin, {}, facts(parts));
  expect(because({ card: null, inputs: NOTHING })).toMatchObject({ because: 'It needs a target: fill in `target`.' });
  expect(because({})).toMatchObject({ kind: 'inconclusive', because: 'It needs data: fill in `data.table`.' });
});

test('samples that are there but cannot be read without a target are not said to be missing', () => {
  const plugin = sharePlugin({ data: ['test'] });
  const config = { data: { test: {} } } as CompleteConfig;
  expect(fateOf(plugin, {}, facts({ config, card: null, inputs: NOTHING }))).toMatchObject({
    kind: 'inconclusive',
    because: 'It needs a target, without which `data.test` is not read: fill in `target`.',
  });
});

test('what the caller left out does not run, and is not passed over in silence', () => {
  expect(fateOf(sharePlugin(), {}, facts({ only: new Set(['test/other']) }))).toEqual({
    kind: 'not-run',
    because: 'It was left out by `--only`.',
  });
  expect(fateOf(sharePlugin(), {}, facts({ only: new Set(['test/share']) }))).toEqual({ kind: 'run' });
});
