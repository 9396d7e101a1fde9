import { AssayError } from '#base/errors';
import { tensor, type Tensor } from '#base/tensor';
import type { OutputHead } from '#engine/index';
import { rng } from '#stats/random';
import { sampleLoss } from '#target/losses';
import { divergenceOf } from './divergence.js';
import { mart } from './mart.js';
import type { PairedObjective, PairedScores } from './objective.js';
import { crossEntropyOf } from './score-losses.js';
import { slopePenalty } from './slope-penalty.js';
import fixture from './torch.fixture.json' with { type: 'json' };
import { trades } from './trades.js';

const PAIRS = 6;
const PROBABILISTIC = ['classes', 'binary', 'multi-label'] as const;
const HEADS = [...PROBABILISTIC, 'regression'] as const;
/** A step that float32 scores take exactly: they are multiples of it. */
const STEP = 2 ** -12;
const DISTANCES = Float64Array.from({ length: PAIRS }, (_, i) => 0.5 * (i + 1));

const WIDTHS: Readonly<Record<OutputHead, number>> = { classes: 4, binary: 1, 'multi-label': 3, regression: 2 };

/** Random pairs; targets are hard where a label is one. */
function pairsOf(head: OutputHead, soft: boolean, width = WIDTHS[head]): PairedScores {
  const source = rng(`pairs of ${head}`);
  const scores = (): Tensor =>
    tensor(
      [PAIRS, width],
      Float32Array.from({ length: PAIRS * width }, () => STEP * Math.round((2 * source.normal()) / STEP)),
    );
  const [clean, perturbed] = [scores(), scores()];
  const hard = Float64Array.from({ length: PAIRS * width }, () =>
    head === 'regression' ? source.normal() : source.integer(2),
  );
  const labels = head === 'classes' ? Float64Array.from({ length: PAIRS }, () => source.integer(width)) : hard;
  const targets = head === 'classes' ? oneHot(labels, width) : hard;
  const smooth = (target: number): number => (soft && head !== 'regression' ? 0.85 * target + 0.05 : target);
  return { head, labels, targets: targets.map(smooth), clean, perturbed };
}

function oneHot(labels: Float64Array, width: number): Float64Array {
  const targets = new Float64Array(labels.length * width);
  labels.forEach((label, i) => (targets[i * width + label] = 1));
  return targets;
}

function moved({ shape, data }: Tensor, k: number, by: number): Tensor {
  return tensor(shape, data.with(k, (data[k] ?? NaN) + by));
}

/** Five points: truncation STEP^4 times a fifth derivative, rounding 1e-16 / STEP times a value of up to 100; below 1e-9. */
function checkSlopes(objective: PairedObjective, scores: PairedScores): void {
  const loss = objective(scores);
  for (const [side, slopes] of [
    ['clean', loss.byClean],
    ['perturbed', loss.byPerturbed],
  ] as const) {
    const width = slopes.length / PAIRS;
    slopes.forEach((slope, k) => {
      const at = (steps: number): number => {
        const { value } = objective({ ...scores, [side]: moved(scores[side], k, steps * STEP) });
        return value[Math.floor(k / width)] ?? NaN;
      };
      const difference = (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * STEP);
      expect(Math.abs(slope - difference)).toBeLessThan(1e-9);
    });
  }
}

const EACH: readonly (readonly [string, PairedObjective, OutputHead, boolean])[] = [
  ...PROBABILISTIC.map((head) => ['TRADES', trades(6), head, true] as const),
  ...HEADS.map((head) => ['the slope penalty', slopePenalty(0.3, DISTANCES), head, true] as const),
  ['MART', mart(6), 'classes', false],
  ['MART', mart(6), 'binary', false],
];

test.each(EACH)('the derivatives of %s are those of finite differences', (_, objective, head, soft) => {
  checkSlopes(objective, pairsOf(head, soft));
});

test('derivatives for two classes are those of finite differences', () => {
  for (const objective of [trades(2), mart(2), slopePenalty(0.3, DISTANCES)]) {
    checkSlopes(objective, pairsOf('classes', false, 2));
  }
});

/** Rounding in double precision of numbers below 100. */
function expectNear(found: Float64Array, wanted: ArrayLike<number>): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((number, i) => expect(Math.abs(number - (wanted[i] ?? NaN))).toBeLessThan(1e-12));
}

test.each(HEADS)('without weight, or where nothing is perturbed, the loss of %s is cross-entropy', (head) => {
  const pairs = pairsOf(head, true);
  const same = { ...pairs, perturbed: pairs.clean };
  const { value, slope } = crossEntropyOf(head, pairs.targets, pairs.clean);
  const nothing = new Float64Array(slope.length);
  const losses = [
    slopePenalty(0, DISTANCES)(pairs),
    slopePenalty(6, DISTANCES)(same),
    // No direction: the gradient was zero.
    slopePenalty(6, new Float64Array(PAIRS))(pairs),
    ...(head === 'regression' ? [] : [trades(0)(pairs), trades(6)(same)]),
  ];
  for (const loss of losses) {
    expectNear(loss.value, value);
    expectNear(loss.byClean, slope);
    expectNear(loss.byPerturbed, nothing);
  }
});

test('the divergence of known distributions', () => {
  const ln2 = Math.LN2;
  // p = (s, 1 - s) and q = (1 - s, s), whose logarithms differ by 1 and -1.
  const share = 1 / (1 + Math.exp(-1));
  const [first, second] = [tensor([1, 2], Float32Array.of(1, 0)), tensor([1, 2], Float32Array.of(0, 1))];
  expect(divergenceOf('classes', first, second).value[0]).toBeCloseTo(2 * share - 1, 14);
  const even = tensor([1, 2], new Float32Array(2));
  const sure = tensor([1, 2], Float32Array.of(1e4, -1e4));
  // All mass against one half, and the other way round: ln 2, and half of the distance of the logits.
  expect(divergenceOf('classes', sure, even).value[0]).toBeCloseTo(ln2, 14);
  expect(divergenceOf('classes', even, sure).value[0]).toBeCloseTo(1e4 - ln2, 9);
  expect(divergenceOf('multi-label', sure, even).value[0]).toBeCloseTo(2 * ln2, 14);
  expect(divergenceOf('multi-label', even, sure).value[0]).toBeCloseTo(1e4 - 2 * ln2, 9);
});

test('a divergence is the one that gradients are taken of, and never negative', () => {
  const heads = [
    [{ kind: 'classes', count: 4 }, 4],
    [{ kind: 'binary' }, 1],
    [{ kind: 'multi-label', count: 3 }, 3],
  ] as const;
  for (const [head, width] of heads) {
    const { clean, perturbed } = pairsOf(head.kind, false);
    const { value, byPerturbed } = divergenceOf(head.kind, clean, perturbed);
    const probabilities = probabilitiesOf(head.kind, clean);
    for (let i = 0; i < PAIRS; i++) {
      const row = perturbed.data.subarray(i * width, (i + 1) * width);
      const expected = sampleLoss(head, { kind: 'divergence', probabilities }, i, row);
      expectNear(value.slice(i, i + 1), [expected.value]);
      expectNear(byPerturbed.slice(i * width, (i + 1) * width), expected.slope);
      expect(value[i]).toBeGreaterThan(0);
    }
  }
});

/** As the definition has it: scores here are small. */
function probabilitiesOf(head: OutputHead, { shape, data }: Tensor): Float64Array {
  if (head !== 'classes') return Float64Array.from(data, (score) => 1 / (1 + Math.exp(-score)));
  const width = shape[1] ?? 0;
  const powers = Float64Array.from(data, Math.exp);
  return powers.map((power, k) => {
    const start = k - (k % width);
    return power / powers.subarray(start, start + width).reduce((sum, one) => sum + one, 0);
  });
}

test('MART by hand: three classes, of which the clean input gives each the same', () => {
  const clean = tensor([1, 3], new Float32Array(3));
  const perturbed = tensor([1, 3], Float32Array.of(0, 1, -1));
  const mass = 1 + Math.E + 1 / Math.E;
  const q = [1 / mass, Math.E / mass, 1 / Math.E / mass];
  const [q0 = NaN, q1 = NaN] = q;
  const divergence = q.reduce((sum, probability) => sum + (Math.log(1 / 3) - Math.log(probability + 1e-12)) / 3, 0);
  const expected = -Math.log(q0) - Math.log(1.0001 - q1 + 1e-12) + 5 * (1.0000001 - 1 / 3) * divergence;
  const pairs = { head: 'classes', labels: Float64Array.of(0), targets: Float64Array.of(1, 0, 0) } as const;
  expect(mart(5)({ ...pairs, clean, perturbed }).value[0]).toBeCloseTo(expected, 13);
  // Where the label is the likeliest, the other is the second.
  const right = mart(0)({ ...pairs, labels: Float64Array.of(1), clean, perturbed }).value[0];
  expect(right).toBeCloseTo(-Math.log(q1) - Math.log(1.0001 - q0 + 1e-12), 13);
});

test('MART of a binary head is that of two classes', () => {
  const pairs = pairsOf('binary', false);
  const two = ({ data }: Tensor): Tensor => tensor([PAIRS, 2], Float32Array.from([...data].flatMap((z) => [0, z])));
  const classes: PairedScores = {
    ...{ head: 'classes', labels: pairs.labels, targets: oneHot(pairs.labels, 2) },
    ...{ clean: two(pairs.clean), perturbed: two(pairs.perturbed) },
  };
  const [own, expected] = [mart(6)(pairs), mart(6)(classes)];
  expectNear(own.value, expected.value);
  expectNear(
    own.byPerturbed,
    expected.byPerturbed.filter((_, k) => k % 2 === 1),
  );
});

test('what has no meaning for a head is refused in one sentence', () => {
  const refusal = (objective: PairedObjective, head: OutputHead) => expect(() => objective(pairsOf(head, false)));
  refusal(mart(6), 'multi-label').toThrow('MART is for classes, not for a multi-label head.');
  refusal(mart(6), 'regression').toThrow('MART is for classes, not for a regression head.');
  refusal(trades(6), 'regression').toThrow(AssayError);
});

test.each([
  ['trades', trades],
  ['mart', mart],
] as const)('%s is what the code of its paper gives in PyTorch', (name, objective) => {
  const labels = Float64Array.from(fixture.labels);
  const width = fixture.clean[0]?.length ?? 0;
  const scores = (rows: number[][]): Tensor => tensor([rows.length, width], Float32Array.from(rows.flat()));
  const loss = objective(fixture.beta)({
    ...{ head: 'classes', labels, targets: oneHot(labels, width) },
    ...{ clean: scores(fixture.clean), perturbed: scores(fixture.perturbed) },
  });
  expectNear(
    loss.value,
    fixture[name].map(({ value }) => value),
  );
  expectNear(
    loss.byClean,
    fixture[name].flatMap(({ byClean }) => byClean),
  );
  expectNear(
    loss.byPerturbed,
    fixture[name].flatMap(({ byPerturbed }) => byPerturbed),
  );
});

test('extreme scores give finite losses and derivatives', () => {
  const extremes = [1e4, -1e4, 0];
  const cases = extremes.flatMap((a) => extremes.flatMap((b) => extremes.map((c) => [a, b, c])));
  const shape = [cases.length, 3];
  const clean = tensor(shape, Float32Array.from(cases.flat()));
  const perturbed = tensor(shape, Float32Array.from(cases.toReversed().flat()));
  const labels = new Float64Array(cases.length).fill(1);
  const distances = new Float64Array(cases.length).fill(0.01);
  const targets = oneHot(labels, 3);
  const binary = (scores: Tensor): Tensor => tensor([scores.data.length, 1], scores.data);
  for (const objective of [trades(6), mart(6), slopePenalty(1, distances)]) {
    const loss = objective({ head: 'classes', labels, targets, clean, perturbed });
    expect(Object.values(loss).every((numbers: Float64Array) => numbers.every(Number.isFinite))).toBe(true);
  }
  for (const objective of [trades(6), mart(6)]) {
    const pairs = { clean: binary(clean), perturbed: binary(perturbed) };
    const loss = objective({ head: 'binary', labels: targets, targets, ...pairs });
    expect(Object.values(loss).every((numbers: Float64Array) => numbers.every(Number.isFinite))).toBe(true);
  }
});

test('scores that are not numbers give a loss that is none', () => {
  const pairs = pairsOf('classes', false);
  const broken = { ...pairs, clean: moved(pairs.clean, 0, NaN) };
  for (const objective of [trades(6), mart(6), slopePenalty(1, DISTANCES)]) {
    const { value } = objective(broken);
    expect(value[0]).toBeNaN();
    expect(value.slice(1).every(Number.isFinite)).toBe(true);
  }
});
