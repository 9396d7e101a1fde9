import { linearProblem, withoutGradients } from '#testing/linear-problem';
import { examinationOf, idleForms, pgdForms } from '../../../../test/examination.js';
import type { AttackForm } from '../examination.js';
import { base, curve, isIncomplete, widest } from './base.js';

const problem = linearProblem([4, 6], 'two classes', 'inner');
const { target, samples } = problem;
const distances = samples.indices.map((i) => problem.distance(i, 'Linf'));
const middle = distances.toSorted((a, b) => a - b)[12]! * 1.001;

const reachedAt = (epsilon: number) => distances.map((distance) => (distance < epsilon ? '1' : '0')).join('');
const all = '1'.repeat(24);
const none = '0'.repeat(24);

const trace = (path: readonly number[]) => ({
  ...{ start: path[0] ?? NaN, end: path.at(-1) ?? NaN, best: Math.max(...path) },
  path,
});
const rising = (length: number) => Array.from({ length }, (_, i) => i);

describe('a loss has come to its end', () => {
  test.each<[string, readonly number[], boolean]>([
    ['it rose evenly, by a tenth in the last ten steps', rising(101), true],
    ['it rose evenly, by a twenty-fifth', rising(251), false],
    ['it just rose by more than a twentieth', rising(200), true],
    ['it rose by a twentieth', rising(201), false],
    ['it did not move', Array.from({ length: 50 }, () => 3), false],
    ['it rose first, and stayed', [...rising(20), ...Array.from({ length: 20 }, () => 19)], false],
    ['it rose first, and went up and down below', [...rising(20), ...rising(19)], false],
    ['it fell all the way', rising(40).map((value) => -value), false],
    ['it was flat, and rose in the last step', [...Array.from({ length: 40 }, () => 0), 1], true],
    ['a run of ten iterates says nothing', rising(10), false],
  ])('%s', (_name, path, incomplete) => {
    expect(isIncomplete(trace(path))).toBe(incomplete);
    expect(isIncomplete(trace(path.map((value) => 1e-3 * value - 7)))).toBe(incomplete);
  });

  test('where none was followed there is nothing to say', () => {
    expect(isIncomplete(null)).toBe(false);
  });
});

describe('the attack as it is', () => {
  test('breaks what can fall, and nothing is silent or without a gradient', async () => {
    const measured = await base(examinationOf(target, samples, pgdForms('Linf'), { epsilon: middle }));
    expect(measured).toMatchObject({ broken: reachedAt(middle), silent: none, zeroGradient: none });
  });

  test('samples that are wrong when clean have no part in it', async () => {
    const right = samples.indices.filter((i) => i % 3 !== 0);
    const measured = await base(examinationOf(target, samples, pgdForms('Linf'), { epsilon: middle, right }));
    expect(measured.broken).toBe(Array.from(reachedAt(middle), (bit, i) => (i % 3 === 0 ? '0' : bit)).join(''));
    const nobody = await base(examinationOf(target, samples, pgdForms('Linf'), { right: [] }));
    expect(nobody).toEqual({ broken: none, silent: none, zeroGradient: none, incomplete: none });
  });

  test('what never had a gradient is counted', async () => {
    const measured = await base(examinationOf(withoutGradients(target), samples, pgdForms('Linf'), { epsilon: 1e-3 }));
    expect(measured).toMatchObject({ broken: none, zeroGradient: all });
  });

  test('an attack that does not know its success is silent, and one that only claims it breaks nothing', async () => {
    const says =
      (form: AttackForm, fate: 'survived' | 'broken'): AttackForm =>
      async (...given) => {
        const { norm, epsilons } = await form(...given);
        const said = epsilons.map((each) => ({ ...each, outcomes: each.outcomes.map((one) => ({ ...one, fate })) }));
        return { norm, epsilons: said };
      };
    const shy = { ...pgdForms('Linf'), asItIs: says(pgdForms('Linf').asItIs, 'survived') };
    expect(await base(examinationOf(target, samples, shy, { epsilon: middle }))).toMatchObject({
      broken: reachedAt(middle),
      silent: reachedAt(middle),
    });
    const bold = { ...idleForms('Linf'), asItIs: says(idleForms('Linf').asItIs, 'broken') };
    expect(await base(examinationOf(target, samples, bold, { epsilon: middle }))).toMatchObject({
      broken: none,
      silent: none,
    });
  });

  test('a loss that still climbs at the end is counted where the sample stands', async () => {
    const short = await base(examinationOf(target, samples, pgdForms('Linf', 15), { epsilon: middle }));
    const long = await base(examinationOf(target, samples, pgdForms('Linf', 300), { epsilon: middle }));
    const standing = Array.from(reachedAt(middle), (bit) => (bit === '1' ? '0' : '1')).join('');
    expect(short.incomplete).toBe(standing);
    expect(long.incomplete).toBe(none);
  });
});

describe('the curve', () => {
  const of = (epsilon: number) => curve(examinationOf(target, samples, pgdForms('Linf'), { epsilon }));

  test('has the radii around the examined one, and the ends, and what falls at each', async () => {
    const points = await of(middle);
    expect(points.map(({ epsilon }) => epsilon)).toEqual([middle / 4, middle / 2, 2 * middle, 6, 12]);
    for (const { epsilon, broken } of points) expect(broken).toBe(reachedAt(epsilon));
    expect(points.at(-1)?.broken).toBe(all);
  });

  test('has no radius twice, nor the examined one', async () => {
    expect((await of(6)).map(({ epsilon }) => epsilon)).toEqual([1.5, 3, 12]);
    expect((await of(12)).map(({ epsilon }) => epsilon)).toEqual([3, 6]);
    expect((await of(8)).map(({ epsilon }) => epsilon)).toEqual([2, 4, 6, 12]);
  });

  test('ends where the domain does', () => {
    const { box } = examinationOf(target, samples, pgdForms('Linf'));
    expect(widest({ box, norm: 'Linf' })).toBe(12);
    expect(widest({ box, norm: 'L2' })).toBeCloseTo(12 * Math.sqrt(24), 5);
    expect(widest({ box, norm: 'L1' })).toBeCloseTo(12 * 24, 5);
    expect(widest({ box, norm: 'L0' })).toBe(24);
    expect(widest({ box: { ...box, immutable: new Set([0, 1, 2]) }, norm: 'L0' })).toBe(21);
  });
});
