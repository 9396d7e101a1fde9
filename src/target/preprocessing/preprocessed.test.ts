import type { Tensor } from '#base/tensor';
import { linearTarget } from '../linear.js';
import type { DifferentiableTarget } from '../target.js';
import { preprocessorNote, withPreprocessor, type Preprocessor } from './preprocessed.js';

// A linear model behind a preprocessor: what is computed and where its gradients go has closed forms.

const WEIGHTS = [
  [1, -2, 0.5],
  [0, 3, -1],
];
const linear = (): DifferentiableTarget =>
  linearTarget(WEIGHTS, [0.25, -0.5], { head: { kind: 'classes', count: 2 }, shape: [3] });

const mapped = ({ shape, data }: Tensor, change: (value: number) => number): Tensor => ({
  shape,
  data: data.map(change),
});
const quarters = (value: number): number => Math.round(4 * value) / 4;
const rounding: Preprocessor = { apply: (batch) => mapped(batch, quarters) };
const inputs: Tensor = { shape: [2, 3], data: Float32Array.of(0.1, 0.6, 0.9, 0.33, 0.48, 0.02) };
const loss = { kind: 'cross-entropy', labels: Float64Array.of(0, 1) } as const;

test('predictions are those of what it gives, and gradients the model has there', async () => {
  const target = withPreprocessor(linear(), rounding);
  const bare = linear();
  const rounded = mapped(inputs, quarters);
  expect(await target.predict(inputs)).toEqual(await bare.predict(rounded));
  expect(await target.gradient(inputs, loss)).toEqual(await bare.gradient(rounded, loss));
  const indices = Float64Array.of(1, 0, 1, 0, 0, 1);
  expect(await target.jacobian(inputs, indices)).toEqual(await bare.jacobian(rounded, indices));
  expect(target.queries).toEqual(bare.queries);
});

test('gradients come back by what it declares, with the input that it got, row by row', async () => {
  // g(x) = x^2 / 2, and backward its true gradient, x.
  const square: Preprocessor = {
    apply: (batch) => mapped(batch, (value) => value ** 2 / 2),
    backward: (batch, gradient) => ({
      shape: batch.shape,
      data: gradient.data.map((each, i) => each * batch.data[i]!),
    }),
  };
  const target = withPreprocessor(linear(), square);
  const { rows } = await target.jacobian(inputs, Float64Array.of(1, 0, 0, 1));
  const row = (sample: number, score: number): number[] =>
    WEIGHTS[score]!.map((weight, i) => Math.fround(weight * inputs.data[3 * sample + i]!));
  expect([...rows.data]).toEqual([...row(0, 1), ...row(0, 0), ...row(1, 0), ...row(1, 1)]);
  const { gradient } = await target.gradient(inputs, { kind: 'score', labels: Float64Array.of(0, 1) });
  expect([...gradient.data]).toEqual([...row(0, 0), ...row(1, 1)]);
});

test('what it does to its arguments stays its own', async () => {
  const rude: Preprocessor = {
    apply: (batch) => {
      const given = mapped(batch, quarters);
      batch.data.fill(NaN);
      return given;
    },
    backward: (batch, gradient) => {
      batch.data.fill(NaN);
      return gradient;
    },
  };
  const before = [...inputs.data];
  const target = withPreprocessor(linear(), rude);
  await target.gradient(inputs, loss);
  expect([...inputs.data]).toEqual(before);
});

test('it is part of the target: of the digest, the capabilities and the notes', () => {
  const bare = linear();
  const target = withPreprocessor(bare, rounding);
  expect(withPreprocessor(linear(), rounding).digest).toBe(target.digest);
  expect(target.digest).not.toBe(bare.digest);
  expect(withPreprocessor(bare, { apply: (batch) => batch }).digest).not.toBe(target.digest);
  expect([...target.capabilities]).toEqual(['labels', 'scores', 'gradients']);
  expect(target.missing.get('training')).toMatch(/is not trained with it/);
  expect(preprocessorNote(rounding)).toMatch(/as if it were the identity/);
  expect(preprocessorNote({ ...rounding, backward: (_, gradient) => gradient })).toMatch(/by the `backward`/);
});

test('a target that only answers stays one, and structure is handed on', async () => {
  const { name, digest, domain, head, labels, queries } = linear();
  const structure = { blocked: [{ node: 'r', operator: 'Round' }], random: [] };
  const blind = {
    ...{ name, digest, domain, head, labels, queries, structure },
    predict: (batch: Tensor) => linear().predict(batch),
    dispose: () => Promise.resolve(),
  };
  const target = withPreprocessor(
    { ...blind, capabilities: new Set(['labels'] as const), missing: new Map([['gradients', 'none']] as const) },
    rounding,
  );
  expect('gradient' in target).toBe(false);
  expect(target.structure).toBe(structure);
  expect((await target.predict(inputs)).shape).toEqual([2, 2]);
});

test.each<[string, Preprocessor, RegExp]>([
  [
    'of another shape',
    { apply: ({ data }) => ({ shape: [3, 2], data }) },
    /`apply` gives the shape \[3, 2\] for a batch of \[2, 3\]/,
  ],
  ['with too few values', { apply: ({ shape }) => ({ shape, data: new Float32Array(1) }) }, /`apply` gives the shape/],
  ['that is no tensor', { apply: () => [1] as unknown as Tensor }, /`apply` gives no `\{ shape, data \}`/],
  [
    'that is not finite',
    { apply: (batch) => mapped(batch, (value) => 1 / (value - inputs.data[4]!)) },
    /gives Infinity for sample 1/,
  ],
  [
    'that fails',
    {
      apply: () => {
        throw new Error('out of paper');
      },
    },
    /`apply` failed: out of paper/,
  ],
  [
    'whose gradient has another shape',
    { ...rounding, backward: () => ({ shape: [1], data: new Float32Array(1) }) },
    /`backward` gives the shape \[1\]/,
  ],
])('an answer %s is refused', async (_, preprocessor, sentence) => {
  const target = withPreprocessor(linear(), preprocessor);
  await expect(target.gradient(inputs, loss)).rejects.toMatchObject({
    code: 'model',
    message: expect.stringMatching(sentence) as string,
  });
});
