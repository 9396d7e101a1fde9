import { row, rowRange } from '#base/tensor';
import { closedObject } from '#config/configurable';
import { check } from '#config/validate';
import type { ExplainContext, Explainer } from '#plugin/explainer';
import { Detail } from '#report/details';
import { randomStreams } from '#stats/random';
import { leavesOf } from '#stats/tree/tree';
import { labelsOf } from '#target/head';
import { linearTarget } from '#target/linear';
import { inMemory } from '#target/sample-source';
import { openTable } from '../../test/table-fixtures.js';
import { linearSurrogate, surrogateData, treeSurrogate } from './describing/surrogates.js';
import { effects } from './explainers/effects.js';
import { surrogateTree } from './explainers/surrogate-tree.js';
import { describeModel, globalExplanations } from './global.js';

const OPTIONS = { rows: 200, repeats: 2, columns: 2, points: 8, lines: 5, leaves: 32, rowsInLeaf: 5, terms: 10 };

function checked(details: readonly Detail[]): void {
  for (const detail of details) check(Detail, detail, { code: 'run', file: 'global', path: [] });
}

test.each(['credit-mlp', 'churn-mlp', 'credit-trees'] as const)(
  '%s: both surrogates agree with the model on held-out rows better than its usual answer does',
  async (name) => {
    const { target, samples } = await openTable(name);
    const data = await surrogateData(target, samples.inputs, 1, randomStreams(7));
    const options = { leaves: 32, rowsInLeaf: 5, terms: 10 };
    const { tree, fidelity } = treeSurrogate(data, options, randomStreams(7));
    const linear = linearSurrogate(data, 1, options, randomStreams(7));
    await target.dispose();
    expect(leavesOf(tree)).toBeLessThanOrEqual(32);
    expect(linear.fit.terms).toBeLessThanOrEqual(10);
    for (const found of [fidelity, linear.fidelity]) {
      if (found.kind !== 'agreement') throw new Error('answers are classes');
      expect(found.n).toBe(150);
      expect(found.agreed).toBeGreaterThan(found.constant);
      // 134 to 138 rows, give or take one that rounds otherwise.
      expect(found.agreed).toBeGreaterThanOrEqual(132);
    }
  },
);

test('credit-mlp as a whole: every part is there and valid, and the same seed gives the same', async () => {
  const { target, samples } = await openTable('credit-mlp');
  const describeIt = () => describeModel(target, inMemory(samples), OPTIONS, randomStreams(7));
  const details = await describeIt();
  const again = await describeIt();
  await target.dispose();
  checked(details);
  expect(details.map(({ kind }) => kind).filter((kind) => kind === 'bars')).toHaveLength(2);
  expect(details.map(({ title }) => title)).toEqual(
    expect.arrayContaining(['The rules of the surrogate tree', 'The terms of the sparse linear surrogate']),
  );
  expect(again).toEqual(details);
});

const WEIGHTS = [3, -1, 0];
const linear = linearTarget([WEIGHTS], [0], { head: { kind: 'regression', count: 1, tolerance: 0.1 }, shape: [3] });
const inputs = {
  shape: [100, 3],
  data: Float32Array.from({ length: 300 }, (_, i) => Math.abs(Math.sin(i * (i + 1)))),
};
const rows = inMemory({
  inputs,
  labels: labelsOf(Float64Array.from({ length: 100 }, (_, i) => 3 * row(inputs, i)[0]! - row(inputs, i)[1]!)),
  indices: Array.from({ length: 100 }, (_, i) => 2 * i),
});

test('of a linear model: importance in order of its weights, slopes that are its coefficients, R squared 1 of its surrogate', async () => {
  const progress: number[] = [];
  const details = await globalExplanations({
    target: linear,
    background: rows,
    random: randomStreams(7),
    progress: (done) => progress.push(done),
  });
  checked(details);
  expect(progress).toEqual([1, 2, 3, 4]);
  const [bars] = details;
  if (bars?.kind !== 'bars') throw new Error('importance is first');
  expect(bars.rows.map(({ name }) => name)).toEqual(['position 0', 'position 1', 'position 2']);
  expect(bars.rows[2]!.value).toBe(0);
  for (const detail of details) {
    if (detail.kind !== 'effect') continue;
    const { points } = detail.mean;
    const slope = (points.at(-1)!.y - points[0]!.y) / (points.at(-1)!.x - points[0]!.x);
    // x is written with six digits.
    expect(Math.abs(slope - WEIGHTS[Number(/\d/.exec(detail.title)![0])]!)).toBeLessThan(1e-4);
  }
  const terms = details.at(-1);
  if (terms?.kind !== 'table') throw new Error('the linear surrogate is last');
  expect(terms.note).toMatch(/R squared of (1\.000|0\.99\d) on 30 rows/);
  expect(terms.rows.map(([term]) => term)).toEqual(['position 0', 'position 1']);
});

test('texts get none, and pictures the importance of their regions alone', async () => {
  const head = { kind: 'binary' } as const;
  const picture = linearTarget([Float64Array.from({ length: 64 }, (_, i) => i)], [-900], { head, shape: [1, 8, 8] });
  const pictures = inMemory({
    inputs: { shape: [20, 1, 8, 8], data: Float32Array.from({ length: 1280 }, (_, i) => Math.abs(Math.sin(i * i))) },
    labels: labelsOf(Float64Array.from({ length: 20 }, (_, i) => i % 2)),
    indices: Array.from({ length: 20 }, (_, i) => i),
  });
  const details = await describeModel(picture, pictures, OPTIONS, randomStreams(7));
  expect(details.map(({ kind }) => kind)).toEqual(['bars', 'bars']);
  const text = { ...picture, head, domain: { kind: 'text', shape: [64] } as const };
  expect(await describeModel(text as never, pictures, OPTIONS, randomStreams(7))).toEqual([]);
});

function contextOf(explainer: Explainer, options: Record<string, unknown>): ExplainContext<never> {
  return {
    options: check(closedObject(explainer.options), options, { code: 'config', file: explainer.id, path: [] }) as never,
    target: linear,
    score: 0,
    tokens: null,
    sample: { inputs: rowRange(inputs, 5, 6), labels: labelsOf([0]), indices: [10] },
    background: rows,
    random: randomStreams(7, explainer.id),
    progress: () => undefined,
  };
}

test('effects of one sample: the columns that move the score most, with the sample on its own line', async () => {
  const { details, statements } = await effects.explain(contextOf(effects, { columns: 2, lines: 3, points: 6 }));
  checked(details);
  expect(details.map(({ title }) => title)).toEqual([
    'Partial dependence on position 0',
    'Accumulated local effects of position 0',
    'Partial dependence on position 1',
    'Accumulated local effects of position 1',
  ]);
  const [first] = details;
  if (first?.kind !== 'effect') throw new Error('effects are drawn');
  expect(first.individual).toHaveLength(4);
  const own = row(inputs, 5);
  expect(first.marked!.sample).toBe(10);
  expect(Math.abs(first.marked!.y - (3 * own[0]! - own[1]!))).toBeLessThan(1e-6);
  expect(statements[0]).toMatch('2 columns of 3');
});

test('a surrogate tree says what it and the model say of the sample, and how far it can be trusted', async () => {
  const { details, statements } = await surrogateTree.explain(contextOf(surrogateTree, {}));
  checked(details);
  expect(statements[0]).toMatch(/A tree of \d+ leaves has an R squared of 0\.\d+ on 30 rows/);
  const [path] = details;
  if (path?.kind !== 'table') throw new Error('the path is a table');
  expect(path.rows[0]![0]).toBe('all rows');
  expect(path.rows.length).toBeGreaterThan(1);
});
