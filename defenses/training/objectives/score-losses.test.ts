import { tensor } from '#base/tensor';
import type { OutputHead } from '#engine/index';
import { rng } from '#stats/random';
import type { Head } from '#target/head';
import { sampleLoss } from '#target/losses';
import { crossEntropyOf, logSigmoid, sigmoid, softmaxAt } from './score-losses.js';

const SAMPLES = 20;
const HEADS: readonly (readonly [OutputHead, Head, number])[] = [
  ['classes', { kind: 'classes', count: 4 }, 4],
  ['binary', { kind: 'binary' }, 1],
  ['multi-label', { kind: 'multi-label', count: 3 }, 3],
  ['regression', { kind: 'regression', count: 3, tolerance: 1 }, 3],
];

function drawn(key: string, length: number): Float32Array {
  const source = rng(key);
  return Float32Array.from({ length }, () => 4 * source.normal());
}

/** Hard labels of a head and the targets that say the same. */
function truthOf(head: OutputHead, width: number): { labels: Float64Array; targets: Float64Array } {
  const source = rng(`truth of ${head}`);
  const numbers = Float64Array.from({ length: SAMPLES * width }, () =>
    head === 'regression' ? source.normal() : source.integer(2),
  );
  if (head !== 'classes') return { labels: numbers, targets: numbers };
  const labels = Float64Array.from({ length: SAMPLES }, () => source.integer(width));
  const targets = new Float64Array(SAMPLES * width);
  labels.forEach((label, i) => (targets[i * width + label] = 1));
  return { labels, targets };
}

test.each(HEADS)('the loss of hard labels of %s is the one that gradients are taken of', (name, head, width) => {
  const scores = tensor([SAMPLES, width], drawn(name, SAMPLES * width));
  const { labels, targets } = truthOf(name, width);
  const { value, slope } = crossEntropyOf(name, targets, scores);
  for (let i = 0; i < SAMPLES; i++) {
    const row = scores.data.subarray(i * width, (i + 1) * width);
    const expected = sampleLoss(head, { kind: 'cross-entropy', labels }, i, row);
    // Two ways of summing numbers below 100: rounding in double precision.
    expect(Math.abs((value[i] ?? NaN) - expected.value)).toBeLessThan(1e-12);
    expected.slope.forEach((wanted, j) => expect(Math.abs((slope[i * width + j] ?? NaN) - wanted)).toBeLessThan(1e-13));
  }
});

test('a soft target is the mixture of the losses of hard ones', () => {
  for (const [head, , width] of HEADS.slice(0, 3)) {
    const scores = tensor([1, width], drawn(`soft ${head}`, width));
    const [first, second] = [new Float64Array(width), new Float64Array(width)];
    first[0] = 1;
    second[width - 1] = 1;
    if (width === 1) second[0] = 0;
    const mixed = first.map((target, j) => 0.7 * target + 0.3 * (second[j] ?? NaN));
    const [a, b, both] = [first, second, mixed].map((targets) => crossEntropyOf(head, targets, scores));
    expect(both?.value[0]).toBeCloseTo(0.7 * (a?.value[0] ?? NaN) + 0.3 * (b?.value[0] ?? NaN), 12);
    both?.slope.forEach((slope, j) =>
      expect(slope).toBeCloseTo(0.7 * (a?.slope[j] ?? NaN) + 0.3 * (b?.slope[j] ?? NaN), 12),
    );
  }
});

test('extreme scores give finite losses, large ones where they are wrong', () => {
  const scores = tensor([2, 2], Float32Array.of(1e4, -1e4, -1e4, 1e4));
  const classes = crossEntropyOf('classes', Float64Array.of(1, 0, 1, 0), scores);
  expect([...classes.value]).toEqual([0, 2e4]);
  expect([...classes.slope].map((slope) => slope + 0)).toEqual([0, 0, -1, 1]);
  const labels = crossEntropyOf('multi-label', Float64Array.of(1, 0, 1, 0), scores);
  expect([...labels.value]).toEqual([0, 2e4]);
  expect([...labels.slope].map((slope) => slope + 0)).toEqual([0, 0, -1, 1]);
});

test('softmax and sigmoid by hand', () => {
  const [logs, probabilities] = [new Float64Array(3), new Float64Array(3)];
  softmaxAt([9, Math.log(1), Math.log(2), Math.log(5)], 1, logs, probabilities);
  [1 / 8, 2 / 8, 5 / 8].forEach((wanted, j) => {
    expect(probabilities[j]).toBeCloseTo(wanted, 15);
    expect(logs[j]).toBeCloseTo(Math.log(wanted), 15);
  });
  expect(sigmoid(Math.log(3))).toBeCloseTo(0.75, 15);
  expect(logSigmoid(Math.log(3))).toBeCloseTo(Math.log(0.75), 15);
  expect(logSigmoid(-1e4)).toBe(-1e4);
  // -log(1 + e^-50): as the logarithm of a sigmoid it would be 0.
  expect(logSigmoid(50)).toBeCloseTo(-Math.exp(-50), 30);
});
