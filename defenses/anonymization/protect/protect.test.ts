import { AssayError } from '#base/errors';
import { heldSource } from '#data/stored-table';
import type { PredictLabels } from '#plugin/anonymizing';
import { safePubParameters } from '../models/differential-privacy.js';
import { protect, secretOf, tableOf, writtenOf, type ColumnOfTest } from './testing/request.js';

const times = <T>(count: number, value: (i: number) => T) => Array.from({ length: count }, (_, i) => value(i));

/** 60 people: ages 20 to 49 twice, two towns, an income that follows the age, and who is sick. */
const PEOPLE: readonly ColumnOfTest[] = [
  { name: 'name', values: times(60, (i) => `p${i}`), role: 'identifier' },
  { name: 'age', values: times(60, (i) => String(20 + (i % 30))), type: 'integer' },
  { name: 'town', values: times(60, (i) => (i % 2 === 0 ? 'north' : 'south')) },
  { name: 'income', values: times(60, (i) => String(1000 + 10 * (i % 30))), type: 'integer', role: 'insensitive' },
  { name: 'sick', values: times(60, (i) => (i % 30 >= 15 ? 'yes' : 'no')), role: 'sensitive' },
];
const people = tableOf(PEOPLE);
const k = (least: number) => [{ model: 'k-anonymity', k: least }];
const hierarchies = { age: { ranges: [5, 10] } };
const valuesOf = (
  { columns }: { readonly columns: readonly ColumnOfTest[] } | ReturnType<typeof tableOf>,
  name: string,
) => columns.find((column) => column.name === name)!.values;

/** Sick from 35 on, by the age that it sees, whatever else there is. */
const predict: PredictLabels = (columns) =>
  Promise.resolve(columns.find(({ name }) => name === 'age')!.values.map((age) => (Number(age) >= 35 ? 'yes' : 'no')));

describe('algorithms', () => {
  test('fixed: each column at the level of the config, and what fails suppressed', async () => {
    const options = { models: k(10), algorithm: 'fixed', levels: { age: 2 }, hierarchies, suppression: 0 };
    const made = await protect(people, options);
    expect(made.refused).toBeNull();
    expect(valuesOf(await writtenOf(made), 'age')).toEqual(
      times(60, (i) => `[${20 + 10 * Math.floor((i % 30) / 10)}, ${30 + 10 * Math.floor((i % 30) / 10)})`),
    );
    expect(made.method).toMatchObject({ optimal: false, facts: { levels: 'age 2, town 0' } });
    // Ten ages, two towns, each twice: classes of ten.
    expect(made.risk.after).toMatchObject({ smallestClass: 10, classes: 6 });
    const finer = await protect(people, { ...options, levels: { age: 1 } });
    expect(finer.released).toBeNull();
    expect(finer.refused).toContain('60 records of 60');
  });

  test('microaggregation: the means of groups, and their mean is that of the column', async () => {
    const numbers = tableOf(PEOPLE.filter(({ name }) => name !== 'town'));
    const made = await protect(numbers, { models: k(4), algorithm: 'microaggregation' });
    const ages = valuesOf(await writtenOf(made), 'age').map(Number);
    expect(ages.reduce((sum, age) => sum + age, 0) / 60).toBeCloseTo(34.5, 10);
    expect(await made.released?.check(heldSource(await writtenOf(made)))).toEqual([
      expect.objectContaining({ model: '4-anonymity', holds: true }),
    ]);
  });

  test('guided: exact where the model looks, and it is as accurate as before', async () => {
    const made = await protect(
      people,
      { models: k(5), algorithm: 'guided', accuracy: { label: 'sick', folds: 5 } },
      { predict },
    );
    expect(new Set(valuesOf(await writtenOf(made), 'age'))).toEqual(new Set(['[20, 34]', '[35, 49]']));
    expect(made.utility.find(({ id }) => id === 'model-accuracy')).toMatchObject({ before: 1, after: 1 });
  });

  test('local suppression: cells go, records stay, and a missing value agrees with every value', async () => {
    const made = await protect(people, { models: k(3), algorithm: 'local-suppression', suppression: 0 });
    const written = await writtenOf(made);
    const emptied = [...valuesOf(written, 'age'), ...valuesOf(written, 'town')].filter((cell) => cell === null).length;
    expect(made.method.facts).toMatchObject({ 'cells emptied': emptied });
    expect(emptied).toBeGreaterThan(0);
    expect(made.risk.after).toMatchObject({ suppressed: 0, marketer: null });
    expect(made.risk.after!.smallestClass).toBeGreaterThanOrEqual(3);
    expect((await made.released?.check(heldSource(written)))?.[0]?.sentence).toContain(
      'a missing value agrees with every value',
    );
  });

  test('a model of sensitive values that groups do not meet is met by suppression, or refused', async () => {
    const options = { models: [...k(5), { model: 'l-diversity', l: 2, column: 'sick' }], algorithm: 'guided' };
    const refused = await protect(people, options, { predict });
    expect(refused.released).toBeNull();
    expect(refused.refused).toContain('60 records of 60 (100.0 %)');
  });
});

describe('perturbation', () => {
  const perturb = [
    { method: 'top-bottom-coding', columns: ['age'], top: { at: { value: 40 }, write: { label: '40+' } } },
    { method: 'rank-swapping', columns: ['income'], window: 10 },
    { method: 'pram', columns: ['sick'], keep: 0.9 },
  ];

  test('comes before the algorithm, and the certificate says what it did', async () => {
    const made = await protect(people, { models: k(2), algorithm: 'mondrian', perturb });
    const written = await writtenOf(made);
    expect(valuesOf(written, 'age')).not.toContain('41');
    expect(valuesOf(written, 'income').toSorted()).toEqual(valuesOf(people, 'income').toSorted());
    expect(valuesOf(written, 'income')).not.toEqual(valuesOf(people, 'income'));
    const income = made.columns.find(({ name }) => name === 'income');
    expect(income).toMatchObject({ treatment: 'perturbed' });
    expect(income?.what).toMatch(/^Perturbed: rank swapping changed \d+\.\d % of 60 values\.$/);
    const [changes, moments, matrix] = made.details;
    expect(changes).toMatchObject({ kind: 'table', rows: { length: 3 } });
    // Ages became texts.
    expect(moments).toMatchObject({
      kind: 'table',
      rows: [['income', 1145, 1145, ...times<unknown>(4, () => expect.any(Number))]],
    });
    expect(matrix).toMatchObject({
      kind: 'table',
      rows: [['no', expect.any(Number), expect.any(Number)], expect.anything()],
    });
  });

  test('steps have random numbers of their own', async () => {
    const noise = { method: 'noise', columns: ['income'], amount: 0.1 };
    const of = async (steps: object[]) =>
      valuesOf(
        await writtenOf(await protect(people, { models: k(2), algorithm: 'mondrian', perturb: steps })),
        'income',
      );
    const [once, twice] = [await of([noise]), await of([noise, noise])];
    const added = once.map((value, i) => Number(value) - Number(valuesOf(people, 'income')[i]));
    const more = twice.map((value, i) => Number(value) - Number(once[i]));
    expect(added).not.toEqual(more);
  });

  test('the accuracy of the frontier is that of a tree on what each of its tables leaves, and decides nothing', async () => {
    const options = { models: k(4), hierarchies };
    const plain = await protect(people, options);
    const measured = await protect(people, { ...options, accuracy: { label: 'sick', folds: 5 } });
    expect(await writtenOf(measured)).toEqual(await writtenOf(plain));
    const rowsOf = ({ details }: typeof plain) =>
      details.flatMap((detail) => (detail.kind === 'table' && detail.title.startsWith('Tables') ? detail.rows : []));
    for (const [i, [name, size, loss, risk, accuracy, place]] of rowsOf(measured).entries()) {
      expect(rowsOf(plain)[i]).toEqual([name, size, loss, risk, place]);
      expect(typeof accuracy).toBe(place === 'another is better' ? 'object' : 'number');
    }
    // All 60 records are in the sample, so of the table that was made the two accuracies differ in their folds alone: who is sick follows from
    // the income, which is kept.
    const [chosen] = rowsOf(measured).filter((cells) => cells.at(-1) === 'chosen');
    expect(chosen?.[4]).toBeGreaterThan(0.9);
  });

  test('what the model cannot read has no accuracy, and says why', async () => {
    const strict: PredictLabels = (columns) => {
      const age = columns.find(({ name }) => name === 'age')!;
      return age.values.includes('40+') ? Promise.reject(unreadable()) : predict(columns, null);
    };
    const options = {
      models: k(2),
      algorithm: 'fixed',
      levels: { town: 1 },
      suppression: 1,
      perturb,
      accuracy: { label: 'sick' },
    };
    const made = await protect(people, options, { predict: strict });
    expect(made.utility.find(({ id }) => id === 'model-accuracy')).toMatchObject({
      before: 1,
      after: null,
      note: 'It cannot be asked of the protected table: "40+" is no number.',
    });
  });
});

describe('what is left of the use', () => {
  test('a tree learns as well from ages by tens, and nothing from `*`', async () => {
    const of = async (levels: object) => {
      const options = {
        models: k(2),
        algorithm: 'fixed',
        levels,
        hierarchies,
        suppression: 1,
        accuracy: { label: 'sick' },
      };
      const hidden = tableOf(PEOPLE.filter(({ name }) => name !== 'income'));
      return (await protect(hidden, options)).utility.find(({ id }) => id === 'classifier-accuracy');
    };
    expect(await of({ age: 1 })).toMatchObject({ before: 1, after: 1, better: 'high' });
    expect((await of({ age: 3, town: 1 }))?.after).toBeLessThanOrEqual(0.5);
  });
});

describe('the population', () => {
  // Its columns have the names of the table's, and no roles of their own.
  test('is counted where it is named', async () => {
    const everybody = tableOf([
      { name: 'age', values: [...valuesOf(people, 'age'), '99'], role: 'insensitive' },
      { name: 'town', values: [...valuesOf(people, 'town'), 'north'], role: 'insensitive' },
    ]);
    const { risk } = await protect(people, { models: k(2), hierarchies }, { population: everybody });
    expect(risk.before.populationUniques).toEqual({
      share: 1 / 61,
      because: 'Counted: 1 of the 61 records of the population.',
    });
  });

  test('is estimated from the share that the table is, and unknown without both', async () => {
    const alone = tableOf([{ name: 'age', values: times(200, (i) => String(i < 120 ? i : i % 40)), type: 'integer' }]);
    const options = { models: k(2), algorithm: 'mondrian' };
    const estimated = await protect(alone, { ...options, samplingFraction: 0.05 });
    expect(estimated.risk.before.populationUniques?.because).toContain('Pitman');
    expect(estimated.risk.after?.populationUniques).toMatchObject({ share: 0 });
    expect((await protect(alone, options)).risk.before.populationUniques).toBeNull();
  });
});

describe('differential privacy', () => {
  const big = tableOf([
    { name: 'name', values: times(4000, (i) => `p${i}`), role: 'identifier' },
    { name: 'age', values: times(4000, (i) => String(i % 40)), type: 'integer' },
    { name: 'sick', values: times(4000, (i) => (i % 7 === 0 ? 'yes' : 'no')) },
  ]);
  const promise = { model: 'differential-privacy', epsilon: 1, delta: 1e-4 };
  const options = {
    ...{ models: [promise], algorithm: 'fixed', levels: { age: 1 }, suppression: 1 },
    hierarchies: { age: { ranges: [10, 20] } },
  };

  test('samples by secret numbers, drops what is below k, and sorts', async () => {
    const made = await protect(big, options);
    const { beta, k: least } = safePubParameters(promise);
    const written = await writtenOf(made);
    // Four standard deviations of a binomial.
    const sampled = made.risk.after!.records;
    expect(Math.abs(sampled - 4000 * beta)).toBeLessThan(4 * Math.sqrt(4000 * beta * (1 - beta)));
    expect(written.rows).toBe(sampled - made.risk.after!.suppressed);
    expect(made.risk.after!.smallestClass).toBeGreaterThanOrEqual(least);
    const records = times(written.rows, (row) => written.columns.map(({ values }) => values[row]).join());
    expect(records).toEqual(records.toSorted());
    expect((await made.released?.check(heldSource(written)))?.every(({ holds }) => holds)).toBe(true);
    const other = await protect(big, options, { secret: secretOf('other') });
    expect(other.risk.after!.records).not.toBe(sampled);
  });

  test.each([
    ['a search', { algorithm: 'full-domain' }, 'full-domain chooses the generalization by the data'],
    ['a hierarchy by frequency', { hierarchies: { age: { frequency: [5] } } }, 'built by the values'],
    ['prefixes', { hierarchies: { age: { prefixes: true } } }, 'built by the values'],
    ['a limit of suppression', { suppression: 0.1 }, 'Set `suppression` to 1'],
    ['a perturbation', { perturb: [{ method: 'pram', columns: ['sick'] }] }, 'Leave it out'],
    ['two promises', { models: [promise, promise] }, 'Name one'],
  ])('is not claimed behind %s', async (_, changed, sentence) => {
    await expect(protect(big, { ...options, ...changed })).rejects.toThrow(sentence);
  });

  test('is not claimed of a table that keeps a column', async () => {
    await expect(protect(people, options)).rejects.toThrow('"income" is kept as it is');
  });
});

test.each([
  ['no k for groups', { models: [{ model: 'l-diversity', column: 'sick' }], algorithm: 'guided' }, 'to say k'],
  ['no model to look at', { models: k(2), algorithm: 'guided' }, 'Set `target`'],
  [
    'overlapping classes of another model',
    { models: [...k(2), { model: 'l-diversity', column: 'sick' }], algorithm: 'local-suppression' },
    'not defined',
  ],
  [
    'a population that Mondrian cannot generalize',
    { models: [{ model: 'k-map', k: 2 }], algorithm: 'mondrian' },
    'no population is named',
  ],
  [
    'an identifier that is perturbed',
    { models: k(2), perturb: [{ method: 'pram', columns: ['name'] }] },
    'left out of the protected table',
  ],
  ['a column that is not there', { models: k(2), perturb: [{ method: 'pram', columns: ['nme'] }] }, 'no column "nme"'],
  [
    'a level that is not there',
    { models: k(2), algorithm: 'fixed', levels: { town: 2 } },
    'The highest level of its hierarchy is 1',
  ],
  [
    'a level of no quasi-identifier',
    { models: k(2), algorithm: 'fixed', levels: { sick: 1 } },
    '"sick" is no quasi-identifier',
  ],
  ['words that have no mean', { models: k(2), algorithm: 'microaggregation' }, 'town'],
  ['a label that is not there', { models: k(2), accuracy: { label: 'ill' } }, 'no such column to predict'],
])('%s: one sentence', async (_, options, sentence) => {
  await expect(protect(people, options)).rejects.toThrow(sentence);
});

function unreadable(): Error {
  return new AssayError('data', { what: '"40+" is no number' });
}
