import { labelsOf, type Tensor } from 'assay';
import { pgd, samples, table, target } from 'assay/jest';
import { expect, test } from 'vitest';

// Paths are relative to the working directory. These files come with the package; put yours in their place.
const files = 'node_modules/assay/fixtures';

// A model file is run in processes of its own.
const model = target({
  file: `${files}/models/fashion-mlp.onnx`,
  head: 'classes',
  domain: { kind: 'image', layout: 'NCHW', range: [0, 1], mean: [0.286], std: [0.353] },
});
const on = samples({
  inputs: `${files}/data/fashion-test-images.idx3-ubyte.gz`,
  labels: `${files}/data/fashion-test-labels.idx1-ubyte.gz`,
  scale: 1 / 255,
  sample: 100,
});

// Whether the attack itself worked is examined too: on 20 of the samples here, on 100 where nothing is set.
test('the model withstands small changes', async () => {
  const attack = pgd({ norm: 'Linf', epsilons: 0.005, steps: 10, trust: { samples: 20 } });
  await expect(model).toWithstand(attack, { on, robustAccuracy: 0.6 });
});

// Every plugin, by its id, with the options of a config and the thresholds of a policy.
test('its explanations add up', async () => {
  await expect(model).toPassAudit('explanation/completeness', {
    on,
    options: { samples: 100, baseline: 'mean' },
    thresholds: { complete: { atLeast: 0.9 } },
  });
});

test('nobody stands out in the data', async () => {
  const people = table({
    file: `${files}/data/adult-generalized.csv`,
    roles: { sex: 'quasi-identifier', age: 'quasi-identifier', race: 'quasi-identifier', 'salary-class': 'sensitive' },
  });
  await expect(people).toBeAnonymous({ k: 5 });
});

// A model that is a function runs in the test itself.
test('a function withstands small changes too', async () => {
  const score = ([a = 0, b = 0]: number[]): number => 3 * a - b - 1;
  const rows = Array.from({ length: 200 }, (_, i) => [(i % 20) / 19, Math.floor(i / 20) / 9]);
  const scorer = {
    predict: ({ data }: Tensor) =>
      Array.from({ length: data.length / 2 }, (_, i) => score([...data.slice(2 * i, 2 * i + 2)])),
    gradient: (_: Tensor, slopes: Tensor) => Array.from(slopes.data, (slope) => [3 * slope, -1 * slope]),
    shape: [2],
    head: 'binary',
    gives: 'logits',
    domain: { kind: 'tabular', range: [0, 1] },
  } as const;
  const grid = {
    inputs: { shape: [200, 2], data: Float32Array.from(rows.flat()) },
    labels: labelsOf(rows.map((row) => (score(row) > 0 ? 1 : 0))),
    indices: rows.map((_, i) => i),
  };
  await expect(scorer).toWithstand(pgd({ norm: 'Linf', epsilons: 0.01 }), { on: grid, robustAccuracy: 0.8 });
});
