import { waiverOf } from './waivers.js';

const WAIVER = { audit: 'evasion/pgd', reason: 'known', owner: 'Kim', expires: '2027-01-31' };

test('holds on its last day and not on the next', () => {
  expect(waiverOf('evasion/pgd', [WAIVER], '2027-01-31')).toEqual({ kind: 'in-force', waiver: WAIVER });
  expect(waiverOf('evasion/pgd', [WAIVER], '2027-02-01')).toEqual({
    kind: 'void',
    because: 'The waiver of Kim expired on 2027-01-31 and does not count any more.',
  });
});

test('covers the audit that it names, and no other', () => {
  for (const audit of ['evasion', 'evasion/', 'evasion/pgd2', 'Evasion/PGD', '*', '']) {
    expect(waiverOf(audit, [WAIVER], '2027-01-01')).toEqual({ kind: 'none' });
  }
});

test('of several, one in force is enough', () => {
  const expired = { ...WAIVER, expires: '2020-01-01' };
  expect(waiverOf('evasion/pgd', [expired, WAIVER], '2027-01-01').kind).toBe('in-force');
});

test.each([
  ['no reason', { reason: ' \n' }],
  ['no owner', { owner: '' }],
  ['no date', { expires: 'never' }],
  ['a date that is none', { expires: '2027-02-30' }],
  ['a date that sorts last', { expires: '9999' }],
  ['a date in another order', { expires: '31-12-2099' }],
])('one with %s does not count', (_name, change) => {
  expect(waiverOf('evasion/pgd', [{ ...WAIVER, ...change }], '2027-01-01').kind).toBe('void');
});

test('without a day nothing is waived', () => {
  expect(waiverOf('evasion/pgd', [WAIVER], '').kind).toBe('void');
});
