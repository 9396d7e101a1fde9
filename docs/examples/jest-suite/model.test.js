const { labelsOf } = require('assay');
const { pgd, samples, table, target } = require('assay/jest');

// Paths are relative to the working directory. These files come with the package; put yours in their place.
const files = 'node_modules/assay/fixtures';

// A model file is run in processes of its own: nothing here depends on jest's environment.
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

// An audit takes longer than the 5 seconds of a test.
jest.setTimeout(120_000);

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

// A model that is a function runs in the test itself. For that the jest config names `assay/jest-environment`.
test('a function withstands small changes too', async () => {
  const score = (a, b) => 3 * a - b - 1;
  const rows = Array.from({ length: 200 }, (_, i) => [(i % 20) / 19, Math.floor(i / 20) / 9]);
  const scorer = {
    predict: ({ shape, data }) => Array.from({ length: shape[0] }, (_, i) => score(data[2 * i], data[2 * i + 1])),
    gradient: ({ shape }, slopes) =>
      Array.from({ length: shape[0] }, (_, i) => [3 * slopes.data[i], -1 * slopes.data[i]]),
    shape: [2],
    head: 'binary',
    gives: 'logits',
    domain: { kind: 'tabular', range: [0, 1] },
  };
  const grid = {
    inputs: { shape: [200, 2], data: Float32Array.from(rows.flat()) },
    labels: labelsOf(rows.map(([a, b]) => (score(a, b) > 0 ? 1 : 0))),
    indices: rows.map((_, i) => i),
  };
  await expect(scorer).toWithstand(pgd({ norm: 'Linf', epsilons: 0.01 }), { on: grid, robustAccuracy: 0.8 });
});
