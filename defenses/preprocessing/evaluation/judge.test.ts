import type { PreprocessingData } from './data.js';
import { adaptiveOutcomes, standsAdaptively } from './judge.js';

const N = 200;

const first = (ones: number): string => '1'.repeat(ones) + '0'.repeat(N - ones);

/** 200 samples, of which the first ones stand. */
function data(counts: {
  bare?: number;
  unaware?: number;
  adaptive?: number;
  cleanDefended?: number;
}): PreprocessingData {
  const { bare = 100, unaware = 180, adaptive = 100, cleanDefended = 190 } = counts;
  return {
    ...{ defense: 'JPEG compression at quality 75', surrogates: ['the identity'], norm: 'Linf', detector: null },
    indices: Array.from({ length: N }, (_, i) => i),
    ...{ cleanBare: first(190), cleanDefended: first(cleanDefended) },
    epsilons: [
      {
        ...{ epsilon: 0.1, bare: first(bare), unaware: first(unaware), adaptive: first(adaptive) },
        ...{
          fellToSearch: '1'.repeat(N),
          fellOnlyToQueries: first(0),
          fellToReplay: first(10),
          replayFlagged: first(0),
        },
      },
    ],
  };
}

const policy = (thresholds: object, minimumSamples = 100): Parameters<typeof standsAdaptively>[1] => ({
  ...{ thresholds, setBy: 'policy', minimumSamples },
});

const bar = (atLeast: number) => policy({ robustAccuracy: { atLeast } });

test('the low end of what stands against the adversary who knows the defense decides', () => {
  // 100 of 200 is 50 %, and the low end of its interval 42.9 %.
  expect(standsAdaptively(data({}), bar(0.42)).status).toBe('pass');
  expect(standsAdaptively(data({}), bar(0.44)).status).toBe('fail');
});

test('what the unaware adversary leaves decides nothing, has no bar and says that it is no evidence', () => {
  for (const unaware of [0, 100, 190]) {
    for (const atLeast of [0.3, 0.7]) {
      const verdict = standsAdaptively(data({ unaware }), bar(atLeast));
      expect(verdict.status).toBe(atLeast === 0.3 ? 'pass' : 'fail');
      const measure = verdict.measures.find(({ id }) => id === 'unaware');
      expect(measure?.value).toBe(unaware / N);
      expect(measure?.threshold).toBeNull();
      expect(measure?.label).toContain('no evidence');
      expect(verdict.claim + verdict.reasons.join(' ')).not.toMatch(/replay/);
    }
  }
  expect(adaptiveOutcomes(data({})).map(({ id }) => id)).toEqual(['adaptive@0.1', 'clean']);
});

test('the claim says what is gained over no defense, tested by pairs', () => {
  // Ten samples are lost and none won: 2 / 2^10.
  expect(standsAdaptively(data({ adaptive: 90 }), bar(0.1)).claim).toMatch(
    /loses 5\.0 points over no defense.*p = \.002/,
  );
  expect(standsAdaptively(data({}), bar(0.1)).claim).toMatch(/gains 0\.0 points.*p = 1\.000/);
  expect(standsAdaptively(data({ adaptive: 110 }), bar(0.1)).claim).toContain('gains 5.0 points');
});

test('a defense that costs more clean accuracy than allowed fails', () => {
  const costly = data({ cleanDefended: 170 });
  expect(standsAdaptively(costly, policy({ cleanAccuracyDrop: { atMost: 0.05 } })).status).toBe('fail');
  expect(standsAdaptively(costly, policy({ cleanAccuracyDrop: { atMost: 0.15 } })).status).toBe('pass');
});

test('a search that misses what replayed inputs break, or what queries find, is not believed', () => {
  const weak = (change: object): PreprocessingData => {
    const sound = data({});
    return { ...sound, epsilons: sound.epsilons.map((at) => ({ ...at, ...change })) };
  };
  const missing = standsAdaptively(weak({ fellToSearch: first(0) }), bar(0.1));
  expect([missing.status, missing.signs.map(({ holds }) => holds)]).toEqual(['inconclusive', [false, true]]);
  const masked = standsAdaptively(weak({ fellOnlyToQueries: first(5) }), bar(0.1));
  expect([masked.status, masked.signs.map(({ holds }) => holds)]).toEqual(['inconclusive', [true, false]]);
  // What fails is not made better by doubt.
  expect(standsAdaptively(weak({ fellOnlyToQueries: first(5) }), bar(0.9)).status).toBe('fail');
});

test('few samples, none, and an epsilon that was not measured are inconclusive', () => {
  expect(standsAdaptively(data({}), policy({ robustAccuracy: { atLeast: 0.4 } }, 1000)).status).toBe('inconclusive');
  expect(standsAdaptively({ ...data({}), indices: [] }, bar(0.1)).status).toBe('inconclusive');
  const other = policy({ robustAccuracy: { epsilon: 0.2, atLeast: 0.1 } });
  const unknown = standsAdaptively(data({}), other);
  expect(unknown.status).toBe('inconclusive');
  expect(unknown.claim).toContain('0.2');
});
