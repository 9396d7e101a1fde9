import { withinBudget } from './budget.js';
import { cellOf } from './testing/share.js';
import type { Cell } from './types.js';

const cell = (name: string, predictions: number, fate: Cell['fate'] = { kind: 'run' }): Cell => ({
  ...cellOf(name, { name }, fate),
  cost: { predictions, gradients: 0 },
});
const overhead = { inspection: 10, opening: 2 };
const fates = (cells: readonly Cell[]): string[] => cells.map(({ fate }) => fate.kind);

test('without a budget everything runs, and what is asked at most is said', () => {
  const { cells, queries } = withinBudget([cell('a', 100), cell('b', 50)], () => true, undefined, overhead);
  expect(fates(cells)).toEqual(['run', 'run']);
  expect(queries).toEqual({ atMost: 10 + 102 + 52, budget: null });
});

test('cells take their share in their order; one that is too dear leaves room for the next', () => {
  const wanted = [cell('a', 100), cell('b', 200), cell('c', 30)];
  const { cells, queries } = withinBudget(wanted, () => true, 150, overhead);
  expect(fates(cells)).toEqual(['run', 'inconclusive', 'run']);
  expect(queries).toEqual({ atMost: 10 + 102 + 32, budget: 150 });
  expect(cells[1]?.fate).toEqual({
    kind: 'inconclusive',
    because:
      'It may ask the target for 202 rows, and 38 of the query budget are left for it: raise `target.budget` to 314, or audit fewer samples.',
  });
});

test('the last row of a budget can be spent, and no row more', () => {
  const exact = (budget: number) => fates(withinBudget([cell('a', 100)], () => true, budget, overhead).cells);
  expect([exact(112), exact(111)]).toEqual([['run'], ['inconclusive']]);
});

test('what does not run, or asks nothing, takes nothing', () => {
  const wanted = [cell('a', 100, { kind: 'not-run', because: 'x' }), cell('free', 100), cell('c', 20)];
  const { cells, queries } = withinBudget(wanted, ({ audit }) => audit !== 'free', 40, overhead);
  expect(fates(cells)).toEqual(['not-run', 'run', 'run']);
  expect(queries.atMost).toBe(32);
});
