import { cellNames, distinct } from './test-names.js';

const pgd = (options: object) => ({
  audit: 'evasion/pgd',
  options: { norm: 'Linf', steps: 40, ...options },
  written: options,
});

test('one cell is named by the options that the config gives', () => {
  expect(cellNames([pgd({ epsilons: [0.02, 0.1] })])).toEqual(['evasion/pgd: epsilons 0.02 0.1']);
  expect(cellNames([pgd({})])).toEqual(['evasion/pgd']);
});

test('several are named by what differs, defaults of one of them included', () => {
  const cells = [pgd({ epsilons: 0.1 }), pgd({ epsilons: 0.1, norm: 'L2' }), { ...pgd({}), audit: 'evasion/fgsm' }];
  expect(cellNames(cells)).toEqual(['evasion/pgd: norm Linf', 'evasion/pgd: norm L2', 'evasion/fgsm']);
});

test('names of cells that only differ far behind are told apart', () => {
  const long = (end: string) => pgd({ note: 'x'.repeat(1000) + end });
  const names = distinct(cellNames([long('a'), long('b'), long('c')]));
  expect(new Set(names).size).toBe(3);
  expect(names.every((name) => name.length < 200)).toBe(true);
});

test('a name that is taken is given no second time', () => {
  expect(distinct(['a', 'a (2)', 'a', 'a'])).toEqual(['a', 'a (2)', 'a (3)', 'a (4)']);
});
