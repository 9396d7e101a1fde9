import type { LabelLossKind, LossSpec } from '#engine/index';
import { rng } from '#stats/random';
import { margin, type Head } from './head.js';
import { lossSlope, lossValue, sampleLoss } from './losses.js';

const HEADS: readonly (readonly [Head, readonly number[]])[] = [
  [{ kind: 'classes', count: 4 }, [2]],
  [{ kind: 'binary' }, [1]],
  [{ kind: 'binary' }, [0]],
  [{ kind: 'multi-label', count: 3 }, [1, 0, 1]],
  [{ kind: 'regression', count: 3, tolerance: 0.5 }, [0.2, -1, 4]],
];
const KINDS: readonly LabelLossKind[] = ['cross-entropy', 'margin', 'score'];

function widthOf(head: Head): number {
  return 'count' in head ? head.count : 1;
}

test.each(HEADS)('slopes of %p are those of central differences', (head, label) => {
  const source = rng(head.kind);
  for (const kind of KINDS) {
    const target = kind === 'score' ? [widthOf(head) - 1] : label;
    for (let trial = 0; trial < 20; trial++) {
      const scores = Float64Array.from({ length: widthOf(head) }, () => 2 * source.normal());
      const slope = lossSlope(head, kind, scores, target);
      scores.forEach((_, i) => {
        const at = (step: number) => lossValue(head, kind, scores.with(i, (scores[i] ?? 0) + step), target);
        const h = 1e-5;
        // Central differences: h^2 of truncation and 1e-16 / h of rounding, both below 1e-9; maxima are not at a tie.
        expect(Math.abs((at(h) - at(-h)) / (2 * h) - (slope[i] ?? NaN))).toBeLessThan(1e-7);
      });
    }
  }
});

test('values by hand', () => {
  const classes: Head = { kind: 'classes', count: 2 };
  expect(lossValue(classes, 'cross-entropy', [0, 0], [0])).toBeCloseTo(Math.log(2), 15);
  expect(lossValue({ kind: 'binary' }, 'cross-entropy', [0], [1])).toBeCloseTo(Math.log(2), 15);
  const labels: Head = { kind: 'multi-label', count: 2 };
  // log(1 + e^-3) + log(1 + e^-4)
  expect(lossValue(labels, 'cross-entropy', [3, -4], [1, 0])).toBeCloseTo(
    Math.log1p(Math.exp(-3)) + Math.log1p(Math.exp(-4)),
    15,
  );
  const values: Head = { kind: 'regression', count: 2, tolerance: 1 };
  expect(lossValue(values, 'cross-entropy', [3, 5], [1, 4])).toBe(5);
  expect(lossValue(classes, 'score', [3, 5], [1])).toBe(5);
});

test.each(HEADS)('the margin loss of %p is minus the margin', (head, label) => {
  const scores = Array.from({ length: widthOf(head) }, (_, i) => 0.3 * i - 0.4);
  expect(lossValue(head, 'margin', scores, label)).toBe(-margin(head, scores, label));
});

test('the loss of a confident model keeps its digits, and is finite for a confidently wrong one', () => {
  const head: Head = { kind: 'classes', count: 3 };
  // log(1 + 2 e^-50): log(1 + x) as log(1 + x) would be 0.
  expect(lossValue(head, 'cross-entropy', [50, 0, 0], [0])).toBeCloseTo(2 * Math.exp(-50), 30);
  expect(lossSlope(head, 'cross-entropy', [50, 0, 0], [0])[0]).toBeCloseTo(-2 * Math.exp(-50), 30);
  expect(lossValue(head, 'cross-entropy', [0, 1000, -1000], [0])).toBe(1000);
  expect(lossValue({ kind: 'binary' }, 'cross-entropy', [-1000], [1])).toBe(1000);
  expect(lossValue({ kind: 'binary' }, 'cross-entropy', [1000], [1])).toBe(0);
});

test('a score that is not a number gives a loss that is none', () => {
  for (const kind of ['cross-entropy', 'margin'] as const) {
    expect(lossValue({ kind: 'classes', count: 3 }, kind, [NaN, 1, 2], [0])).toBeNaN();
    expect(lossValue({ kind: 'binary' }, kind, [NaN], [1])).toBeNaN();
  }
});

describe('losses of more than a label', () => {
  const head: Head = { kind: 'classes', count: 5 };
  const labels = Float64Array.of(3, 0, 1);
  const targets = Float64Array.of(0, 4, 2);
  const probabilities = Float64Array.from({ length: 15 }, (_, i) => [0.1, 0.2, 0.3, 0.4, 0][i % 5] ?? 0);
  const margin: LossSpec = { kind: 'margin', labels };
  const specs: readonly LossSpec[] = [
    { kind: 'dlr', labels },
    { kind: 'targeted-dlr', labels, targets },
    { kind: 'score-difference', labels, targets },
    { kind: 'divergence', probabilities },
    { kind: 'squared-error', values: probabilities },
    { kind: 'weighted-scores', values: probabilities.map((p, i) => p - 0.07 * i) },
    {
      kind: 'weighted-sum',
      terms: [
        { weight: 0.5, loss: margin },
        { weight: Float64Array.of(1, -2, 3), loss: { kind: 'divergence', probabilities } },
      ],
    },
  ];

  test.each(specs.map((spec) => [spec.kind, spec] as const))(
    'the slope of %s is that of central differences',
    (_, spec) => {
      const source = rng(spec.kind);
      for (let trial = 0; trial < 20; trial++) {
        const scores = Float64Array.from({ length: 5 }, () => 2 * source.normal());
        const { slope } = sampleLoss(head, spec, 1, scores);
        scores.forEach((_, i) => {
          const at = (step: number) => sampleLoss(head, spec, 1, scores.with(i, (scores[i] ?? 0) + step)).value;
          const h = 1e-6;
          // Ratios of scores have large higher derivatives where two scores are close: 1e-5 of the slope.
          const difference = Math.abs((at(h) - at(-h)) / (2 * h) - (slope[i] ?? NaN));
          expect(difference).toBeLessThan(1e-5 * Math.max(1, ...slope.map(Math.abs)));
        });
      }
    },
  );

  test('ratios of logits by hand', () => {
    const scores = [4, 1, 3, 2, 0];
    // Croce & Hein 2020, eq. 6 and 7: -(z_y - z_1) / (z_1 - z_3), -(z_y - z_t) / (z_1 - (z_3 + z_4) / 2).
    expect(sampleLoss(head, { kind: 'dlr', labels }, 0, scores).value).toBeCloseTo(-(2 - 4) / (4 - 2), 10);
    expect(sampleLoss(head, { kind: 'dlr', labels: Float64Array.of(0) }, 0, scores).value).toBeCloseTo(
      -(4 - 3) / 2,
      10,
    );
    expect(sampleLoss(head, { kind: 'targeted-dlr', labels, targets }, 0, scores).value).toBeCloseTo(2 / (4 - 1.5), 10);
  });

  test('the divergence of a distribution from itself is zero, and so is its slope', () => {
    const scores = [0.1, 0.2, 0.3, 0.4, 1e-300].map(Math.log);
    const { value, slope } = sampleLoss(head, { kind: 'divergence', probabilities }, 0, scores);
    expect(value).toBeCloseTo(0, 12);
    slope.forEach((each) => expect(each).toBeCloseTo(0, 12));
  });
});
