import { rng } from '#stats/random';
import { row, rowsOf, type Tensor } from '#base/tensor';
import { linearProblem } from '#testing/linear-problem';
import type { DifferentiableTarget, Samples } from '#target/target';
import { curveTarget, points } from '../../../../test/curve-target.js';
import { answeredBy, around, constantRows, examinationOf, pgdForms } from '../../../../test/examination.js';
import { waveSamples, waveTarget } from '../../../../test/wave-target.js';
import { countBits } from '../../evidence/data.js';
import { atOriginals, atRandomPoints } from '../../search/walk.js';
import type { Examination } from '../examination.js';
import { beyond } from '../reading.js';
import { gaussian, landscape } from './landscape.js';

const tight = linearProblem([8], 'three classes', 'tight');
const none = '0'.repeat(24);
const all = '1'.repeat(24);

function of(target: DifferentiableTarget, samples: Samples, changes: Partial<Examination> = {}, deterministic = true) {
  return landscape(examinationOf(target, samples, pgdForms('Linf'), changes), deterministic);
}

/** Rounds inputs to quarters. */
const rounding = around(tight.target, { input: (value) => Math.round(4 * value) / 4 });

/** Values at the middle of what is rounded to the same. */
function quarters(): Tensor {
  const source = rng('quarters');
  return { shape: [24, 8], data: Float32Array.from({ length: 24 * 8 }, () => Math.floor(5 * source.uniform()) / 4) };
}

/** Adds `height` to the first score where the first value is beyond a plane. */
function stepped(target: DifferentiableTarget, plane: number, height: number): DifferentiableTarget {
  return around(target, {
    scores: (scores, inputs) => {
      for (let i = 0; i < rowsOf(scores); i++) {
        const own = row(scores, i);
        if ((row(inputs, i)[0] ?? NaN) > plane) own[0] = (own[0] ?? NaN) + height;
      }
    },
  });
}

/** Inputs that all lie a hair before the plane. */
function beforePlane(plane: number): Tensor {
  const inputs: Tensor = { shape: [24, 8], data: tight.samples.inputs.data.slice() };
  for (let i = 0; i < 24; i++) row(inputs, i)[0] = plane - 0.01;
  return inputs;
}

describe('constant', () => {
  test('is everything in front of which inputs are rounded', async () => {
    const samples = await answeredBy(rounding, quarters());
    expect(await of(rounding, samples)).toMatchObject({ constant: all });
  });

  test('is nothing that answers to small changes, however coarse it is seen from afar', async () => {
    const fine = around(tight.target, { input: (value) => Math.round(1e6 * value) / 1e6 });
    expect(await of(fine, tight.samples)).toMatchObject({ constant: none });
  });

  test('is by sample: flat on one side', async () => {
    const half = curveTarget({ score: (x) => 1 + Math.max(0, x - 0.5), slope: () => 0 });
    expect(await of(half, points([0.2, 0.7, 0.4, 0.9]))).toMatchObject({ constant: '1010' });
    expect(await of(half, points([0.2, 0.7, 0.4, 0.9]), { right: [1, 2] })).toMatchObject({ constant: '0010' });
  });
});

describe('jumps', () => {
  test('are where the line to the random point crosses a step, and nowhere else', async () => {
    const target = stepped(tight.target, 0.5, 100);
    const samples = await answeredBy(target, beforePlane(0.5));
    const examination = examinationOf(target, samples, pgdForms('Linf'));
    const { norm, epsilon, box, right, random } = examination;
    const start = atOriginals(samples.inputs, right, { norm, epsilon, box });
    const end = atRandomPoints(start, samples.indices, { norm, epsilon, box }, random.fork('line'));
    const crossing = right.map((i) => ((row(end.inputs, i)[0] ?? NaN) > 0.5 ? '1' : '0')).join('');
    expect(countBits(crossing)).toBeGreaterThan(5);
    expect(await landscape(examination, true)).toMatchObject({ jumps: crossing, constant: none });
  });

  test('are not what is steep and without a step', async () => {
    // Rises by two within a hundredth of the line's length.
    const steep = curveTarget({ score: (x) => 2 + Math.tanh(2000 * (x - 0.505)), slope: () => 0 });
    const xs = Array.from({ length: 24 }, (_, i) => 0.5 - 0.001 * (i % 5));
    expect(await of(steep, points(xs))).toMatchObject({ jumps: none });
  });

  test('are not what rounding of float32 leaves', async () => {
    const flat = curveTarget({ score: (x) => 1000 + 1e-4 * x, slope: () => 1e-4 });
    expect(await of(flat, points([0.1, 0.4, 0.7]))).toMatchObject({ jumps: '000' });
  });

  test('are with what is rounded, too: its scores are steps', async () => {
    const samples = await answeredBy(rounding, quarters());
    expect(await of(rounding, samples, { epsilon: 0.5 })).toMatchObject({ jumps: all });
  });
});

test.each(['Linf', 'L2', 'L1', 'L0'] as const)('what is smooth is neither, in %s', async (norm) => {
  const epsilon = norm === 'L0' ? 3 : 0.3;
  expect(await of(tight.target, tight.samples, { norm, epsilon })).toMatchObject({ constant: none, jumps: none });
  const waves = waveTarget('landscape', 3, 8, 30);
  const samples = waveSamples(waves, 24);
  expect(await of(waves, samples, { norm, epsilon })).toMatchObject({ constant: none, jumps: none });
});

test('of random answers neither is said', async () => {
  const samples = await answeredBy(rounding, quarters());
  expect(await of(rounding, samples, { epsilon: 0.5 }, false)).toMatchObject({ constant: none, jumps: none });
});

describe('instability', () => {
  const xs = Array.from({ length: 24 }, () => 0.5);

  // Of a score s x the margin moves by s |u|, u uniform within h: on average by s h / 2. Over 2,400 draws its deviation is
  // 1.2 % of that.
  test.each([
    ['8/255 of the range', 1, [0, 1], 8 / 255],
    ['8/255 of a wider range', 100, [0, 10], 80 / 255],
    ['a quarter of epsilon, where that is less', 0.02, [0, 1], 0.005],
  ] as const)('is the mean relative change of the margin within %s', async (_name, epsilon, range, most) => {
    const line = curveTarget({ score: (x) => 3 * x, slope: () => 3 }, range);
    const { instability } = await of(line, points(xs), { epsilon });
    const expected = most / 2 / 0.5;
    expect(Math.abs((instability ?? NaN) - expected)).toBeLessThan(0.06 * expected);
  });

  test('counts a change as one at most, and is null without samples', async () => {
    const cliff = curveTarget({ score: (x) => (x === 0.5 ? 1e-3 : 1e6), slope: () => 1 });
    expect((await of(cliff, points(xs))).instability).toBeCloseTo(1, 9);
    expect((await of(tight.target, tight.samples, { right: [] })).instability).toBe(null);
  });
});

test('logarithms of probabilities are recognized', async () => {
  const softmax = around(tight.target, {
    scores: (scores) => {
      for (let i = 0; i < rowsOf(scores); i++) {
        const own = row(scores, i);
        const most = Math.max(...own);
        const sum = own.reduce((total, value) => total + Math.exp(value - most), 0);
        own.forEach((value, k) => (own[k] = value - most - Math.log(sum)));
      }
    },
  });
  expect(await of(softmax, tight.samples)).toMatchObject({ normalized: true });
  expect(await of(tight.target, tight.samples)).toMatchObject({ normalized: false });
});

describe('Gaussian noise', () => {
  test('is the same at every size: what is wrong at one is wrong at each larger one', async () => {
    const line = curveTarget({ score: (x) => x - 0.4, slope: () => 1 });
    const shares = await gaussian(
      examinationOf(line, points(Array.from({ length: 400 }, () => 0.5)), pgdForms('Linf')),
    );
    expect(shares.map(({ deviation }) => deviation)).toEqual([1 / 16, 1 / 8, 1 / 4, 1 / 2]);
    // P(0.1 + deviation n > 0), n a standard normal; 400 draws deviate by 2.5 % at most.
    [0.9452, 0.7881, 0.6554, 0.5793].forEach((share, k) => {
      const right = countBits(shares[k]?.right ?? '');
      expect(Math.abs(right / 400 - share)).toBeLessThan(0.1);
    });
    for (let k = 1; k < shares.length; k++) {
      const before = shares[k - 1]?.right ?? '';
      expect(beyond(shares[k]?.right ?? '', before)).toBe(0);
    }
  });

  test('moves nothing that cannot be changed', async () => {
    const examination = examinationOf(tight.target, tight.samples, pgdForms('Linf'));
    const immutable = new Set([0, 1, 2, 3, 4, 5, 6, 7]);
    const shares = await gaussian({ ...examination, box: { ...examination.box, immutable } });
    expect(shares.map(({ right }) => right)).toEqual([all, all, all, all]);
  });

  test('is of the samples that are right alone', async () => {
    const given = await answeredBy(tight.target, constantRows([0.2, 0.8, 0.5], 8));
    const shares = await gaussian(examinationOf(tight.target, given, pgdForms('Linf'), { right: [2] }));
    for (const { right } of shares) expect(right).toMatch(/^00[01]$/);
  });
});
