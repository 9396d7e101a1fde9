import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { runPgd } from '#attacks/evasion/index';
import { packageRoot } from '#base/package-root';
import { row, rowRange, rowsOf } from '#base/tensor';
import { complete } from '#config/complete';
import type { CompleteConfig } from '#config/loaded';
import type { Config, FileTargetConfig } from '#config/schema';
import { loadSamples, type LoadedSamples } from '#data/load-samples';
import { randomStreams } from '#stats/random';
import { declareTarget } from '#target/declare';
import type { TabularDomain } from '#target/domain';
import { isCorrect, labelRow } from '#target/head';
import { openTarget, type OpenedTarget } from '#target/open';
import { readModelFile } from '#target/read-model';
import { boundsOf, immutablePositions, nearestLegal, violations } from '#target/table-domain';
import { isDifferentiable } from '#target/target';

const folder = join(packageRoot(), 'fixtures/models/tabular');

function configOf(name: string, change: Partial<FileTargetConfig> = {}): CompleteConfig {
  const file = join(folder, `${name}.config.json`);
  const config = JSON.parse(readFileSync(file, 'utf8')) as Config;
  const target = { ...config.target, ...change } as FileTargetConfig;
  return complete({ ...config, target }, resolve(dirname(file)));
}

type Opened = OpenedTarget & Pick<LoadedSamples, 'samples' | 'groups'> & { readonly data: LoadedSamples['card'] };

async function open(config: CompleteConfig): Promise<Opened> {
  const target = config.target as FileTargetConfig;
  const model = await readModelFile(target.file);
  const declaration = await declareTarget(target, model);
  const loaded = await loadSamples(config.data.test!, declaration, 7);
  const probe = rowRange(loaded.samples.inputs, 0, Math.min(64, rowsOf(loaded.samples.inputs)));
  const { samples, groups, card: data } = loaded;
  return { samples, groups, data, ...(await openTarget(target, model, probe, { threads: 1, batchSize: 128 })) };
}

async function right({ target, samples }: Pick<Opened, 'target' | 'samples'>): Promise<number> {
  const scores = await target.predict(samples.inputs);
  return samples.indices.filter((_, i) => isCorrect(target.head, row(scores, i), labelRow(samples.labels, i))).length;
}

describe('tabular fixtures', () => {
  // What PyTorch and scikit-learn count on the same 500 rows (fixtures/make/tabular).
  test.each([
    ['credit-mlp', 412, ['labels', 'scores', 'gradients', 'layers', 'training'], 'logits'],
    ['churn-mlp', 401, ['labels', 'scores', 'gradients', 'layers', 'training'], 'logits'],
    ['credit-trees', 419, ['labels', 'scores'], 'probabilities'],
  ])('%s is right on %d of 500, as where it was made', async (name, count, capabilities, scale) => {
    const opened = await open(configOf(name));
    expect(rowsOf(opened.samples.inputs)).toBe(500);
    expect(await right(opened)).toBe(count);
    expect([...opened.target.capabilities]).toEqual(capabilities);
    expect(opened.card.head.scale).toBe(scale);
    await opened.target.dispose();
  });

  test('trees say what keeps them from gradients', async () => {
    const { target } = await open(configOf('credit-trees'));
    expect(target.missing.get('gradients')).toMatch('TreeEnsembleClassifier');
    await target.dispose();
  });

  test('a map of labels to probabilities is read as the probabilities', async () => {
    const plain = await open(configOf('credit-trees'));
    const zipped = await open(
      configOf('credit-trees', { file: 'credit-trees-zipmap.onnx', output: 'output_probability' }),
    );
    const { inputs } = plain.samples;
    expect((await zipped.target.predict(inputs)).data).toEqual((await plain.target.predict(inputs)).data);
    await Promise.all([plain.target.dispose(), zipped.target.dispose()]);
  });

  test('of several outputs one has to be named', async () => {
    const config = configOf('credit-trees');
    const { output: _, ...target } = config.target as FileTargetConfig;
    await expect(open({ ...config, target })).rejects.toThrow(
      'credit-trees.onnx: the model has 2 outputs (`label`, `probabilities`). Name the one to audit as `target.output`.',
    );
  });

  test.each(['credit-mlp', 'churn-mlp', 'credit-trees'])(
    'every row of %s is legal, and its own nearest',
    async (name) => {
      const { target, samples } = await open(configOf(name));
      const domain = target.domain as TabularDomain;
      const { low, high } = boundsOf(domain);
      for (let i = 0; i < rowsOf(samples.inputs); i++) {
        const values = row(samples.inputs, i);
        expect(violations(domain, values, values)).toEqual([]);
        nearestLegal(domain, values).forEach((value, position) => {
          // Float32 of values up to the largest bound.
          expect(Math.abs(value - values[position]!)).toBeLessThanOrEqual(
            1e-6 * Math.max(1, high[position]! - low[position]!),
          );
        });
      }
      await target.dispose();
    },
  );

  test('both units are the same model', async () => {
    const shares = await open(configOf('credit-mlp'));
    const { domain } = configOf('credit-mlp').target as FileTargetConfig;
    const data = await open(configOf('credit-mlp', { domain: { ...domain, units: 'data' } }));
    expect(shares.target.domain).toMatchObject({ range: [0, 1] });
    expect(data.target.domain).toMatchObject({ range: [0, 300_000] });
    const ofShares = await shares.target.predict(shares.samples.inputs);
    const ofData = await data.target.predict(data.samples.inputs);
    // Logits of up to 5, from float32 inputs that were rounded at another place.
    const difference = ofShares.data.reduce((most, value, i) => Math.max(most, Math.abs(value - ofData.data[i]!)), 0);
    expect(difference).toBeLessThan(1e-4);
    await Promise.all([shares.target.dispose(), data.target.dispose()]);
  });

  test.each([
    ['range', 'Linf', 0.2],
    ['range', 'L2', 0.5],
    ['range', 'L1', 1],
    // In the data's own units, where a column's range is a thousandth of another's.
    ['data', 'Linf', 2000],
  ] as const)(
    'PGD in units of %s, %s, stays within each column, and leaves alone what nobody can change',
    async (units, norm, epsilons) => {
      const { domain: declared } = configOf('credit-mlp').target as FileTargetConfig;
      const config = configOf('credit-mlp', { domain: { ...declared, units } });
      const test = { ...config.data.test!, sample: 100 };
      const { target, samples } = await open({ ...config, data: { test } });
      const domain = target.domain as TabularDomain;
      const { low, high } = boundsOf(domain);
      const immutable = immutablePositions(domain);
      expect(immutable.size).toBeGreaterThan(0);
      if (!isDifferentiable(target)) throw new Error('the fixture has gradients');
      const options = {
        norm,
        epsilons,
        steps: 10,
        restarts: 1,
        randomStart: true,
        loss: 'cross-entropy',
        earlyStop: true,
      } as const;
      const {
        epsilons: [result],
      } = await runPgd(target, samples, options, randomStreams(7));
      const before = await right({ target, samples });
      expect(result!.outcomes.filter(({ fate }) => fate === 'survived').length).toBeLessThan(before);
      for (let i = 0; i < rowsOf(samples.inputs); i++) {
        row(result!.inputs, i).forEach((value, j) => {
          const own = row(samples.inputs, i)[j]!;
          if (immutable.has(j)) expect(value).toBe(own);
          // Rows are as float32 has them.
          expect(value).toBeGreaterThanOrEqual(Math.min(low[j]!, own));
          expect(value).toBeLessThanOrEqual(Math.max(high[j]!, own));
        });
      }
      await target.dispose();
    },
  );

  test('groups are carried with the samples that are drawn', async () => {
    const config = configOf('churn-mlp');
    const all = await open(config);
    const some = await open({ ...config, data: { test: { ...config.data.test!, sample: 50 } } });
    expect(some.groups.map(({ name }) => name)).toEqual(['female', 'senior_citizen']);
    some.groups.forEach(({ values }, column) => {
      expect(values).toEqual(some.samples.indices.map((index) => all.groups[column]!.values[index]));
    });
    expect(some.data.columns).toEqual([
      { name: 'female', role: 'group' },
      { name: 'senior_citizen', role: 'group' },
    ]);
    await Promise.all([all.target.dispose(), some.target.dispose()]);
  });
});
