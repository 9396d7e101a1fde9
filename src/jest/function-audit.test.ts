import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tensor } from '#base/tensor';
import { labelsOf } from '#target/head';
import type { Samples } from '#target/target';
import { noise, pgd } from '#attacks/evasion/index';
import './index.js';

// A linear model given as a function: a sample falls under Linf exactly when its score is at most epsilon times the sum of
// the absolute weights.

const WEIGHTS = [3, -1] as const;
const N = 200;
const SAMPLES: Samples = {
  inputs: { shape: [N, 2], data: Float32Array.from({ length: 2 * N }, (_, i) => 0.2 + (0.6 * ((i * 61) % 97)) / 97) },
  labels: labelsOf(Array.from({ length: N }, () => 0)),
  indices: Array.from({ length: N }, (_, i) => i),
};
const scoreOf = (i: number): number =>
  WEIGHTS[0] * ((SAMPLES.inputs.data[2 * i] ?? NaN) - 0.5) +
  WEIGHTS[1] * ((SAMPLES.inputs.data[2 * i + 1] ?? NaN) - 0.5);
const on: Samples = { ...SAMPLES, labels: labelsOf(Array.from({ length: N }, (_, i) => (scoreOf(i) > 0 ? 1 : 0))) };
const robust = (epsilon: number): number =>
  Array.from({ length: N }, (_, i) => Math.abs(scoreOf(i)) > 4 * epsilon).filter(Boolean).length / N;

const predict = ({ shape, data }: Tensor): number[] =>
  Array.from(
    { length: shape[0] ?? 0 },
    (_, i) => WEIGHTS[0] * ((data[2 * i] ?? NaN) - 0.5) + WEIGHTS[1] * ((data[2 * i + 1] ?? NaN) - 0.5),
  );
const gradient = ({ shape }: Tensor, slopes: Tensor): number[][] =>
  Array.from({ length: shape[0] ?? 0 }, (_, i) => WEIGHTS.map((weight) => weight * (slopes.data[i] ?? NaN)));

const model = {
  predict,
  shape: [2],
  head: 'binary',
  gives: 'logits',
  domain: { kind: 'tabular', range: [0, 1] },
} as const;

let out: string;
beforeAll(() => (out = mkdtempSync(join(tmpdir(), 'assay-function-'))));
afterAll(() => rmSync(out, { recursive: true, force: true }));

test('a function with a gradient withstands exactly as much as its closed form says', async () => {
  const share = robust(0.05);
  expect(share).toBeGreaterThan(0.5);
  const attack = pgd({ norm: 'Linf', epsilons: 0.05, steps: 10, restarts: 1 });
  await expect({ ...model, gradient }).toWithstand(attack, { on, out, robustAccuracy: share - 0.08 });
  // The low end of the interval misses the share itself.
  await expect({ ...model, gradient }).not.toWithstand(attack, { on, out, robustAccuracy: share });
});

test('a function without one is audited by its scores', async () => {
  await expect(model).toWithstand(noise({ norm: 'Linf', epsilons: 0.01 }), { on, out, robustAccuracy: 0.8 });
  const undecided = expect(model).toWithstand(pgd({ norm: 'Linf', epsilons: 0.05 }), { on, out });
  await expect(undecided).rejects.toThrow(
    'needs `gradients` of the target: this function has none; give a function `gradient`',
  );
});

test('a function that fails, fails the test', async () => {
  const broken = { ...model, predict: () => [NaN] };
  await expect(expect(broken).toWithstand(noise({ norm: 'Linf', epsilons: 0.01 }), { on, out })).rejects.toThrow(
    'what its function `predict` gives is not as declared',
  );
});
