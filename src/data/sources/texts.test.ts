import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '#base/errors';
import { packageRoot } from '#base/package-root';
import { row } from '#base/tensor';
import type { SamplesConfig } from '#config/schema';
import type { TextDomain } from '#target/domain';
import { temporaryFolder } from '../../../test/temporary-folder.js';
import { loadSamples, storeSamples } from '../load-samples.js';
import { sourceOf, releaseSamples } from '../streams/stored-samples.js';
import { loadTokenizer } from '../text/tokenizer.js';
import { writeNpy } from '../write-npy.js';
import type { SampleFacts } from './source.js';
import { textInput } from './texts.js';

const tokenizer = loadTokenizer(readFileSync(join(packageRoot(), 'fixtures/models/text/sentiment-tokenizer.json')));
const LENGTH = 8;
const domain: TextDomain = { kind: 'text', shape: [LENGTH] };
const FACTS: SampleFacts = { domain, head: { kind: 'classes', count: 2 }, labels: ['bad', 'good'], tokenizer };
const TEXTS = ['A great film.', '', 'never, ever again: it broke after two days of use', 'good "value", fine'];
const LABELS = ['good', 'bad', '0', '1'];

const folder = temporaryFolder({
  'texts.txt': `${TEXTS.join('\r\n')}\r\n`,
  'labels.txt': `${LABELS.join('\n')}\n`,
  'short.txt': 'good\nbad\n',
  'latin.txt': Uint8Array.of(0x63, 0xe9, 0x0a),
  'empty.txt': '\n'.slice(1),
  'texts.jsonl': TEXTS.map((text, i) => `${JSON.stringify({ text, label: LABELS[i], who: `w${i}` })}\n`).join(''),
});
const at = (name: string): string => join(folder, name);
const LINES: SamplesConfig = { inputs: at('texts.txt'), labels: at('labels.txt') };

const refusal = (config: SamplesConfig, facts: Partial<SampleFacts> = {}): Promise<string> =>
  loadSamples(config, { ...FACTS, ...facts }, 0).then(() => 'it was taken', messageOf);

test('lines are texts, also empty ones, and labels are names or numbers', async () => {
  const { samples, card } = await loadSamples(LINES, FACTS, 0);
  expect(TEXTS.map((_, i) => [...row(samples.inputs, i)])).toEqual(
    TEXTS.map((text) => [...tokenizer.encode(text, LENGTH).ids]),
  );
  expect([...samples.labels.values]).toEqual([1, 0, 0, 1]);
  expect(card.drawn).toBe('all 4 samples; 1 text was longer than 8 tokens and lost the end');
  expect(card.files.map(({ name }) => name)).toEqual(['texts.txt', 'labels.txt']);
});

test('the same texts in a table, or with labels in an array, are the same samples', async () => {
  const { samples, card } = await loadSamples(LINES, FACTS, 0);
  const csv = TEXTS.map((text, i) => `"${text.replaceAll('"', '""')}",${LABELS[i] ?? ''}`);
  writeFileSync(at('texts.csv'), `text,label\n${csv.filter((_, i) => i !== 1).join('\n')}\n`);
  writeFileSync(at('labels.npy'), writeNpy([4], Uint8Array.of(1, 0, 0, 1)));
  const arrays = await loadSamples({ ...LINES, labels: at('labels.npy') }, FACTS, 0);
  expect(arrays.card.digest).toBe(card.digest);
  const table = await loadSamples({ inputs: at('texts.csv'), columns: ['text'], labels: 'label' }, FACTS, 0);
  expect([...row(table.samples.inputs, 2)]).toEqual([...row(samples.inputs, 3)]);
});

test('a draw takes the same texts from a file as from memory, and counts what they lost', async () => {
  const many = Array.from({ length: 1000 }, (_, i) => (i % 3 === 0 ? `film ${i}` : `${'film '.repeat(9)}${i}`));
  writeFileSync(at('many.txt'), many.join('\n'));
  writeFileSync(at('numbers.txt'), many.map((_, i) => i % 2).join('\n'));
  const config = { inputs: at('many.txt'), labels: at('numbers.txt'), sample: 300 };
  const held = await loadSamples(config, FACTS, 5);
  const { stored, card } = await storeSamples(config, FACTS, 5, { heldBytes: 100 });
  expect(stored.inputs.kind).toBe('file');
  const { inputs } = await sourceOf(stored).range(0, 300);
  releaseSamples(stored);
  expect(inputs).toEqual(held.samples.inputs);
  expect(card).toEqual(held.card);
  const { indices } = held.samples;
  const cut = indices.filter((index) => index % 3 !== 0).length;
  expect(card.drawn).toContain(`; ${cut} texts were longer than 8 tokens and lost the end`);
  expect([...row(inputs, 7)]).toEqual([...tokenizer.encode(many[indices[7] ?? -1] ?? '', LENGTH).ids]);
});

test('a text from elsewhere is encoded as those of the data', () => {
  expect([...textInput('A great film.', FACTS)]).toEqual([...tokenizer.encode('A great film.', LENGTH).ids]);
  const image = { kind: 'tabular', shape: [2], range: [0, 1], mean: [0], std: [1] } as const;
  expect(() => textInput('x', { domain: image, head: FACTS.head })).toThrow('the domain of the target is `tabular`');
});

test.each<[string, SamplesConfig, string]>([
  [
    'no labels',
    { inputs: LINES.inputs },
    '`labels` is missing. Name a .txt file with the label of each text, one a line.',
  ],
  ['fewer labels', { ...LINES, labels: at('short.txt') }, 'short.txt: there are 2 labels for 4 texts.'],
  ['another encoding', { ...LINES, inputs: at('latin.txt') }, 'latin.txt: the file is not UTF-8.'],
  [
    'arrays',
    { ...LINES, inputs: at('x.npy') },
    'the target takes texts, and this is no .txt file with one text a line.',
  ],
  ['a scale', { ...LINES, scale: 2 }, '`scale` is given, and the target takes texts.'],
  ['groups of lines', { ...LINES, groups: ['a'] }, '`groups` is given, and only a table has that.'],
  [
    'two columns',
    { inputs: at('texts.jsonl'), columns: ['text', 'who'], labels: 'label' },
    '`columns` names the one column',
  ],
  [
    'the columns of a domain',
    { inputs: at('texts.jsonl'), columns: 'domain', labels: 'label' },
    '`columns` names the one',
  ],
  [
    'a column that is not there',
    { inputs: at('texts.jsonl'), columns: ['texts'], labels: 'label' },
    'Did you mean "text"?',
  ],
  [
    'a missing text',
    { inputs: at('texts.jsonl'), columns: ['text'], labels: 'label' },
    'column "text", row 2: the text is missing.',
  ],
])('refuses %s', async (_, config, sentence) => {
  expect(await refusal(config)).toContain(sentence);
});
