import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { row, rowsOf } from '#base/tensor';
import type { DomainConfig } from '#config/domain-schema';
import type { SamplesConfig } from '#config/schema';
import { hasColumns, tableDomain } from '#target/declare-table';
import type { ImageDomain, TabularDomain } from '#target/domain';
import type { Head } from '#target/head';
import { loadSamples, type SamplesOverride } from '../load-samples.js';
import { writeNpy } from '../write-npy.js';
import type { SampleFacts } from './source.js';

const folder = mkdtempSync(join(tmpdir(), 'assay-tables-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const PLAIN: TabularDomain = { kind: 'tabular', shape: [2], range: [-10, 100], mean: [0], std: [1] };
const CLASSES: Head = { kind: 'classes', count: 2 };
const COLUMNS: NonNullable<DomainConfig['columns']> = [
  { name: 'age', kind: 'integer', range: [0, 100] },
  { name: 'home', kind: 'one-hot', categories: ['own', 'rent'] },
  { name: 'member', kind: 'one-hot', categories: ['True', 'False'] },
  { name: 'grade', kind: 'ordinal', categories: ['low', 'middle', 'high'] },
  { name: 'income', range: [0, 1000] },
];

function declared(units: 'data' | 'range' = 'data'): TabularDomain {
  const config: DomainConfig = { kind: 'tabular', columns: COLUMNS, units };
  if (!hasColumns(config)) throw new Error('no columns');
  return tableDomain(config, [7], 'model.onnx');
}

const PEOPLE = `name,age,home,member,grade,income,status
Ada,36,own,True,high,250.5,good
Alan,41,rent,False,low,0,bad
Grace,85,rent,True,middle,1000,good
`;

function load(
  text: string,
  config: Partial<SamplesConfig>,
  facts: Partial<SampleFacts> = {},
  override: SamplesOverride = {},
) {
  writeFileSync(at('people.csv'), text);
  const whole = { inputs: at('people.csv'), labels: 'status', ...config };
  return loadSamples(whole, { domain: PLAIN, head: CLASSES, labels: ['bad', 'good'], ...facts }, 3, override);
}

const refusal = async (...given: Parameters<typeof load>) =>
  load(...given).then(
    () => 'nothing',
    (thrown: unknown) => (thrown as Error).message.replaceAll(`${folder}/`, ''),
  );

describe('columns of a table as inputs', () => {
  test('in the order in which they are named, with the truth by name', async () => {
    const { samples, card, groups } = await load(PEOPLE, { columns: ['age', 'age'] });
    expect(samples.inputs).toEqual({ shape: [3, 2], data: Float32Array.of(36, 36, 41, 41, 85, 85) });
    expect([...samples.labels.values]).toEqual([1, 0, 1]);
    expect(groups).toEqual([]);
    expect(card).toMatchObject({ available: 3, drawn: 'all 3 samples', columns: [] });
    expect(card.files.map(({ name }) => name)).toEqual(['people.csv']);
  });

  test('truth and falsehood are numbers too', async () => {
    const { samples } = await load(PEOPLE, { columns: ['member', 'age'] });
    expect([...samples.inputs.data]).toEqual([1, 36, 0, 41, 1, 85]);
  });

  test('the columns of the domain, encoded as they are declared', async () => {
    const { samples } = await load(PEOPLE, { columns: 'domain' }, { domain: declared() });
    expect([0, 1, 2].map((i) => [...row(samples.inputs, i)])).toEqual([
      [36, 1, 0, 1, 0, 2, 250.5],
      [41, 0, 1, 0, 1, 0, 0],
      [85, 0, 1, 1, 0, 1, 1000],
    ]);
  });

  test('in shares of their ranges', async () => {
    const { samples } = await load(PEOPLE, { columns: 'domain' }, { domain: declared('range') });
    expect([...row(samples.inputs, 0)]).toEqual([0.36, 1, 0, 1, 0, 1, 0.2505].map(Math.fround));
  });

  test('an array in the order of the domain is the same', async () => {
    const { samples } = await load(PEOPLE, { columns: 'domain' }, { domain: declared('range') });
    const values = Float32Array.of(36, 1, 0, 1, 0, 2, 250.5, 41, 0, 1, 0, 1, 0, 0, 85, 0, 1, 1, 0, 1, 1000);
    writeFileSync(at('x.npy'), writeNpy([3, 7], values));
    writeFileSync(at('y.npy'), writeNpy([3], Uint8Array.of(1, 0, 1)));
    const facts = { domain: declared('range'), head: CLASSES };
    const arrays = await loadSamples({ inputs: at('x.npy'), labels: at('y.npy') }, facts, 3);
    expect(arrays.samples).toEqual(samples);
  });

  test('as JSON Lines', async () => {
    const lines = '{"age": 36, "income": 1.5, "status": 1}\n{"age": 41, "income": 2, "status": 0}\n';
    const { samples } = await load(lines, { columns: ['income', 'age'] });
    expect([...samples.inputs.data]).toEqual([1.5, 36, 2, 41]);
    expect([...samples.labels.values]).toEqual([1, 0]);
  });

  test('with another delimiter', async () => {
    const { samples } = await load(PEOPLE.replaceAll(',', ';'), { columns: ['age', 'age'], delimiter: ';' });
    expect(rowsOf(samples.inputs)).toBe(3);
  });

  test.each<[string, string, Partial<SamplesConfig>, Partial<SampleFacts>, string]>([
    [
      'a column that is not there',
      PEOPLE,
      { columns: ['age', 'Income'] },
      {},
      'people.csv, header: there is no column "Income". Did you mean "income"?',
    ],
    [
      'a truth that is not there',
      PEOPLE,
      { columns: ['age', 'age'], labels: 'state' },
      {},
      'people.csv, header: there is no column "state".',
    ],
    [
      'no truth',
      PEOPLE.replace('0,bad', '0,'),
      { columns: ['age', 'age'] },
      {},
      'people.csv, column "status": sample 1 has no label.',
    ],
    [
      'a truth of another name',
      PEOPLE,
      { columns: ['age', 'age'] },
      { labels: ['bad', 'fine'] },
      'people.csv, column "status": the label "good" of sample 0 is no number and no name in `target.labels`.',
    ],
    [
      'another number of columns',
      PEOPLE,
      { columns: ['age'] },
      {},
      'people.csv: `columns` names 1, and the target takes 2 values a sample.',
    ],
    [
      'words where a number is meant',
      PEOPLE,
      { columns: ['age', 'home'] },
      {},
      'people.csv, column "home", row 1: "own" is no number.',
    ],
    [
      'a missing value',
      PEOPLE.replace('250.5', ''),
      { columns: ['age', 'income'] },
      {},
      'people.csv, column "income", row 1: the value is missing.',
    ],
    [
      'a value out of range',
      PEOPLE,
      { columns: ['age', 'income'] },
      {},
      "people.csv: the value 250.5 of sample 0 is outside the domain's range [-10, 100].",
    ],
    [
      'an undeclared domain',
      PEOPLE,
      { columns: 'domain' },
      {},
      'people.csv: `columns` is "domain", and `target.domain.columns` is missing.',
    ],
    [
      'a category that is not declared',
      PEOPLE.replace('rent', 'Rent'),
      { columns: 'domain' },
      { domain: declared() },
      'people.csv, column "home", row 2: "Rent" is none of the declared categories. Did you mean "rent"?',
    ],
    [
      'a row that is no legal input',
      PEOPLE.replace('85', '85.5'),
      { columns: 'domain' },
      { domain: declared('range') },
      'people.csv: sample 2 is no legal input: age is 85.5, which is no whole number of steps of 1.',
    ],
    [
      'a picture domain',
      PEOPLE,
      { columns: ['age'] },
      {
        domain: {
          kind: 'image',
          layout: 'NCHW',
          shape: [1, 1, 2],
          range: [0, 1],
          mean: [0],
          std: [1],
        } satisfies ImageDomain,
      },
      'people.csv: `columns` of a table are given, and the domain of the target is `image`.',
    ],
    [
      'a head of several labels',
      PEOPLE,
      { columns: ['age', 'age'] },
      { head: { kind: 'multi-label', count: 2 } },
      'one label a sample is given, and the head `multi-label` takes 2.',
    ],
  ])('refuses %s', async (_, text, config, facts, sentence) => {
    expect(await refusal(text, config, facts)).toMatch(sentence);
  });
});

describe('groups', () => {
  const columns = ['age', 'age'];

  test('from the table and from a file beside it, for the samples that are drawn', async () => {
    const many = `${PEOPLE}${Array.from({ length: 47 }, (_, i) => `p${i},${i},own,True,low,1,${i % 2 ? 'bad' : 'good'}`).join('\n')}\n`;
    writeFileSync(at('groups.csv'), `ward\n${Array.from({ length: 50 }, (_, i) => `w${i % 7}`).join('\n')}\n`);
    const given = { columns, groups: ['home'], sample: 10 };
    const { samples, groups, card } = await load(many, given, {}, { groups: at('groups.csv') });
    expect(samples.indices).toHaveLength(10);
    expect(groups.map(({ name }) => name)).toEqual(['home', 'ward']);
    expect(groups[1]!.values).toEqual(samples.indices.map((index) => `w${index % 7}`));
    expect(card.files.map(({ name }) => name)).toEqual(['people.csv', 'groups.csv']);
    expect(card.columns).toEqual([
      { name: 'home', role: 'group' },
      { name: 'ward', role: 'group' },
    ]);
    // They say nothing of what the target is given.
    expect(card.digest).toBe((await load(many, { columns, sample: 10 })).card.digest);
  });

  test('from a file that the samples themselves name, beside another', async () => {
    writeFileSync(at('ward.csv'), 'ward\na\n\nb\n');
    writeFileSync(at('shift.csv'), 'shift\nday\nnight\nday\n');
    const { groups, card } = await load(PEOPLE, { columns, groups: at('ward.csv') }, {}, { groups: at('shift.csv') });
    expect(groups).toEqual([
      { name: 'shift', values: ['day', 'night', 'day'] },
      { name: 'ward', values: ['a', null, 'b'] },
    ]);
    expect(card.files.map(({ name }) => name)).toEqual(['people.csv', 'shift.csv', 'ward.csv']);
  });

  test('of another number of samples, or twice of one name, are refused', async () => {
    writeFileSync(at('groups.csv'), 'home\na\nb\n');
    const said = (config: Partial<SamplesConfig>) => refusal(PEOPLE, config, {}, { groups: at('groups.csv') });
    expect(await said({ columns })).toBe(
      'groups.csv: there are groups for 2 samples, and the data has 3. Give a row for each sample, in the same order.',
    );
    writeFileSync(at('groups.csv'), 'home\na\nb\nc\n');
    expect(await said({ columns, groups: ['home'] })).toMatch('two columns of groups are named "home"');
  });
});
