import { decodeModel } from '#engine/index';
import type { JsonObject } from '#base/json';
import type { RunContext } from '#plugin/plugin';
import { inMemory } from '#target/sample-source';
import type { Samples } from '#target/target';
import { memoryContext } from '#testing/index';
import { fashion } from '../../test/fashion.js';
import { adversarial } from './adversarial.js';
import { hardenedOutcomes, hardens, type HardeningEvidence } from './judge.js';
import { partOf, recipe } from './testing/runs.js';

const policy = (thresholds: object): Parameters<typeof hardens>[1] => ({
  thresholds,
  setBy: 'policy',
  minimumSamples: 10,
});

/** 40 samples: `robust` of them robust, `clean` of them right. */
function evidence(before: [number, number], after: [number, number]): HardeningEvidence {
  const bits = (ones: number): number[] => Array.from({ length: 40 }, (_, i) => (i < ones ? 1 : 0));
  const standing = ([clean, robust]: [number, number]): HardeningEvidence['before'] => ({
    clean: bits(clean),
    robust: bits(robust),
  });
  return {
    ...{ recipe: recipe({}), evaluation: 'PGD', n: 40, indices: bits(40).map((_, i) => i) },
    ...{ trained: 100, validated: 0, epochs: [], kept: 2, stop: null },
    ...{ before: standing(before), after: standing(after) },
  };
}

describe('the judge', () => {
  test('holds the pessimistic end of robust accuracy against the bar', () => {
    // 20 of 40 is 50 %, and the low end of its interval 33.8 %.
    const found = evidence([38, 0], [36, 20]);
    expect(hardens(found, policy({ robustAccuracy: { atLeast: 0.3 } })).status).toBe('pass');
    expect(hardens(found, policy({ robustAccuracy: { atLeast: 0.4 } })).status).toBe('fail');
  });

  test('a model that gave up its clean accuracy fails', () => {
    const found = evidence([38, 0], [20, 20]);
    expect(hardens(found, policy({ cleanAccuracyDrop: { atMost: 0.1 } })).status).toBe('fail');
    expect(hardens(found, policy({ cleanAccuracyDrop: { atMost: 0.5 } })).status).toBe('pass');
  });

  test('no gain fails, and the change is tested by pairs', () => {
    const verdict = hardens(evidence([38, 20], [38, 10]), policy({ robustAccuracyGain: { atLeast: 0 } }));
    expect(verdict.status).toBe('fail');
    // Ten samples were lost and none gained: 2 / 2^10.
    expect(verdict.reasons.join(' ')).toContain('p = .002');
  });

  test('later runs are compared by what the hardened model gets and keeps right', () => {
    const outcomes = hardenedOutcomes(evidence([38, 0], [36, 20]));
    const held = outcomes.map(({ id, bits, indices }) => [id, bits.replaceAll('0', '').length, indices.length]);
    expect(held).toEqual([
      ['robust-after', 20, 40],
      ['clean-after', 36, 40],
    ]);
  });

  test('a training that went wrong fails whatever else holds, and says what went wrong', () => {
    const stop = { kind: 'loss', sentence: 'The loss is no number in epoch 2, batch 2.' } as const;
    const verdict = hardens({ ...evidence([38, 0], [38, 38]), stop }, policy({ robustAccuracy: { atLeast: 0.1 } }));
    expect([verdict.status, verdict.reasons[0]]).toEqual(['fail', stop.sentence]);
  });

  test('one that was out of patience does not', () => {
    const stop = { kind: 'patience', sentence: 'Training stopped after 2 epochs.' } as const;
    const found = { ...evidence([38, 0], [38, 38]), stop };
    expect(hardens(found, policy({ robustAccuracy: { atLeast: 0.1 } })).status).toBe('pass');
  });

  test('few samples are inconclusive', () => {
    const few = { ...policy({ robustAccuracy: { atLeast: 0.1 } }), minimumSamples: 100 };
    expect(hardens(evidence([38, 0], [38, 30]), few).status).toBe('inconclusive');
  });
});

describe('hardening the fixture MLP', () => {
  type Run = ReturnType<typeof adversarial.plugin.run>;

  async function harden(
    options: Parameters<typeof adversarial>[0],
    change = (train: Samples): Samples => train,
  ): Promise<Awaited<Run>> {
    const { target, samples } = await fashion('fashion-mlp', 600);
    const context: RunContext<JsonObject> = {
      ...memoryContext(adversarial(options), target, partOf(samples, 500, 600)),
      train: inMemory(change(partOf(samples, 0, 500))),
    };
    const result = await adversarial.plugin.run(context as Parameters<typeof adversarial.plugin.run>[0]);
    await target.dispose();
    return result;
  }

  const FAST = { method: 'fast', epsilon: 0.1, epochs: 3, evaluationSteps: 5 } as const;

  test('raises robust accuracy, gives the same weights again, and keeps a model that opens', async () => {
    const first = await harden(FAST);
    const second = await harden(FAST);
    const { before, after } = first.data;
    const sum = (bits: readonly number[]): number => bits.reduce((total, bit) => total + bit, 0);
    expect(sum(after.robust)).toBeGreaterThan(sum(before.robust) + 10);
    expect(first.data).toEqual(second.data);
    const [file] = first.artifacts ?? [];
    expect(file?.bytes).toEqual(second.artifacts?.[0]?.bytes);
    const graph = decodeModel({ main: 'h', files: new Map([['h', file?.bytes ?? new Uint8Array()]]) });
    expect(graph.outputs).toHaveLength(1);
  });

  test('a class that is not in the training data is named, and nothing is trained', async () => {
    const { data, artifacts } = await harden(FAST, (train) => ({
      ...train,
      labels: { width: 1, values: train.labels.values.map((label) => (label === 3 ? 4 : label)) },
    }));
    expect(data.stop?.sentence).toMatch(/^Nothing was trained: no training sample is labelled \S+, which/);
    expect(artifacts).toBeUndefined();
    expect(hardens(data, policy({})).status).toBe('fail');
  });
});

test.each([
  [
    'a gradient penalty',
    { method: 'trades', gradientPenalty: 1 },
    '`gradientPenalty` does not go with the method `trades`',
  ],
  ['mixup', { method: 'mart', augmentation: [{ kind: 'mixup' }] }, '`mixup` does not go with the method `mart`'],
  ['one epoch to average', { epochs: 1, averaging: { on: true } }, '`averaging` needs two epochs at least'],
  [
    'fast training without samples held out',
    { method: 'fast', validation: { part: 0 } },
    '`fast`) needs samples held out',
  ],
  ['no epsilon', { epsilon: undefined }, 'epsilon'],
])('%s is refused in one sentence', (_, parts, sentence) => {
  expect(() => recipe(parts as never)).toThrow(sentence);
});
