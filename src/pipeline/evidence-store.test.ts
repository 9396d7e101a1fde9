import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOfBytes } from '#base/digest';
import { AssayError } from '#base/errors';
import type { Evidence, Example } from '#plugin/plugin';
import { rng } from '#stats/random';
import { readEvidence, writeEvidence } from './evidence-store.js';
import type { Cell } from './types.js';

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'assay-evidence-')), 'cell');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const CELL: Cell = {
  id: digestOfBytes('cell'),
  audit: 'evasion/pgd',
  options: {},
  data: ['test'],
  cost: { predictions: 1, gradients: 1 },
  place: null,
  fate: { kind: 'run' },
};
const OPTIONS = { keep: 64, key: '7/evasion/pgd' };

const random = rng('evidence');
/** Pixels of k/255 and a step of epsilon: what differences of values would not give back to the last bit. */
function example(sample: number, epsilon = 0.1): Example {
  const original = Float32Array.from({ length: 784 }, () => random.integer(256) / 255);
  const changed = original.map((value) =>
    Math.min(1, Math.max(0, value + (random.uniform() < 0.5 ? epsilon : -epsilon))),
  );
  return {
    sample,
    epsilon,
    norm: { kind: 'Linf', value: epsilon },
    label: [3],
    scoresBefore: [1, 2],
    scoresAfter: [2, 1],
    original,
    changed,
  };
}
const write = (evidence: Evidence<unknown>, options = OPTIONS) => writeEvidence(folder, CELL, evidence, options);
const bits = (values: Float32Array | undefined) => [...new Uint32Array((values ?? new Float32Array()).slice().buffer)];

test('gives back data, examples and maps to the last bit', () => {
  const examples = [example(1), { ...example(2), changed: example(2).changed.fill(NaN, 3, 5).fill(-0, 5, 6) }];
  const maps = [{ sample: 1, caption: 'why', input: Float32Array.of(0.1), map: Float32Array.of(-1e-30) }];
  const digest = write({ data: { robust: [1, 0] }, examples, maps });
  const back = readEvidence(folder, digest);
  expect(back.data).toEqual({ robust: [1, 0] });
  expect(back.maps).toEqual(maps);
  for (const { sample, original, changed } of examples) {
    const stored = back.examples.find((each) => each.sample === sample);
    expect(bits(stored?.original)).toEqual(bits(original));
    expect(bits(stored?.changed)).toEqual(bits(changed));
  }
});

test('several epsilons of a sample share its original', () => {
  const first = example(1, 0.1);
  const second = { ...first, epsilon: 0.2, changed: first.changed.map((value) => value / 2) };
  write({ data: null, examples: [first] });
  const alone = statSync(join(folder, 'arrays.bin')).size;
  const digest = write({ data: null, examples: [first, second] });
  const both = statSync(join(folder, 'arrays.bin')).size;
  const back = readEvidence(folder, digest);
  expect(back.examples.map(({ epsilon }) => epsilon).sort()).toEqual([0.1, 0.2]);
  expect(both - alone).toBeLessThan(alone);
});

test('keeps as many examples as it was told, those of the page first, and hashes of the rest', () => {
  const examples = Array.from({ length: 30 }, (_, i) => example(i));
  const digest = write({ data: null, examples }, { ...OPTIONS, keep: 12 });
  const back = readEvidence(folder, digest);
  expect(back.examples).toHaveLength(12);
  expect(back.examples.filter(({ why }) => why !== null)).toHaveLength(9);
  const file = JSON.parse(readFileSync(join(folder, 'evidence.json'), 'utf8')) as {
    others: { sample: number; changed: string }[];
  };
  expect(file.others).toHaveLength(18);
  for (const { sample, changed } of file.others) {
    expect(changed).toBe(digestOfBytes(new Uint8Array(examples[sample]?.changed.buffer ?? new ArrayBuffer(0))));
  }
});

test('keeps no input when it was told to keep none', () => {
  const digest = write({ data: null, examples: [example(1)] }, { ...OPTIONS, keep: 0 });
  expect(readEvidence(folder, digest).examples).toEqual([]);
});

test('equal evidence gives equal bytes', () => {
  const evidence = { data: { b: 1, a: 2 }, examples: [example(1)] };
  const digest = write(evidence);
  const bytes = readFileSync(join(folder, 'arrays.bin'));
  rmSync(folder, { recursive: true });
  expect(write({ ...evidence, data: { a: 2, b: 1 } })).toBe(digest);
  expect(readFileSync(join(folder, 'arrays.bin'))).toEqual(bytes);
});

test('keeps files of plugins, and only those of the last attempt', () => {
  write({ data: null, artifacts: [{ name: 'old.onnx', bytes: Uint8Array.of(1) }] });
  write({ data: null, artifacts: [{ name: 'hardened.onnx', bytes: Uint8Array.of(1, 2) }] });
  expect(readdirSync(join(folder, 'artifacts'))).toEqual(['hardened.onnx']);
  expect([...readFileSync(join(folder, 'artifacts/hardened.onnx'))]).toEqual([1, 2]);
});

test.each(['../evil', '/etc/passwd', '.', '', 'a/b', 'a\\b', '.hidden'])('refuses a file named %j', (name) => {
  expect(() => write({ data: null, artifacts: [{ name, bytes: new Uint8Array() }] })).toThrow('made a file named');
});

test.each([
  ['NaN in data', { data: { rate: NaN } }, '`data.rate` is NaN'],
  ['NaN in scores', { data: null, examples: [{ ...example(1), scoresAfter: [NaN] }] }, 'scoresAfter[0]` is NaN'],
  ['arrays in data', { data: { losses: new Float32Array(2) } }, '`data.losses` is a Float32Array'],
  [
    'another shape',
    { data: null, examples: [{ ...example(1), changed: new Float32Array(3) }] },
    '784 values before and 3 after',
  ],
])('refuses %s', (_name, evidence, message) => {
  expect(() => write(evidence)).toThrow(message);
});

describe('evidence that is not what was written', () => {
  const changeByte = (name: string) => {
    const bytes = readFileSync(join(folder, name));
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
    writeFileSync(join(folder, name), bytes);
  };

  test.each(['evidence.json', 'arrays.bin', 'artifacts/model.onnx'])(
    'is refused when %s was changed or is missing',
    (name) => {
      const digest = write({
        data: { a: 1 },
        examples: [example(1)],
        artifacts: [{ name: 'model.onnx', bytes: Uint8Array.of(1, 2, 3) }],
      });
      expect(() => readEvidence(folder, digest)).not.toThrow();
      changeByte(name);
      expect(() => readEvidence(folder, digest)).toThrow('not the one that the run wrote');
      rmSync(join(folder, name));
      expect(() => readEvidence(folder, digest)).toThrow(AssayError);
      expect(() => readEvidence(folder, digest)).toThrow('the file is missing');
    },
  );
});
