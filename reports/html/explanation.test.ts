import { Type } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import { agreementOf, type Attributed } from '#pipeline/explaining/agreement';
import { inputPicture, type Files } from '#pipeline/explaining/drawings';
import { groundOf, type Ground } from '#pipeline/explaining/ground';
import { recordedExplainer, recordedScores } from '#pipeline/explaining/record';
import { defineExplainer } from '#plugin/explainer';
import { ExplanationRecord, type RecordedDecision } from '#report/explanation';
import { randomStreams } from '#stats/random';
import type { Domain } from '#target/domain';
import { sizeOf } from '#base/tensor';
import { creditWaterfall, importanceBars } from '../testing/explanations.js';
import { explanationPage } from './explanation.js';

const SIZE = 2_000_000;
/** More than the project has, all of them noise: nothing compresses worse. */
const EXPLAINERS = 24;

const picture: Domain = {
  ...{ kind: 'image', layout: 'NCHW', shape: [3, 224, 224] },
  ...{ range: [0, 1], mean: [0, 0, 0], std: [1, 1, 1] },
};
const tokens = { vocabulary: 30_000, padding: 0, mask: 103, special: [0, 101, 102, 103] };
const text: Domain = { kind: 'text', shape: [512], tokens };

/** As many as there are that show more than their attribution. */
const WITH_FIGURES = 6;
const NAMES = Array.from({ length: 64 }, (_, i) => `the ${i}th of some parts with a name`);
/** What explainers show beside an attribution: one of each kind, with as many rows as a picture or a long text has parts. */
const FIGURES: RecordedDecision['explainers'][number]['details'] = [
  creditWaterfall(NAMES),
  importanceBars(NAMES),
  {
    kind: 'table',
    title: 'The rule',
    columns: [
      { label: 'part', format: 'text' },
      { label: 'value', format: 'number' },
    ],
    rows: NAMES.map((name, i) => [name, i / 7]),
  },
];

function noise(count: number, name: string): Float64Array {
  const source = randomStreams(3, name).of(0);
  return Float64Array.from({ length: count }, () => source.uniform() - 0.5);
}

function rolled(values: Float64Array, by: number): Float64Array {
  return values.map((_, i) => values[(i + by) % values.length] ?? NaN);
}

function explained(domain: Domain, words: readonly string[] | null) {
  const files: Files = new Map();
  const size = sizeOf(domain.shape);
  const input = Float32Array.from(noise(size, 'input'), (value) =>
    domain.kind === 'text' ? 1 + Math.floor((value + 0.5) * 29_000) : value + 0.5,
  );
  const ground = groundOf(domain, input, words);
  const values = noise(size, 'values');
  const attributed: Attributed[] = Array.from({ length: EXPLAINERS }, (_, i) => ({
    id: `explainer-${i}`,
    attribution: { values: rolled(values, 977 * i), completeness: { difference: 1, residual: 0.001 } },
  }));
  const explainers = attributed.map(({ id, attribution }, i) =>
    recordedExplainer(
      {
        explainer: defineExplainer({
          ...{ id, title: `Explainer ${id} <b>`, description: 'What it is. '.repeat(20), sources: ['Somebody 2020'] },
          ...{ needs: [], role: 'explanation', options: Type.Object({}), appliesTo: () => null },
          explain: () => Promise.reject(new Error('not asked')),
        }),
        options: { steps: 64 },
        because: null,
      },
      {
        kind: 'explained',
        attribution,
        details: i < WITH_FIGURES ? FIGURES : [],
        statements: ['A sentence of some length. '.repeat(4)],
      },
      { domain, ground, files },
    ),
  );
  const points = Array.from({ length: 21 }, (_, i) => i);
  const curve = { scores: points.map(() => 1.234_567), mean: 1, beats: 50 };
  const band = { mean: points, low: points, high: points };
  const decision: RecordedDecision = {
    sample: {
      ...{ kind: 'index', index: 3, name: 'sample 3', digest: 'ab', truth: 'x', columns: null },
      picture: inputPicture(domain, input, files),
      tokens: words === null ? null : [...ground.names],
    },
    prediction: { label: 'y <script>', probability: 0.5 },
    ...recordedScores({ kind: 'classes', count: 1000 }, null, Float32Array.from(noise(1000, 'scores')), 4),
    explainers,
    agreement: everyPair(attributed, ground),
    removal: {
      ...{ counts: points, baseline: 'the mean of 100 background samples', orders: 100 },
      random: { deletion: band, insertion: band },
      explained: attributed.map(({ id }) => ({ id, deletion: curve, insertion: curve })),
    },
    noRemoval: null,
  };
  return { files, record: recordOf(domain, decision) };
}

/** As many pairs as there are, of which one is worked out. */
function everyPair(attributed: readonly Attributed[], ground: Ground): RecordedDecision['agreement'] {
  const [worked] = agreementOf(attributed.slice(0, 2), ground);
  return attributed.flatMap(({ id: a }, i) =>
    attributed.slice(i + 1).flatMap(({ id: b }) => (worked === undefined ? [] : [{ ...worked, a, b }])),
  );
}

function recordOf(domain: Domain, decision: RecordedDecision): ExplanationRecord {
  return {
    version: 1,
    tool: { name: 'assay', version: '1' },
    command: 'assay explain assay.config.json 3',
    target: {
      ...{ name: 'model.onnx', digest: 'c'.repeat(64), engine: 'onnx', device: 'cpu', files: [] },
      domain: { kind: domain.kind, shape: [...domain.shape], range: [0, 1], layout: null, mean: [], std: [] },
      head: { kind: 'classes', outputs: 1000, scale: 'logits', tolerance: null },
      ...{ labels: null, batch: 'any', capabilities: [], missing: [], notes: [] },
    },
    ...{ data: [], seed: 7, config: { file: 'assay.config.json', digest: 'd' }, versions: { assay: '1' } },
    ...{ decision, model: null, exitCode: 0 },
  };
}

describe.each([
  ['a picture of 224 x 224', picture, null],
  ['a text of 512 tokens', text, Array.from({ length: 512 }, (_, i) => `token${i}`)],
] as const)('the page of %s', (_, domain, words) => {
  const { record, files } = explained(domain, words);
  const page = explanationPage({ record, readFile: (path) => files.get(path) ?? null });

  test('stays under 2 MB, with every explainer on it, all pairs of them and a figure of each kind', () => {
    expect(Buffer.byteLength(page)).toBeLessThan(SIZE);
    expect(page.match(/<td class="number (?:agree-|none|self)/g)).toHaveLength(EXPLAINERS * EXPLAINERS);
    expect(page.match(/<summary>The numbers behind/g)?.length).toBeGreaterThanOrEqual(2 * WITH_FIGURES);
    expect(page.match(/class="panel"/g)).toHaveLength(EXPLAINERS);
    expect(page).not.toContain('class="missing"');
  });

  test('is one file that asks for nothing, and escapes what comes from outside', () => {
    const withoutPictures = page.replaceAll(/data:image\/png;base64,[A-Za-z0-9+/=]+/g, '');
    expect(withoutPictures).not.toMatch(/<script|<b>Explainer|\bundefined\b|\[object|NaN/);
    expect(page).toContain('y &lt;script&gt;');
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('is of a record that fits its schema', () => {
    const validate = new Ajv({ strict: true, allowUnionTypes: true }).compile(ExplanationRecord);
    expect([validate(record), validate.errors]).toEqual([true, null]);
  });

  test('is the same again', () => {
    expect(explanationPage({ record, readFile: (path) => files.get(path) ?? null })).toBe(page);
  });
});

test('a picture that is not the one of the record is not shown', () => {
  const { record, files } = explained({ ...picture, shape: [3, 8, 8] }, null);
  const page = explanationPage({
    record,
    readFile: (path) =>
      path.includes('explainer-3') ? (files.get('pictures/input.png') ?? null) : (files.get(path) ?? null),
  });
  expect(page.match(/class="missing"/g)).toHaveLength(1);
});
