import { linearProblem } from '#testing/linear-problem';
import { chosen } from '#testing/run';
import type { Samples } from '#target/target';
import { examinationOf, fmnForms, pgdForms } from '../../../test/examination.js';
import { fashion } from '../../../test/fashion.js';
import { countBits } from '../evidence/data.js';
import type { Norm } from '../geometry/norms.js';
import type { TrustData } from './data.js';
import type { AttackForms } from './examination.js';
import { examine, examined, type Step } from './examine.js';
import { joined } from './joined.js';

const problem = linearProblem([4, 6], 'three classes', 'inner');
const distances = problem.samples.indices.map((i) => problem.distance(i, 'Linf')).sort((a, b) => a - b);
const epsilon = distances[12]! * 1.001;

/** Wrong when clean. */
const wrong = [3, 14, 15, 20];

const plainly: Step = (_name, compute) => compute();

function examinationOn(samples: Samples, forms: AttackForms, norm: Norm): Promise<TrustData> {
  const right = samples.indices.flatMap((index, i) => (wrong.includes(index) ? [] : [i]));
  const radius = norm === 'L0' ? 3 : epsilon;
  return examine(examinationOf(problem.target, samples, forms, { norm, right, epsilon: radius }), plainly);
}

/** The examinations of consecutive parts of the samples. */
async function inParts(sizes: readonly number[], forms: AttackForms, norm: Norm): Promise<TrustData[]> {
  const parts: TrustData[] = [];
  let start = 0;
  for (const size of sizes) {
    const rows = Array.from({ length: size }, (_, i) => start + i);
    parts.push(await examinationOn(chosen(problem.samples, rows), forms, norm));
    start += size;
  }
  return parts;
}

/** A mean is summed in another order. */
function apart({ landscape, ...rest }: TrustData): { rest: unknown; instability: number | null } {
  const { instability, ...flags } = landscape;
  return { rest: { ...rest, landscape: flags }, instability };
}

test.each<[Norm, AttackForms]>([
  ['Linf', pgdForms('Linf', 10)],
  ['L2', pgdForms('L2', 10)],
  ['L1', pgdForms('L1', 10)],
  ['L0', fmnForms('L0')],
])('two parts have the same bits as the whole, in %s', async (norm, forms) => {
  const whole = apart(await examinationOn(problem.samples, forms, norm));
  for (const sizes of [
    [12, 12],
    [14, 2, 8],
  ]) {
    const parts = await inParts(sizes, forms, norm);
    const together = joined(parts);
    const { rest, instability } = apart(together!);
    expect(rest).toEqual(whole.rest);
    expect(instability).toBeCloseTo(whole.instability ?? NaN, 12);
  }
});

test('what is measured is what the samples are', async () => {
  const whole = await examinationOn(problem.samples, pgdForms('Linf', 10), 'Linf');
  expect(countBits(whole.right)).toBe(20);
  expect(whole.indices).toEqual(problem.samples.indices);
  const columns = [
    whole.base.broken,
    whole.oneStep,
    whole.moreSteps,
    whole.moreRestarts,
    whole.targeted,
    whole.boundary,
  ];
  for (const column of columns) {
    expect(column).toHaveLength(24);
    expect(wrong.map((i) => column?.[i])).toEqual(['0', '0', '0', '0']);
  }
  expect(whole.structure).toBe(null);
});

test('nothing, and one part, are what they are', async () => {
  expect(joined([])).toBe(undefined);
  const [part] = await inParts([3], pgdForms('Linf', 2), 'Linf');
  expect(joined([part!])).toBe(part);
});

test('what one part has no number of, the whole has none of', async () => {
  const [part] = await inParts([3], pgdForms('Linf', 2), 'Linf');
  const bare = { ...part!, targeted: null, gradients: { ...part!.gradients!, zeroDlr: null } };
  expect(joined([part!, bare])).toMatchObject({ targeted: null, gradients: { zeroDlr: null } });
});

test('a part where nothing is right says nothing of the scores', async () => {
  const [part] = await inParts([3], pgdForms('Linf', 2), 'Linf');
  const seen = (right: string, normalized: boolean) => ({
    ...part!,
    right,
    landscape: { ...part!.landscape, normalized },
  });
  const said = (...parts: TrustData[]) => joined(parts)?.landscape.normalized;
  expect(said(seen('111', true), seen('000', false))).toBe(true);
  expect(said(seen('111', true), seen('100', false))).toBe(false);
  expect(said(seen('000', false), seen('000', false))).toBe(false);
});

test('each step of the examination has a name of its own', async () => {
  const names: string[] = [];
  const named: Step = (name, compute) => {
    names.push(name);
    return compute();
  };
  const samples = chosen(problem.samples, [0, 1]);
  await examine(examinationOf(problem.target, samples, pgdForms('Linf', 2)), named);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toHaveLength(14);
});

test('a model that is right nowhere is examined, and nothing is broken', async () => {
  const { target, samples } = await fashion('fashion-cnn', 4);
  const examination = examinationOf(target, samples, pgdForms('Linf', 2), { right: [] });
  const data = await examine(examination, plainly);
  expect(data).toMatchObject({ right: '0000', noise: { broken: '0000' }, landscape: { instability: null } });
  await target.dispose();
});

describe('the samples that are examined', () => {
  const { target, samples } = problem;

  test('are all where there are few, and otherwise of each label alike, by seed', () => {
    expect(examined(samples, target, 24, 'a')).toEqual(samples.indices);
    expect(examined(samples, target, 100, 'a')).toEqual(samples.indices);
    const drawn = examined(samples, target, 12, 'a');
    expect(new Set(drawn).size).toBe(12);
    expect(examined(samples, target, 12, 'a')).toEqual(drawn);
    expect(examined(samples, target, 12, 'b')).not.toEqual(drawn);
    for (const label of [0, 1, 2]) {
      const all = samples.indices.filter((i) => samples.labels.values[i] === label).length;
      const some = drawn.filter((i) => samples.labels.values[i] === label).length;
      expect(Math.abs(some - all / 2)).toBeLessThanOrEqual(1);
    }
  });
});
