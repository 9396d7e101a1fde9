import { row } from '#base/tensor';
import { randomStreams, rng } from '#stats/random';
import type { ScalarColumn, TabularDomain } from '#target/domain';
import { isLegal } from '#target/table-domain';
import { checkAugmentation } from './augment.js';
import { augmented, EACH, imageDomain, samplesOf } from './testing/batches.js';

describe('tables', () => {
  const units = { offset: 0, factor: 1 };
  const scalar = (name: string, position: number, change: Partial<ScalarColumn> = {}): ScalarColumn => ({
    ...{ kind: 'numeric', name, immutable: false, position, range: [0, 1], grid: null, categories: null, units },
    ...change,
  });
  const TABLE: TabularDomain = {
    kind: 'tabular',
    shape: [8],
    range: [-5, 10],
    mean: [0],
    std: [1],
    columns: [
      scalar('free', 0),
      scalar('fixed', 1, { immutable: true }),
      scalar('whole', 2, { kind: 'integer', range: [0, 9], grid: { origin: 0, step: 1 } }),
      scalar('rank', 3, { kind: 'ordinal', range: [0, 2], grid: { origin: 0, step: 1 }, categories: ['a', 'b', 'c'] }),
      { kind: 'one-hot', name: 'kind', immutable: false, positions: [4, 5], categories: ['x', 'y'] },
      scalar('part', 6),
      scalar('whole of it', 7, { range: [-5, 10] }),
    ],
    relations: [
      {
        text: 'part <= whole',
        terms: [
          { position: 6, weight: 1 },
          { position: 7, weight: -1 },
        ],
        kind: 'at-most',
        bound: 0,
      },
    ],
  };
  const ROWS = samplesOf({
    shape: [2, 8],
    data: Float32Array.of(0.5, 0.25, 3, 1, 1, 0, 0.2, 0.2, 0.9, 0.75, 9, 2, 0, 1, 0, 10),
  });

  test('noise moves what can move freely, and every row stays legal', () => {
    for (let seed = 0; seed < 50; seed++) {
      const random = randomStreams(seed);
      const { inputs } = augmented(ROWS, [{ kind: 'noise', std: 2 }], TABLE, { random });
      for (let i = 0; i < 2; i++) {
        expect(isLegal(TABLE, row(inputs, i), row(ROWS.inputs, i))).toBe(true);
        expect(row(inputs, i)[0]).not.toBe(row(ROWS.inputs, i)[0]);
        expect(row(inputs, i).subarray(1)).toEqual(row(ROWS.inputs, i).subarray(1));
      }
    }
  });

  test('noise moves everything where no columns are declared', () => {
    const { columns: _, relations: __, ...bare } = TABLE;
    const { data } = augmented(ROWS, [{ kind: 'noise', std: 0.01 }], bare).inputs;
    expect(data.every((value, i) => value !== ROWS.inputs.data[i] || value === 10)).toBe(true);
  });

  test('mixup keeps ranges and relations', () => {
    const { inputs } = augmented(ROWS, [{ kind: 'mixup', alpha: 1 }], TABLE, { batchRandom: rng('pair') });
    expect(inputs.data).not.toEqual(ROWS.inputs.data);
    for (let i = 0; i < 2; i++) {
      const values = row(inputs, i);
      // One-hot shares add up to 1 but for float32.
      expect((values[4] ?? NaN) + (values[5] ?? NaN)).toBeCloseTo(1, 6);
      expect(values[6]).toBeLessThanOrEqual(values[7] ?? NaN);
    }
  });

  test.each(['crop', 'flip', 'rotation', 'cutout', 'augmix'])('%s is for images', (kind) => {
    const step = EACH.find((other) => other.kind === kind)!;
    const sentence = `the augmentation \`${kind}\` is for images, and the target takes a table. Use \`noise\` or \`mixup\` there.`;
    expect(() => checkAugmentation([{ kind: 'noise', std: 1 }, step], TABLE)).toThrow(sentence);
    expect(() => augmented(ROWS, [step], TABLE)).toThrow(sentence);
  });

  test('what fits passes', () => {
    expect(() =>
      checkAugmentation(
        [
          { kind: 'noise', std: 1 },
          { kind: 'mixup', alpha: 1 },
        ],
        TABLE,
      ),
    ).not.toThrow();
    expect(() => checkAugmentation(EACH, imageDomain([1, 2, 2]))).not.toThrow();
  });
});
