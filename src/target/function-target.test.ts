import { AssayError } from '#base/errors';
import { rowsOf, type Tensor } from '#base/tensor';
import { openTarget } from '../api/open-target.js';
import type { FunctionConfig } from './function-target.js';
import { labelsOf } from './head.js';
import { isDifferentiable, type Samples, type Target } from './target.js';

// Linear models as functions: scores, probabilities and gradients have closed forms.

const WEIGHTS = [
  [1, -2],
  [0.5, 1],
  [-1, 1],
] as const;

const rows = ({ data, shape }: Tensor): number[][] =>
  Array.from({ length: shape[0] ?? 0 }, (_, i) => [data[2 * i] ?? NaN, data[2 * i + 1] ?? NaN]);
const scoresOf = (x: readonly number[]): number[] => WEIGHTS.map(([a, b]) => a * (x[0] ?? NaN) + b * (x[1] ?? NaN));
const softmaxOf = (scores: readonly number[]): number[] => {
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
  return scores.map((score) => Math.exp(score) / total);
};
/** W^T slopes. */
const backward = (batch: Tensor, slopes: Tensor): number[][] =>
  rows(batch).map((_, i) =>
    [0, 1].map((k) =>
      WEIGHTS.reduce((sum, weights, j) => sum + (slopes.data[3 * i + j] ?? NaN) * (weights[k] ?? NaN), 0),
    ),
  );

const samples: Samples = {
  inputs: { shape: [6, 2], data: Float32Array.of(0.1, 0.9, 0.5, 0.5, 0.9, 0.2, 0.3, 0.6, 0.7, 0.1, 0, 1) },
  labels: labelsOf([2, 1, 0, 1, 0, 2]),
  indices: [0, 1, 2, 3, 4, 5],
};

const base = {
  head: 'classes',
  outputs: 3,
  shape: [2],
  domain: { kind: 'tabular', range: [0, 1] },
} as const;

const linear = (parts: object = {}): FunctionConfig =>
  ({
    ...base,
    shape: [2],
    gives: 'logits',
    predict: (batch: Tensor) => rows(batch).map(scoresOf),
    ...parts,
  }) as unknown as FunctionConfig;

const opened = async (config: FunctionConfig, options: object = {}): Promise<Target> =>
  (await openTarget(config, samples, options)).target;

const expected = Float32Array.from(rows(samples.inputs).flatMap(scoresOf));

describe('answers of a function', () => {
  test.each<[string, (batch: Tensor) => unknown]>([
    ['lists', (batch) => rows(batch).map(scoresOf)],
    ['a promise of lists', (batch) => Promise.resolve(rows(batch).map(scoresOf))],
    ['a typed array', (batch) => Float32Array.from(rows(batch).flatMap(scoresOf))],
    [
      'doubles with their shape',
      (batch) => ({ shape: [rowsOf(batch), 3], data: Float64Array.from(rows(batch).flatMap(scoresOf)) }),
    ],
    ['typed arrays in a list', (batch) => rows(batch).map((x) => Float32Array.from(scoresOf(x)))],
  ])('are read from %s, whatever the batch', async (_, predict) => {
    for (const batchSize of [1, 4, 256]) {
      const target = await opened(linear({ predict }), { batchSize });
      expect((await target.predict(samples.inputs)).data).toEqual(expected);
      expect(target.queries.predictions).toBe(12);
    }
  });

  test('are asked for one batch at a time, of a copy', async () => {
    let under = 0;
    const predict = async (batch: Tensor): Promise<number[][]> => {
      expect(++under).toBe(1);
      const answers = rows(batch).map(scoresOf);
      batch.data.fill(NaN);
      await new Promise((resolve) => setTimeout(resolve, 1));
      under--;
      return answers;
    };
    const target = await opened(linear({ predict }), { batchSize: 2 });
    const [first, second] = await Promise.all([target.predict(samples.inputs), target.predict(samples.inputs)]);
    expect([first.data, second.data]).toEqual([expected, expected]);
    expect(samples.inputs.data[0]).toBe(Math.fround(0.1));
  });

  test.each<[string, (batch: Tensor) => unknown, string]>([
    [
      'that throws',
      () => {
        throw new TypeError('no such key');
      },
      'its function `predict` failed: no such key',
    ],
    ['that gives nothing', () => undefined, 'is not as declared: it is of type undefined, and a list was expected'],
    ['with a NaN', (batch) => rows(batch).map(() => [1, NaN, 2]), 'score 1 of sample 0 is NaN, and no finite number'],
    ['with too few scores', (batch) => rows(batch).map(() => [1, 2]), 'sample 0 has 2 scores, and 3 were expected'],
    ['with too few samples', () => [[1, 2, 3]], 'it answers 1 samples, and 6 were asked'],
    [
      'of a wrong shape',
      (batch) => ({ shape: [rowsOf(batch), 2], data: new Float32Array(3 * rowsOf(batch)) }),
      'its shape [6, 2] does not fit its 18 values',
    ],
  ])('a function %s is one sentence', async (_, predict, sentence) => {
    const opening = opened(linear({ predict, name: 'my model' }));
    await expect(opening).rejects.toThrow(sentence);
    await expect(opening).rejects.toThrow(/^my model: /);
    await expect(opening).rejects.toBeInstanceOf(AssayError);
  });

  test('are labels by name, index or bit', async () => {
    const names = ['a', 'b', 'c'];
    const best = (x: number[]) => scoresOf(x).indexOf(Math.max(...scoresOf(x)));
    for (const predict of [
      (batch: Tensor) => rows(batch).map(best),
      (batch: Tensor) => rows(batch).map((x) => [names[best(x)]]),
    ]) {
      const target = await opened(linear({ predict, gives: 'labels', labels: names }));
      const { data } = await target.predict(samples.inputs);
      expect([...data]).toEqual(rows(samples.inputs).flatMap((x) => names.map((_, i) => (i === best(x) ? 1 : 0))));
      expect([...target.capabilities]).toEqual(['labels']);
    }
    const binary = { head: 'binary', outputs: undefined, gives: 'labels', labels: ['no', 'yes'] };
    const target = await opened(
      linear({ ...binary, predict: (batch: Tensor) => rows(batch).map(([x = 0]) => (x > 0.5 ? 'yes' : 'no')) }),
    );
    expect([...(await target.predict(samples.inputs)).data]).toEqual([-1, -1, 1, -1, 1, -1]);
    const many = { head: 'multi-label', gives: 'labels', labels: names };
    for (const predict of [
      () => samples.indices.map(() => ['c', 'a']),
      () => samples.indices.map(() => [1, 0, true]),
    ]) {
      const multi = await opened(linear({ ...many, predict }));
      expect([...(await multi.predict(samples.inputs)).data.subarray(0, 3)]).toEqual([1, -1, 1]);
    }
  });
});

describe('gradients of a function', () => {
  const gradientOf = async (target: Target, labels: readonly number[]): Promise<number[]> => {
    if (!isDifferentiable(target)) throw new Error('the target has no gradients');
    const loss = { kind: 'cross-entropy', labels: Float64Array.from(labels) } as const;
    const { gradient, loss: losses, scores } = await target.gradient(samples.inputs, loss);
    expect(scores.shape).toEqual([6, 3]);
    rows(samples.inputs).forEach((x, i) => {
      expect(losses[i]).toBeCloseTo(-Math.log(softmaxOf(scoresOf(x))[labels[i] ?? -1] ?? NaN), 5);
    });
    return [...gradient.data];
  };
  /** W^T (softmax - one-hot) */
  const wanted = rows(samples.inputs).flatMap((x, i) =>
    [0, 1].map((k) =>
      WEIGHTS.reduce(
        (sum, weights, j) =>
          sum + ((softmaxOf(scoresOf(x))[j] ?? NaN) - (samples.labels.values[i] === j ? 1 : 0)) * (weights[k] ?? NaN),
        0,
      ),
    ),
  );

  test('are those of the closed form, for scores and for probabilities', async () => {
    const logits = await opened(linear({ gradient: backward }), { batchSize: 4 });
    (await gradientOf(logits, [...samples.labels.values])).forEach((value, i) =>
      expect(value).toBeCloseTo(wanted[i] ?? NaN, 5),
    );
    // Through the softmax: sum_k slope_k p_k (1[k = j] - p_j).
    const softened = (batch: Tensor, slopes: Tensor): number[][] => {
      const data = Float32Array.from(
        rows(batch).flatMap((x, i) => {
          const p = softmaxOf(scoresOf(x));
          const mean = p.reduce((sum, value, k) => sum + value * (slopes.data[3 * i + k] ?? NaN), 0);
          return p.map((value, j) => value * ((slopes.data[3 * i + j] ?? NaN) - mean));
        }),
      );
      return backward(batch, { shape: slopes.shape, data });
    };
    const predict = (batch: Tensor) => rows(batch).map((x) => softmaxOf(scoresOf(x)));
    const soft = await opened(linear({ gives: 'probabilities', predict, gradient: softened }));
    (await gradientOf(soft, [...samples.labels.values])).forEach((value, i) =>
      expect(value).toBeCloseTo(wanted[i] ?? NaN, 4),
    );
  });

  test('are in the units of the data where the model receives normalized inputs', async () => {
    const domain = { kind: 'tabular', range: [0, 1], mean: [0.5], std: [0.25] };
    const target = await opened(linear({ gradient: backward, domain }));
    if (!isDifferentiable(target)) throw new Error('the target has no gradients');
    const { gradient } = await target.gradient(samples.inputs, { kind: 'score', labels: new Float64Array(6) });
    expect([...gradient.data.subarray(0, 2)]).toEqual([4, -8]);
  });

  test('one for each row of the Jacobian, which are weights of the model, counted and paid for one by one', async () => {
    const domain = { kind: 'tabular', range: [0, 1], mean: [0.5], std: [0.25] };
    const target = await opened(linear({ gradient: backward, domain, budget: 200 }));
    if (!isDifferentiable(target)) throw new Error('the target has no gradients');
    const before = { ...target.queries };
    const indices = Float64Array.from({ length: 12 }, (_, i) => i % 3);
    const { scores, rows: jacobian } = await target.jacobian(samples.inputs, indices);
    expect(jacobian.shape).toEqual([6, 2, 2]);
    // 4 = 1 / std
    expect([...jacobian.data]).toEqual([...indices].flatMap((k) => WEIGHTS[k]?.map((weight) => 4 * weight) ?? []));
    expect([...scores.data]).toEqual([...(await target.predict(samples.inputs)).data]);
    expect(target.queries.gradients - before.gradients).toBe(12);
    await expect(target.jacobian(samples.inputs, Float64Array.of(1, 2, 3))).rejects.toThrow('asked for at 3');
    const dear = new Float64Array(600);
    await expect(target.jacobian(samples.inputs, dear)).rejects.toMatchObject({ code: 'budget' });
  });

  test.each<[string, (batch: Tensor, slopes: Tensor) => unknown, RegExp]>([
    [
      'of the wrong sign',
      (batch, slopes) => backward(batch, slopes).map((row) => row.map((value) => -value)),
      /does not fit `predict`/,
    ],
    [
      'twice as large',
      (batch, slopes) => backward(batch, slopes).map((row) => row.map((value) => 2 * value)),
      /does not fit `predict`/,
    ],
    [
      'of another order',
      (batch, slopes) => backward(batch, slopes).map((row) => row.toReversed()),
      /does not fit `predict`/,
    ],
    ['of zero', (batch) => rows(batch).map(() => [0, 0]), /does not fit `predict`/],
    [
      'of another shape',
      (batch) => rows(batch).map(() => [1, 2, 3]),
      /what its function `gradient` gives is not as declared/,
    ],
    ['that is NaN', (batch) => rows(batch).map(() => [NaN, 0]), /score 0 of sample 0 is NaN/],
    [
      'that throws',
      () => {
        throw new Error('out of memory');
      },
      /its function `gradient` failed: out of memory/,
    ],
  ])('%s are refused when the target is opened', async (_, gradient, sentence) => {
    await expect(opened(linear({ gradient }))).rejects.toThrow(sentence);
  });
});

describe('a declaration that contradicts itself is refused', () => {
  test.each([
    [{ gives: 'values' }, '`target.gives` is "values", and the head `classes` gives logits, probabilities or labels'],
    [{ head: 'regression', tolerance: 1 }, 'the head `regression` gives "values"'],
    [{ outputs: undefined }, 'the number of scores is not known. Give `target.outputs`'],
    [{ labels: ['a', 'b'] }, 'there are 2 labels for 3 classes'],
    [{ outputs: 1 }, 'the head `classes` needs at least two scores'],
    [{ domain: { kind: 'image', layout: 'NCHW', range: [0, 1] } }, 'an image has three axes'],
  ])('%j', async (parts, sentence) => {
    await expect(opened(linear(parts))).rejects.toThrow(sentence);
  });

  test('neither a file, nor an endpoint, nor a module, nor a function', async () => {
    await expect(openTarget({ ...base } as never, samples)).rejects.toThrow('`target.file` is missing');
  });
});

test('a budget holds for functions too', async () => {
  const target = await opened(linear({ budget: 20 }));
  await target.predict(samples.inputs);
  await target.predict(samples.inputs);
  await expect(target.predict(samples.inputs)).rejects.toMatchObject({ code: 'budget' });
  expect(target.queries.predictions).toBe(18);
});
