import type { Verdict } from '#plugin/plugin';
import type { Detail } from '#report/details';
import type { Measure } from '#report/report';
import { NO_PICTURES } from './pictures.js';
import { sharePlugin, shareVerdict } from './testing/share.js';
import { askPlugin } from './verdicts.js';

const DATA = { hits: 150, n: 200 };
const POLICY = { thresholds: { share: { atLeast: 0.5 } }, setBy: 'policy file', minimumSamples: 100 };
const PASS = shareVerdict(DATA, 0.5, 'policy file');

const asked = (judge: () => unknown, policy = POLICY) =>
  askPlugin(sharePlugin({ judge: judge as () => Verdict }), DATA, policy, NO_PICTURES);
const withMeasure = (parts: Partial<Measure>): Verdict => ({
  ...PASS,
  measures: PASS.measures.map((measure) => ({ ...measure, ...parts })),
});
const [MEASURE] = PASS.measures;
const threshold = (parts: object) => ({ ...MEASURE?.threshold, ...parts }) as Measure['threshold'];

test('a pass that is one stays one, with its details', () => {
  const { verdict, details } = askPlugin(sharePlugin(), DATA, POLICY, NO_PICTURES);
  expect(verdict).toEqual(PASS);
  expect(details).toHaveLength(1);
});

describe('a judge that answers nonsense gives an error', () => {
  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new TypeError('x is undefined');
      },
    ],
    ['gives nothing', () => undefined],
    ['gives null', () => null],
    ['gives a promise', () => Promise.resolve(PASS)],
    ['gives a bare word', () => 'pass'],
    ['gives true', () => true],
    ['knows another status', () => ({ ...PASS, status: 'passed' })],
    ['says not-run', () => ({ ...PASS, status: 'not-run' })],
    ['makes no claim', () => ({ ...PASS, claim: '' })],
    ['gives no measures', () => ({ ...PASS, measures: undefined })],
    ['measures NaN', () => withMeasure({ value: NaN })],
    ['measures infinity', () => withMeasure({ value: Infinity })],
    ['compares NaN', () => withMeasure({ threshold: threshold({ compared: NaN }) })],
    ['has a bar of NaN', () => withMeasure({ threshold: threshold({ value: NaN }) })],
    ['counts NaN samples', () => withMeasure({ n: NaN })],
    ['has an interval of NaN', () => withMeasure({ interval: { low: NaN, high: 1, method: 'Wilson' } })],
    ['has a sign that is no sign', () => ({ ...PASS, signs: ['fine'] })],
  ])('that %s', (_name, judge) => {
    const { verdict, details } = asked(judge);
    expect(verdict.status).toBe('error');
    expect(verdict.claim).toContain('test/share');
    expect(details).toEqual([]);
  });
});

describe('a pass is not believed', () => {
  test.each<[string, () => unknown, string]>([
    ['without any number', () => ({ ...PASS, measures: [] }), 'No number was held against a bar.'],
    ['without a bar', () => withMeasure({ threshold: null }), 'No number was held against a bar.'],
    ['with a number that is missing', () => withMeasure({ value: null }), 'There is no number for Share.'],
    ['that misses its bar', () => withMeasure({ threshold: threshold({ holds: false }) }), 'Share misses its bar.'],
    [
      'whose numbers miss its bar',
      () => withMeasure({ threshold: threshold({ compared: 0.4 }) }),
      'Share misses its bar.',
    ],
    ['from too few samples', () => withMeasure({ n: 99 }), 'Share comes from 99 samples; the policy asks for 100.'],
    ['from no sample', () => withMeasure({ n: 0 }), 'Share comes from 0 samples; the policy asks for 100.'],
    [
      'while a control fails',
      () => ({ ...PASS, signs: [{ id: 'noise', holds: false, sentence: 'Noise did better.' }] }),
      'Noise did better.',
    ],
  ])('%s', (_name, judge, reason) => {
    const { verdict } = asked(judge);
    expect(verdict.status).toBe('inconclusive');
    expect(verdict.reasons).toContain(reason);
  });
});

test.each(['fail', 'inconclusive', 'not-applicable', 'error'] as const)('%s is believed as it is', (status) => {
  const verdict = { ...PASS, status, measures: [], signs: [{ id: 'a', holds: false, sentence: 'b' }] };
  expect(asked(() => verdict).verdict).toEqual(verdict);
});

test.each<[string, () => unknown]>([
  [
    'throw',
    () => {
      throw new Error('no picture');
    },
  ],
  ['are no list', () => ({ kind: 'table' })],
  ['are of no known kind', () => [{ kind: 'html', html: '<script>' }]],
  ['hold NaN', () => [{ kind: 'table', title: 'a', columns: [], rows: [[NaN]] }]],
])('details that %s keep from passing, and take no fail back', (_name, details) => {
  const plugin = sharePlugin({ details: details as () => Detail[] });
  const judged = askPlugin(plugin, DATA, POLICY, NO_PICTURES);
  expect(judged.verdict.status).toBe('error');
  expect(judged.verdict.reasons.at(-1)).toMatch(/^The evidence could not be shown: /);
  expect(judged.details).toEqual([]);
  const failing = { ...POLICY, thresholds: { share: { atLeast: 0.9 } } };
  expect(askPlugin(plugin, DATA, failing, NO_PICTURES).verdict.status).toBe('fail');
});
