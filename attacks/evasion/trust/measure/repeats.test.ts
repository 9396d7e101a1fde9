import type { Tensor } from '#base/tensor';
import { row, rowsOf } from '#base/tensor';
import { linearProblem } from '#testing/linear-problem';
import { around, examinationOf, pgdForms } from '../../../../test/examination.js';
import { isNormalized, repeats } from './repeats.js';

const { target, samples } = linearProblem([8], 'three classes');
const none = '0'.repeat(24);
const first = (inputs: Tensor, i: number) => row(inputs, i)[0] ?? NaN;
const of = (on: typeof target, changes = {}) => repeats(examinationOf(on, samples, pgdForms('Linf'), changes));

/** Adds noise, as a share of their length, to the scores of the inputs that it is for. */
function noisy(share: number, isFor: (x: number) => boolean = () => true) {
  return around(target, {
    scores: (scores, inputs) => {
      for (let i = 0; i < rowsOf(scores); i++) {
        const own = row(scores, i);
        const length = Math.hypot(...own);
        if (isFor(first(inputs, i))) own[1] = (own[1] ?? NaN) + share * length * (2 * Math.random() - 1);
      }
    },
  });
}

/** Normalizes the scores of a batch by their mean. */
const byBatch = around(target, {
  scores: (scores) => {
    const mean = scores.data.reduce((sum, value) => sum + value, 0) / scores.data.length;
    for (let i = 0; i < scores.data.length; i++) scores.data[i] = (scores.data[i] ?? NaN) - mean;
  },
});

test('a target that computes gives equal answers, alone and among others', async () => {
  expect(await of(target)).toEqual({ differing: none, dependsOnBatch: none });
});

test('random answers are seen, on the samples that have them', async () => {
  // Five passes of a uniform draw: that all four differences stay below a thousandth of its size has probability 1e-11.
  const { differing, dependsOnBatch } = await of(noisy(0.1, (x) => x > 0));
  expect(differing).toBe(samples.indices.map((i) => (first(samples.inputs, i) > 0 ? '1' : '0')).join(''));
  expect(dependsOnBatch).toBe(none);
});

test('rounding is no randomness', async () => {
  expect(await of(noisy(1e-5))).toEqual({ differing: none, dependsOnBatch: none });
});

test('a scale that changes from pass to pass is none, by the measure of AutoAttack', async () => {
  let pass = 0;
  const scaled = around(target, {
    scores: (scores) => {
      pass++;
      for (let i = 0; i < scores.data.length; i++) scores.data[i] = (scores.data[i] ?? NaN) * pass;
    },
  });
  expect((await of(scaled)).differing).toBe(none);
});

test('a normalization by the batch is seen on the samples that are asked for alone', async () => {
  expect(await of(byBatch)).toEqual({ differing: none, dependsOnBatch: '1'.repeat(8) + '0'.repeat(16) });
  const right = samples.indices.filter((i) => i >= 12);
  expect((await of(byBatch, { right })).dependsOnBatch).toBe('0'.repeat(12) + '1'.repeat(8) + '0'.repeat(4));
});

test('scores that are not numbers differ from everything', async () => {
  const broken = around(target, { scores: (scores) => void scores.data.fill(NaN, 0, 3) });
  expect((await of(broken)).differing.startsWith('10')).toBe(true);
});

test('logarithms of probabilities are told from logits', () => {
  const rows = (...values: number[]) => ({ shape: [values.length / 2, 2], data: Float32Array.from(values) });
  expect(isNormalized(rows(Math.log(0.25), Math.log(0.75), Math.log(0.5), Math.log(0.5)))).toBe(true);
  expect(isNormalized(rows(Math.log(0.25), Math.log(0.75), 0, Math.log(0.5)))).toBe(false);
  expect(isNormalized({ shape: [1, 1], data: Float32Array.of(0) })).toBe(false);
});
