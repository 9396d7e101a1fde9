import type { Change, Finding } from '#report/report';
import { mcnemar } from '#stats/tests';
import { comparedFindings, pairedRate } from './record.js';

/** Sums of a few terms in double precision. */
const rounded = (p: number): unknown => expect.closeTo(p, 12);

describe('a rate of two models on the same samples', () => {
  test('counts what was lost and won, and tests the difference', () => {
    const before = [1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    const after = [1, 1, 0, 1, 1, 1, 1, 1, 1, 0];
    expect(pairedRate('Robust accuracy', before, after)).toEqual({
      label: 'Robust accuracy',
      before: 0.3,
      after: 0.8,
      n: 10,
      paired: { lost: 1, won: 6, test: 'McNemar, exact, two-sided', p: mcnemar(1, 6), direction: 'same' },
    });
  });

  test('is better or worse only by more than chance', () => {
    const ones = Array.from({ length: 6 }, () => 1);
    const zeros = ones.map(() => 0);
    // Six of six: two-sided 2 / 2^6.
    expect(pairedRate('r', zeros, ones).paired).toMatchObject({ p: rounded(0.03125), direction: 'better' });
    expect(pairedRate('r', ones, zeros).paired).toMatchObject({ p: rounded(0.03125), direction: 'worse' });
    expect(pairedRate('r', zeros.slice(1), ones.slice(1)).paired).toMatchObject({
      p: rounded(0.0625),
      direction: 'same',
    });
  });

  test('of no sample is no rate above 0', () => {
    expect(pairedRate('r', [], [])).toMatchObject({ before: 0, after: 0, n: 0 });
  });
});

const measure = (id: string, value: number | null): Finding['measures'][number] => ({
  ...{ id, label: `the rate ${id}`, value, format: 'rate', n: 50, interval: null, threshold: null },
});

const change: Change = {
  ...{ label: 'the rate robust', before: 0.2, now: 0.6, n: 50, lost: 1, won: 21, p: 0.001 },
  ...{ test: 'McNemar', direction: 'better' },
};

function finding(audit: string, status: Finding['status'], rest: Partial<Finding> = {}): Finding {
  return {
    ...{ cell: 'c', audit, area: 'evasion', status, severity: 'high', title: '', claim: '', reasons: [] },
    ...{ measures: [], signs: [], details: [], advice: '', description: '', sources: [], frameworks: {} },
    ...{ options: { epsilon: 0.1 }, command: '', waiver: null, place: null, changes: [], texts: {} },
    ...rest,
  };
}

describe('audits of both models', () => {
  test('stand side by side, each rate once: paired where it was', () => {
    const before = [finding('evasion/pgd', 'fail', { measures: [measure('robust', 0.2), measure('clean', 0.9)] })];
    const after = [
      finding('evasion/pgd', 'pass', {
        measures: [measure('robust', 0.6), measure('clean', 0.8), measure('new', 1)],
        changes: [change],
      }),
      finding('regression/evasion/pgd', 'pass'),
    ];
    const { test, p, lost, won, direction } = change;
    expect(comparedFindings(before, after)).toEqual([
      {
        audit: 'evasion/pgd',
        options: { epsilon: 0.1 },
        before: 'fail',
        after: 'pass',
        rates: [
          { label: 'the rate robust', before: 0.2, after: 0.6, n: 50, paired: { test, p, lost, won, direction } },
          { label: 'the rate clean', before: 0.9, after: 0.8, n: 50, paired: null },
        ],
      },
    ]);
  });

  test('of other options are others', () => {
    const before = [finding('evasion/pgd', 'fail')];
    expect(comparedFindings(before, [finding('evasion/pgd', 'pass', { options: { epsilon: 0.2 } })])).toEqual([]);
  });
});
