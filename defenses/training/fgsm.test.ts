import { decodeModel } from '#engine/index';
import type { JsonObject } from '#base/json';
import type { RunContext } from '#plugin/plugin';
import { inMemory } from '#target/sample-source';
import { memoryContext } from '#testing/index';
import { fashion } from '../../test/fashion.js';
import { fgsm } from './fgsm.js';
import { hardenedOutcomes, hardens, type HardeningEvidence } from './judge.js';

const policy = (thresholds: object): Parameters<typeof hardens>[1] => ({
  thresholds,
  setBy: 'policy',
  minimumSamples: 10,
});

/** 40 samples: `robust` of them robust, `clean` of them right. */
function evidence(before: [number, number], after: [number, number], losses = [2, 1]): HardeningEvidence {
  const bits = (ones: number): number[] => Array.from({ length: 40 }, (_, i) => (i < ones ? 1 : 0));
  const standing = ([clean, robust]: [number, number]): HardeningEvidence['before'] => ({
    clean: bits(clean),
    robust: bits(robust),
  });
  const indices = Array.from({ length: 40 }, (_, i) => i);
  return { epsilon: 0.1, n: 40, indices, trained: 100, losses, before: standing(before), after: standing(after) };
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

  test('a diverged training fails whatever else holds', () => {
    const found = { ...evidence([38, 0], [38, 38]), losses: [2, null] };
    expect(hardens(found, policy({ robustAccuracy: { atLeast: 0.1 } })).status).toBe('fail');
  });

  test('few samples are inconclusive', () => {
    const few = { ...policy({ robustAccuracy: { atLeast: 0.1 } }), minimumSamples: 100 };
    expect(hardens(evidence([38, 0], [38, 30]), few).status).toBe('inconclusive');
  });
});

describe('hardening the fixture MLP', () => {
  const options = { epsilon: 0.1, epochs: 3, evaluationSteps: 10 };

  async function harden(): Promise<Awaited<ReturnType<typeof fgsm.plugin.run>>> {
    const { target, samples } = await fashion('fashion-mlp', 600);
    const rows = (from: number, to: number): typeof samples => ({
      inputs: { shape: [to - from, 1, 28, 28], data: samples.inputs.data.slice(from * 784, to * 784) },
      labels: { width: 1, values: samples.labels.values.slice(from, to) },
      indices: samples.indices.slice(from, to),
    });
    const context: RunContext<JsonObject> = {
      ...memoryContext(fgsm(options), target, rows(500, 600)),
      train: inMemory(rows(0, 500)),
    };
    const result = await fgsm.plugin.run(context as Parameters<typeof fgsm.plugin.run>[0]);
    await target.dispose();
    return result;
  }

  test('raises robust accuracy, gives the same weights again, and keeps a model that opens', async () => {
    const first = await harden();
    const second = await harden();
    const { before, after } = first.data;
    const sum = (bits: readonly number[]): number => bits.reduce((total, bit) => total + bit, 0);
    expect(sum(after.robust)).toBeGreaterThan(sum(before.robust) + 10);
    expect(first.data).toEqual(second.data);
    const [file] = first.artifacts ?? [];
    expect(file?.bytes).toEqual(second.artifacts?.[0]?.bytes);
    const graph = decodeModel({ main: 'h', files: new Map([['h', file?.bytes ?? new Uint8Array()]]) });
    expect(graph.outputs).toHaveLength(1);
  });
});
