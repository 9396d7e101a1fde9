import { Type } from '@sinclair/typebox';
import { digestOfBytes } from '#base/digest';
import { readNpy } from '#data/npy';
import { defineExplainer, type Attribution } from '#plugin/explainer';
import { heatValue, readHeatMap } from '#report/heat-map';
import type { ImageDomain } from '#target/domain';
import type { Files } from './drawings.js';
import { groundOf } from './ground.js';
import { recordedExplainer, recordedScores } from './record.js';
import type { Scheduled } from './schedule.js';

const domain: ImageDomain = { kind: 'image', layout: 'NCHW', shape: [2, 1, 3], range: [0, 1], mean: [0], std: [1] };
const ground = groundOf(domain, new Float32Array(6), null);

const scheduled: Scheduled = {
  explainer: defineExplainer({
    ...{ id: 'some', title: 'Some', description: '', sources: [], needs: [], role: 'explanation' },
    options: Type.Object({}),
    appliesTo: () => null,
    explain: () => Promise.reject(new Error('not asked')),
  }),
  options: {},
  because: null,
};

function recorded(attribution: Attribution, files: Files = new Map()) {
  const outcome = { kind: 'explained', attribution, details: [], statements: [] } as const;
  return { files, record: recordedExplainer(scheduled, outcome, { domain, ground, files }) };
}

describe('an attribution', () => {
  const values = Float64Array.of(1, -2, 3, 1, -2, -3);

  test('is kept as it was given, under its digest', () => {
    const { files, record } = recorded({ values, completeness: { difference: -2, residual: 0 } });
    const { file, sha256 } = record.attribution?.values ?? { file: '', sha256: '' };
    const bytes = files.get(file) ?? new Uint8Array();
    expect([...readNpy(bytes, file).data]).toEqual([...values]);
    expect(digestOfBytes(bytes)).toBe(sha256);
    expect(record.attribution).toMatchObject({ features: 6, sum: -2, largest: 3, of: null, standardErrors: null });
  });

  test('is drawn by pixels, whose channels are added up, on the scale of the largest of them', () => {
    const { files, record } = recorded({ values });
    const map = readHeatMap(files.get('pictures/some.png') ?? new Uint8Array());
    expect(record.attribution).toMatchObject({ mapLargest: 4, map: { width: 3, height: 1 } });
    // 2, -4 and 0 of 4, in steps of 4 / 127.
    expect(Array.from(map?.indices ?? [], (index) => Math.round(heatValue(index, 4) * 10) / 10)).toEqual([2, -4, 0]);
    expect(record.attribution?.top).toEqual([
      { name: 'row 0, column 1', value: -4, standardError: null },
      { name: 'row 0, column 0', value: 2, standardError: null },
    ]);
  });

  test('of few features of its own names those, with their standard errors', () => {
    const features = { names: ['left', 'right'], of: Int32Array.of(0, 0, 1, 0, 0, 1) };
    const { files, record } = recorded({
      values: Float64Array.of(0.5, -7),
      standardErrors: Float64Array.of(0.1, 0.2),
      features,
    });
    expect(record.attribution?.top).toEqual([
      { name: 'right', value: -7, standardError: 0.2 },
      { name: 'left', value: 0.5, standardError: 0.1 },
    ]);
    expect([...readNpy(files.get('attributions/some.features.npy') ?? new Uint8Array(), 'of').data]).toEqual([
      ...features.of,
    ]);
  });
});

test('an error and what does not apply have their sentences and nothing else', () => {
  const shown = { domain, ground, files: new Map() };
  const failed = recordedExplainer(scheduled, { kind: 'error', sentence: 'It is out of range.' }, shown);
  expect(failed).toMatchObject({ status: 'error', because: 'It is out of range.', attribution: null });
  const without = recordedExplainer(scheduled, { kind: 'unfit', sentence: 'node x has no rule' }, shown);
  expect(without).toMatchObject({ status: 'not-applicable', because: 'node x has no rule', attribution: null });
  const unfit = recordedExplainer({ ...scheduled, because: 'it needs texts' }, undefined, shown);
  expect(unfit).toMatchObject({ status: 'not-applicable', because: 'it needs texts', attribution: null });
  expect(shown.files.size).toBe(0);
});

describe('scores', () => {
  test('are the highest five and the explained one, with their probabilities', () => {
    const scores = Float32Array.of(0, Math.log(2), Math.log(3), -50, -50, -50, -60);
    const { score, scores: shown } = recordedScores({ kind: 'classes', count: 7 }, null, scores, 6);
    expect(shown.map(({ index }) => index)).toEqual([2, 1, 0, 3, 4, 6]);
    // Float32 logarithms: seven digits.
    expect(shown[0]?.probability).toBeCloseTo(1 / 2, 6);
    expect(shown[1]?.probability).toBeCloseTo(1 / 3, 6);
    expect(score).toMatchObject({ index: 6, label: '6', value: -60 });
  });

  test('of a binary head speak for the second label, and values have no probability', () => {
    const { score } = recordedScores({ kind: 'binary' }, ['no', 'yes'], Float32Array.of(0), 0);
    expect(score).toEqual({ index: 0, label: 'yes', value: 0, probability: 0.5 });
    const values = recordedScores({ kind: 'regression', count: 1, tolerance: 1 }, null, Float32Array.of(4), 0);
    expect(values.score).toEqual({ index: 0, label: '0', value: 4, probability: null });
  });
});
