import fc from 'fast-check';
import type { ClassSummary, Hierarchy } from '../contract.js';
import { checkModel, modelOf, type PrivacyModelConfig } from './config.js';
import { joined, tableOf } from './testing/classes.js';

const PLACE = { code: 'config', file: 'assay.config.json', path: ['anonymize', 'models', 0] } as const;
const parsed = (written: unknown): PrivacyModelConfig => checkModel(written, PLACE);

const VALUES = ['1', '2', '3', '4', '5'];
const LEVEL = (groups: readonly number[]) => ({
  groupOf: Int32Array.from([0, ...groups]),
  labels: Array.from({ length: Math.max(...groups) + 1 }, (_, group) => (group === 0 ? null : `g${group}`)),
  leavesUnder: new Int32Array(Math.max(...groups) + 1),
});
const HIERARCHY: Hierarchy = {
  column: 's',
  leaves: 5,
  levels: [LEVEL([1, 2, 3, 4, 5]), LEVEL([1, 1, 2, 2, 2]), LEVEL([1, 1, 1, 1, 1])],
};

const column = 's';
const MODELS: readonly (readonly [written: object, name: string, monotone: boolean])[] = [
  [{ model: 'k-anonymity', k: 4 }, '4-anonymity', true],
  [{ model: 'k-map', k: 6 }, '6-map', true],
  [{ model: 'delta-presence', minimum: 0.2, maximum: 0.6 }, '(0.2, 0.6)-presence', true],
  [{ model: 'l-diversity', column, l: 3 }, 'distinct 3-diversity of s', true],
  [{ model: 'l-diversity', column, kind: 'entropy', l: 2 }, 'entropy 2-diversity of s', true],
  [
    { model: 'l-diversity', column, kind: 'entropy', l: 3, estimator: 'grassberger' },
    "entropy 3-diversity of s, by Grassberger's estimator",
    false,
  ],
  [{ model: 'l-diversity', column, kind: 'recursive', l: 2, c: 1.5 }, 'recursive (1.5, 2)-diversity of s', true],
  [{ model: 'l-diversity', column, kind: 'recursive', l: 3, c: 2 }, 'recursive (2, 3)-diversity of s', true],
  [{ model: 't-closeness', column, t: 0.3 }, '0.3-closeness of s by equal distance', true],
  [{ model: 't-closeness', column, t: 0.2, distance: 'ordered' }, '0.2-closeness of s by ordered distance', true],
  [
    { model: 't-closeness', column, t: 0.2, distance: 'hierarchical' },
    '0.2-closeness of s by hierarchical distance',
    true,
  ],
  [{ model: 'alpha-k', column, alpha: 0.5, k: 3 }, '(0.5, 3)-anonymity of s', true],
  [{ model: 'beta-likeness', column, beta: 1, kind: 'basic' }, 'basic 1-likeness of s', true],
  [{ model: 'beta-likeness', column, beta: 1 }, 'enhanced 1-likeness of s', true],
  [{ model: 'delta-disclosure', column, delta: 1 }, '1-disclosure privacy of s', false],
  [{ model: 'differential-privacy', epsilon: 2, delta: 0.2 }, '(2, 0.2)-differential privacy of records', true],
];

/** Classes as they could be of any table: few records, so that both answers are frequent. */
const classes: fc.Arbitrary<ClassSummary> = fc
  .record({
    counts: fc.array(fc.nat(4), { minLength: 6, maxLength: 6 }),
    others: fc.nat(12),
  })
  .map(({ counts, others }) => {
    const size = counts.reduce((a, b) => a + b, 0);
    return { size, population: size + others, counts: [Int32Array.from(counts)] };
  })
  .filter(({ size }) => size > 0);

const TABLE = tableOf(['1', '1', '1', '2', '2', '3', '3', '4', '5', null], 'integer', [null, ...VALUES]);

describe.each(MODELS)('%j', (written, name, monotone) => {
  const model = modelOf(parsed(written), new Map([[HIERARCHY.column, () => HIERARCHY]]));
  const bound = model.bind(TABLE);

  test('has its name and says whether it is monotone', () => {
    expect(model).toMatchObject({ name, monotone });
    expect(bound.sensitive).toEqual('column' in written ? [0] : []);
  });

  test('two classes that hold do so when joined', () => {
    // That some models are not monotone is shown by an example each, beside the tests of what they are.
    if (!monotone) return;
    let pairs = 0;
    fc.assert(
      fc.property(classes, classes, (a, b) => {
        if (!bound.holds(a) || !bound.holds(b)) return;
        pairs += 1;
        expect(bound.holds(joined(a, b))).toBe(true);
      }),
      { seed: 7, numRuns: 1500 },
    );
    expect(pairs).toBeGreaterThan(15);
  });

  test('does not look at the class before: the same answer in any order', () => {
    fc.assert(
      fc.property(classes, classes, (a, b) => {
        const alone = [bound.holds(a), bound.measure(a)];
        bound.measure(b);
        bound.holds(b);
        expect([bound.holds(a), bound.measure(a)]).toEqual(alone);
      }),
      { seed: 7, numRuns: 50 },
    );
  });
});

describe('configs', () => {
  test('have defaults', () => {
    expect(parsed({ model: 'l-diversity', column: 'diagnosis' })).toEqual({
      ...{ model: 'l-diversity', column: 'diagnosis', kind: 'distinct', l: 2, c: 3 },
      ...{ estimator: 'shannon', missingSensitive: 'left-out' },
    });
  });

  test.each([
    [{ model: 'k-anonymty', k: 5 }, 'the closest is "k-anonymity"'],
    [{ k: 5 }, '`anonymize.models[0].model` is missing'],
    [{ model: 'l-diversity' }, '`anonymize.models[0].column` is missing'],
    [{ model: 'l-diversity', column, L: 3 }, '`anonymize.models[0].L`'],
    [{ model: 't-closeness', column, t: 1.5 }, '`anonymize.models[0].t` is 1.5'],
    [{ model: 'k-anonymity', k: 1 }, '`anonymize.models[0].k` is 1'],
  ])('%j is refused in the words of its model', (written, sentence) => {
    expect(() => parsed(written)).toThrow(sentence);
  });

  test('contradictions are refused', () => {
    expect(() => modelOf(parsed({ model: 'delta-presence', minimum: 0.9 }))).toThrow('no share lies between them');
    expect(() => modelOf(parsed({ model: 't-closeness', column, distance: 'hierarchical' }))).toThrow(
      't-closeness of `s` by a hierarchy is asked for, and that column has none',
    );
    expect(() => modelOf(parsed({ model: 'alpha-k', column: 'salary' })).bind(TABLE)).toThrow(
      'the table has no column `salary`',
    );
  });
});
