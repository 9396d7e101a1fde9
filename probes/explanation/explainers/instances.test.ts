import { row, rowRange, rowsOf, zeros, type Tensor } from '#base/tensor';
import { closedObject } from '#config/configurable';
import { check } from '#config/validate';
import type { ExplainContext, Explained, Explainer } from '#plugin/explainer';
import { Detail } from '#report/details';
import { randomStreams } from '#stats/random';
import type { TextDomain } from '#target/domain';
import { labelsOf } from '#target/head';
import { linearTarget } from '#target/linear';
import { inMemory } from '#target/sample-source';
import type { Target } from '#target/target';
import { openTable } from '../../../test/table-fixtures.js';
import { anchors } from './anchors.js';
import { counterfactuals } from './counterfactuals.js';
import { nearestExamples } from './nearest-examples.js';

interface Parts {
  readonly target: Target;
  readonly sample: Tensor;
  readonly background: Tensor;
  readonly score: number;
  readonly tokens?: readonly string[];
  readonly options?: Record<string, unknown>;
}

async function explain(explainer: Explainer, parts: Parts): Promise<Explained> {
  const { target, sample, background, score, tokens = null, options = {} } = parts;
  const rows = rowsOf(background);
  const context: ExplainContext<never> = {
    options: check(closedObject(explainer.options), options, { code: 'config', file: explainer.id, path: [] }) as never,
    ...{ target, score, tokens },
    sample: { inputs: sample, labels: labelsOf([0]), indices: [3] },
    background: inMemory({
      inputs: background,
      labels: labelsOf(new Float64Array(rows)),
      indices: Array.from({ length: rows }, (_, i) => i),
    }),
    random: randomStreams(7, explainer.id),
    progress: () => undefined,
  };
  expect(explainer.appliesTo(target)).toBeNull();
  const explained = await explainer.explain(context);
  for (const detail of explained.details) check(Detail, detail, { code: 'run', file: explainer.id, path: [] });
  expect(explained.attribution).toBeNull();
  return explained;
}

function cells({ details }: Explained, at: number): readonly (readonly unknown[])[] {
  const detail = details[at];
  if (detail?.kind !== 'table') throw new Error('the detail is no table');
  return detail.rows;
}

test('of credit: a rule, what would have to be different, and who is like this', async () => {
  const { target, samples } = await openTable('credit-mlp');
  const sample = rowRange(samples.inputs, 7, 8);
  const { data } = await target.predict(sample);
  const parts = { target, sample, background: samples.inputs, score: data[0]! > data[1]! ? 0 : 1 };
  const rule = await explain(anchors, { ...parts, options: { verification: 2000 } });
  expect(rule.statements[0]).toMatch(/^Where .+, the model says `good`: so it did for 9\d\.\d % of 2000 fresh inputs/);
  expect(cells(rule, 0)[0]?.[0]).toBe('where');

  const other = await explain(counterfactuals, parts);
  expect(other.statements[0]).toMatch(/^The decision would be another with \w+ from .+ to .+; the nearest real row/);
  const changes = cells(other, 0);
  const immutable = changes.filter(([name]) => String(name).endsWith('(immutable)'));
  expect(immutable.map(([name]) => name)).toEqual(
    ['Seniority', 'Age', 'Marital', 'Records'].map((name) => `${name} (immutable)`),
  );
  for (const [, now, ...values] of immutable) expect([typeof now, ...values]).toEqual(['string', null, null, null]);
  expect(changes.length).toBeGreaterThan(immutable.length);

  const near = await explain(nearestExamples, { ...parts, options: { count: 4, layer: 'input' } });
  expect(cells(near, 0)).toHaveLength(4);
  expect(cells(near, 0)[0]?.slice(0, 2)).toEqual([7, 'bad']);
  expect(near.statements).toContain('The input itself is among them, value by value: 7.');
  await target.dispose();
});

test('where no row gets another decision, one sentence says so', async () => {
  const target = linearTarget([[0, 0]], [1], { head: { kind: 'binary' }, shape: [2] });
  const parts = { target, sample: zeros([1, 2]), background: zeros([5, 2]), score: 0 };
  const { details, statements } = await explain(counterfactuals, parts);
  expect(details).toEqual([]);
  expect(statements).toHaveLength(1);
  expect(statements[0]).toMatch(/^No legal row with another decision was found/);
});

test('a target without layers is compared by its input, and that is said', async () => {
  const target = linearTarget([[1, 1]], [0], { head: { kind: 'binary' }, shape: [2] });
  const background = { shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) };
  const parts = { target, sample: { shape: [1, 2], data: Float32Array.of(1, 0.5) }, background, score: 0 };
  const { statements } = await explain(nearestExamples, parts);
  expect(statements.slice(0, 2)).toEqual([
    '2 inputs were compared by the input itself.',
    'The target shows no layers, so inputs were compared as they are, and not as the model sees them.',
  ]);
});

test('of a picture: the cell that decides, with another picture behind the others', async () => {
  const weights = new Float32Array(64).fill(0);
  for (const pixel of [0, 1, 8, 9]) weights[pixel] = 1;
  const target = linearTarget([weights], [-2], { head: { kind: 'binary' }, shape: [1, 8, 8] });
  const white = new Float32Array(64).fill(1);
  const background = { shape: [2, 1, 8, 8], data: Float32Array.from({ length: 128 }, (_, i) => (i < 64 ? 1 : 0)) };
  const { statements } = await explain(anchors, {
    ...{ target, sample: { shape: [1, 1, 8, 8], data: white }, background, score: 0 },
    options: { regions: 16, segmentation: 'grid' },
  });
  expect(statements[0]).toMatch(
    /^Where region 0 around row [01], column [01], the model says `1`: so it did for 100.0 % of 1000/,
  );
  expect(statements[1]).toMatch(/^The rule covers 50.0 %/);
});

describe('of a text', () => {
  /** Ids 0 padding, 1 mask, 2 to 9 words; the word 9 decides. */
  const domain = (mask: number | null): TextDomain => ({
    kind: 'text',
    shape: [5],
    tokens: { vocabulary: 10, padding: 0, mask, special: mask === null ? [0] : [0, mask] },
  });
  const seen: number[] = [];
  const model = (mask: number | null): Target => ({
    ...linearTarget([[0, 0, 0, 0, 0]], [0], { head: { kind: 'binary' }, shape: [5] }),
    head: { kind: 'binary' },
    domain: domain(mask),
    labels: ['dull', 'good'],
    predict(inputs) {
      seen.push(...inputs.data);
      const data = Float32Array.from({ length: rowsOf(inputs) }, (_, i) => (row(inputs, i).includes(9) ? 1 : -1));
      return Promise.resolve({ shape: [rowsOf(inputs), 1], data });
    },
  });
  const sample = { shape: [1, 5], data: Float32Array.of(3, 9, 4, 5, 0) };
  const parts = { sample, background: { shape: [1, 5], data: Float32Array.of(6, 7, 0, 0, 0) }, score: 0 };

  test.each([
    ['the mask', 1, 1],
    ['words of the background', null, 7],
  ])('the word that decides, others replaced by %s', async (_, mask, replacement) => {
    seen.length = 0;
    const tokens = ['a', 'fine', 'old', 'film', ''];
    const { statements } = await explain(anchors, { ...parts, target: model(mask), tokens });
    expect(statements[0]).toMatch(/^Where fine, the model says `good`: so it did for 100.0 % of 1000/);
    expect(seen).toContain(replacement);
    expect(seen.every((id, i) => (i % 5 === 4 ? id === 0 : id !== 0))).toBe(true);
  });
});
