import { digestOfBytes } from '#base/digest';
import type { TargetFacts } from '#plugin/plugin';
import type { StoredEvidence, StoredExample } from './evidence-store.js';
import { drawPictures, type PictureOptions } from './pictures.js';

const IMAGE: TargetFacts = {
  domain: { kind: 'image', layout: 'NCHW', shape: [1, 2, 2], range: [0, 1], mean: [0], std: [1] },
  head: { kind: 'classes', count: 3 },
};
const OPTIONS: PictureOptions = {
  facts: IMAGE,
  labels: ['shirt', 'coat', 'bag'],
  folder: 'evasion-pgd-1',
  samples: 'show',
};

const example = (sample: number, why: string | null, change = 0.1): StoredExample => ({
  sample,
  epsilon: 0.1,
  norm: { kind: 'Linf', value: 0.1 },
  label: [1],
  scoresBefore: [0, Math.log(3), 0],
  scoresAfter: [0, 0, 0.5],
  original: Float32Array.of(0.2, 0.4, 0.6, 0.8),
  changed: Float32Array.of(0.2 + change, 0.4, 0.6, 0.8),
  why,
});
const evidence = (parts: Partial<StoredEvidence>): StoredEvidence => ({ data: null, examples: [], maps: [], ...parts });

test('the chosen examples become three pictures each, with what the target said', () => {
  const { pictures, files } = drawPictures(evidence({ examples: [example(7, 'smallest'), example(9, null)] }), OPTIONS);
  expect(files.map(({ path }) => path)).toEqual(
    ['original', 'perturbation', 'adversarial'].map((name) => `counterexamples/evasion-pgd-1/7-${name}.png`),
  );
  expect(pictures.examples).toHaveLength(1);
  const [row] = pictures.examples;
  // softmax of (0, ln 3, 0) at its highest: 3 / 5.
  expect(row).toMatchObject({
    sample: 7,
    why: 'smallest',
    truth: 'coat',
    before: { label: 'coat' },
    after: { label: 'bag' },
  });
  expect(row?.before.probability).toBeCloseTo(0.6, 12);
  expect(row?.original).toEqual({
    file: files[0]?.path,
    sha256: digestOfBytes(files[0]?.bytes ?? ''),
    width: 2,
    height: 2,
  });
});

test('the amplification is one for the cell: that of its largest change', () => {
  const { pictures } = drawPictures(evidence({ examples: [example(1, 'a', 0.01), example(2, 'b', 0.25)] }), OPTIONS);
  expect(pictures.examples.map(({ amplification }) => amplification)).toEqual([2, 2]);
});

test('maps have one scale: the largest absolute value of all', () => {
  const map = (sample: number, value: number) => ({
    sample,
    caption: 'integrated gradients',
    input: new Float32Array(4),
    map: Float32Array.of(value, 0, 0, 0),
  });
  const { pictures, files } = drawPictures(evidence({ maps: [map(3, 0.5), map(4, -2)] }), OPTIONS);
  expect(pictures.mapScale).toBe(2);
  expect(pictures.maps.every(({ input, map: drawn }) => input !== null && drawn !== null)).toBe(true);
  expect(new Set(files.map(({ path }) => path)).size).toBe(4);
});

const BOTH = evidence({
  examples: [example(1, 'smallest')],
  maps: [{ sample: 1, caption: 'a', input: new Float32Array(4), map: new Float32Array(4) }],
});

test.each<[string, Partial<PictureOptions>]>([
  ['samples are only named', { samples: 'ids' }],
  ['the domain is a table', { facts: { ...IMAGE, domain: { ...IMAGE.domain, kind: 'tabular', shape: [4] } as never } }],
  ['an image has four channels', { facts: { ...IMAGE, domain: { ...IMAGE.domain, shape: [4, 1, 1] } as never } }],
])('where %s there are rows and no pictures', (_name, options) => {
  const { pictures, files } = drawPictures(BOTH, { ...OPTIONS, ...options });
  expect(files).toEqual([]);
  expect(pictures.examples).toMatchObject([{ sample: 1, original: null, perturbation: null, adversarial: null }]);
  expect(pictures.maps).toEqual([{ sample: 1, caption: 'a', input: null, map: null, summary: null }]);
});

test('an input of another size than the domain is not drawn', () => {
  const odd = { ...example(1, 'smallest'), original: new Float32Array(3), changed: new Float32Array(3) };
  expect(drawPictures(evidence({ examples: [odd] }), OPTIONS).files).toEqual([]);
});

test('without a target there is nothing to draw', () => {
  expect(drawPictures(BOTH, { ...OPTIONS, facts: null })).toEqual({
    pictures: { examples: [], maps: [], mapScale: 0 },
    files: [],
  });
});
