import { check } from '#config/validate';
import { Detail } from '#report/details';
import type { JudgePolicy, Pictures } from '#plugin/plugin';
import { clopperPearson } from '#stats/intervals';
import { epsilonColumns, type Bits, type EpsilonData, type EvasionData } from '../evidence/data.js';
import { evasionDetails } from './details.js';
import { robustAccuracyAtLeast, type EvasionPolicy } from './judge.js';

/** Evidence of which only the counts matter: `robust[k]` of `n` survive at the k-th epsilon, and `clean` are right. */
function evidence(
  n: number,
  clean: number,
  robust: Readonly<Record<number, number>>,
  changes: Partial<EvasionData> = {},
): EvasionData {
  const indices = Array.from({ length: n }, (_, i) => i);
  const epsilons = Object.entries(robust)
    .map(([epsilon, kept]) => ({ epsilon: Number(epsilon), kept }))
    .sort((a, b) => a.epsilon - b.epsilon);
  return {
    ...{ attack: 'PGD', uses: 'gradients', norm: 'Linf', domain: 'image', head: 'classes', tolerance: null },
    ...{
      range: [0, 1],
      n,
      indices,
      cleanCorrect: ones(clean, n),
      cleanMargins: indices.map(() => 1),
      finite: ones(n, n),
    },
    epsilons: epsilons.map(({ epsilon, kept }, k) => ({
      ...epsilonColumns(epsilon, [], []),
      broken: span(kept, clean, n),
      carried: span(epsilons[k - 1]?.kept ?? clean, clean, n),
      ...{ brokenByNoise: ones(0, n), silent: ones(0, n), rightUnderNoise: ones(clean, n) },
      ...{ lossRose: ones(n, n), zeroGradient: ones(0, n) },
      norms: indices.map((i) => (i >= kept && i < clean ? epsilon : null)),
    })),
    queries: { attackPredictions: n, attackGradients: 40 * n, checkPredictions: 2 * n, noisePredictions: 10 * n },
    ...changes,
  } satisfies EvasionData;
}

function ones(count: number, n: number): Bits {
  return '1'.repeat(count) + '0'.repeat(n - count);
}

/** Set from `from` up to `to`. */
function span(from: number, to: number, n: number): Bits {
  return '0'.repeat(from) + '1'.repeat(to - from) + '0'.repeat(n - to);
}

function policy(atLeast: number, epsilon?: number, minimumSamples = 100): JudgePolicy<EvasionPolicy> {
  const robustAccuracy = epsilon === undefined ? { atLeast } : { atLeast, epsilon };
  return { thresholds: { robustAccuracy }, setBy: 'policy file', minimumSamples };
}

function withSign(data: EvasionData, k: number, change: Partial<EpsilonData>): EvasionData {
  return { ...data, epsilons: data.epsilons.map((each, i) => (i === k ? { ...each, ...change } : each)) };
}

test('columns that moved as real numbers are named, whatever the verdict', () => {
  const relaxed = ['age', 'job', 'home', 'time'];
  for (const atLeast of [0.1, 0.9]) {
    const { reasons } = robustAccuracyAtLeast(evidence(1000, 916, { 0.1: 500 }, { relaxed }), policy(atLeast));
    expect(reasons.at(-1)).toMatch(/^Integers and categories \(age, job, home and 1 more\) moved as real numbers: /);
  }
});

describe('the rule', () => {
  test('the claim carries number, interval and bar', () => {
    const verdict = robustAccuracyAtLeast(evidence(1000, 916, { 0.05: 200, 0.1: 41 }), policy(0.6));
    expect(verdict.status).toBe('fail');
    expect(verdict.claim).toBe(
      'Falls to PGD: 41 of 1,000 images keep their label at epsilon 0.1 (4.1 %, 95 % interval 3.0 to 5.5); the policy asks for 60.0 %.',
    );
    expect(verdict.reasons).toEqual([]);
    expect(verdict.measures.map(({ id, value, n }) => [id, value, n])).toEqual([
      ['robust-accuracy', 0.041, 1000],
      ['clean-accuracy', 0.916, 1000],
      ['robust-accuracy-0.05', 0.2, 1000],
    ]);
  });

  test('the low end of the interval is compared', () => {
    const { low } = clopperPearson(700, 1000);
    for (const [bar, status] of [
      [low - 1e-9, 'pass'],
      [low + 1e-9, 'fail'],
    ] as const) {
      const verdict = robustAccuracyAtLeast(evidence(1000, 900, { 0.1: 700 }), policy(bar));
      expect(verdict.status).toBe(status);
      expect(verdict.measures[0]!.threshold).toEqual({
        ...{ comparison: 'at-least', value: bar, compared: low, setBy: 'policy file' },
        holds: status === 'pass',
      });
    }
  });

  test('a share that reaches the bar with a low end that does not fails, and says how many samples it would take', () => {
    const verdict = robustAccuracyAtLeast(evidence(200, 190, { 0.1: 124 }), policy(0.6));
    expect(verdict.status).toBe('fail');
    const [reason] = verdict.reasons;
    const needed = Number(/about ([\d,]+) samples/.exec(reason ?? '')?.[1]?.replaceAll(',', ''));
    expect(reason).toMatch(
      /^The share alone, 62\.0 %, reaches the bar, and the low end of its interval, 54\.9 %, does not:/,
    );
    // At that many the same share holds, and at 3 % less it does not.
    expect(clopperPearson(Math.floor(0.62 * needed), needed).low).toBeGreaterThanOrEqual(0.6);
    const less = Math.floor(0.97 * needed);
    expect(clopperPearson(Math.floor(0.62 * less), less).low).toBeLessThan(0.6);
  });

  test('a share on the bar itself is settled by no number of samples', () => {
    const { reasons } = robustAccuracyAtLeast(evidence(200, 190, { 0.1: 120 }), policy(0.6));
    expect(reasons[0]).toMatch(/no number of samples settles a share so close to the bar\.$/);
  });

  test('the bar is for the largest epsilon, or for the one that the policy names', () => {
    const data = evidence(1000, 900, { 0.02: 800, 0.1: 41 });
    expect(robustAccuracyAtLeast(data, policy(0.6)).status).toBe('fail');
    expect(robustAccuracyAtLeast(data, policy(0.6, 0.02)).status).toBe('pass');
    // 0.1 + 0.2 - 0.2 is how a program may write 0.1.
    expect(robustAccuracyAtLeast(data, policy(0.6, 0.1 + 0.2 - 0.2)).status).toBe('fail');
  });

  test('an epsilon that was not evaluated is undecidable, and names those that were', () => {
    const verdict = robustAccuracyAtLeast(evidence(1000, 900, { 0.02: 800, 0.1: 41 }), policy(0.6, 0.03));
    expect(verdict).toMatchObject({ status: 'inconclusive', measures: [] });
    expect(verdict.claim).toBe("The policy's bar is for epsilon 0.03, and the audit evaluated 0.02, 0.1.");
  });

  test('too few samples fail only when even the high end is below the bar', () => {
    expect(robustAccuracyAtLeast(evidence(50, 50, { 0.1: 0 }), policy(0.6)).status).toBe('fail');
    expect(robustAccuracyAtLeast(evidence(50, 50, { 0.1: 25 }), policy(0.6)).status).toBe('inconclusive');
    const good = robustAccuracyAtLeast(evidence(50, 50, { 0.1: 50 }), policy(0.6));
    expect(good.status).toBe('inconclusive');
    expect(good.claim).toMatch(/^Undecided for PGD: 50 of 50 images keep their label/);
    expect(good.reasons).toEqual(['50 samples are fewer than the 100 that the policy asks for.']);
    expect(robustAccuracyAtLeast(evidence(0, 0, { 0.1: 0 }), policy(0)).status).toBe('inconclusive');
  });

  test.each([
    [{ domain: 'tabular', head: 'binary' }, 41, '41 of 1,000 samples keep their label'],
    [{ domain: 'image', head: 'multi-label' }, 41, '41 of 1,000 images keep their labels'],
    [{ domain: 'tabular', head: 'regression', tolerance: 0.5 }, 41, '41 of 1,000 samples stay within 0.5 of the truth'],
    [{ domain: 'tabular', head: 'classes' }, 1, '1 of 1,000 samples keeps its label'],
  ] as const)('the claim for %p', (facts, kept, words) => {
    expect(robustAccuracyAtLeast(evidence(1000, 900, { 0.1: kept }, facts), policy(0.6)).claim).toContain(words);
  });
});

describe('signs', () => {
  const passing = evidence(1000, 900, { 0.05: 850, 0.1: 800 });

  test('without any, 80 % pass a bar of 60 %', () => {
    const { status, signs } = robustAccuracyAtLeast(passing, policy(0.6));
    expect(status).toBe('pass');
    expect(signs.map(({ id, holds }) => [id, holds])).toEqual([
      ['unconfirmed', true],
      ['silent-success', true],
      ['not-finite', true],
      ['zero-gradients', true],
      ['loss-did-not-rise', true],
      ['loses-to-noise', true],
    ]);
  });

  test.each([
    ['zero-gradients', { zeroGradient: ones(9, 1000) }, { zeroGradient: ones(8, 1000) }],
    ['loss-did-not-rise', { lossRose: span(41, 1000, 1000) }, { lossRose: span(40, 1000, 1000) }],
    ['loses-to-noise', { brokenByNoise: ones(3, 1000) }, { brokenByNoise: ones(2, 1000) }],
    ['silent-success', { silent: ones(1, 1000) }, {}],
    ['unconfirmed', { refused: [{ sample: 3, because: 'over-budget' }] }, {}],
  ] as const)('%s beyond its limit turns a pass into inconclusive, and a fail stays one', (id, beyond, within) => {
    const doubted = robustAccuracyAtLeast(withSign(passing, 1, beyond), policy(0.6));
    expect(doubted.status).toBe('inconclusive');
    expect(doubted.signs.flatMap((sign) => (sign.holds ? [] : [sign.id]))).toEqual([id]);
    expect(doubted.reasons).toEqual([doubted.signs.find((sign) => sign.id === id)!.sentence]);
    expect(robustAccuracyAtLeast(withSign(passing, 1, within), policy(0.6)).status).toBe('pass');
    expect(robustAccuracyAtLeast(withSign(passing, 1, beyond), policy(0.9)).status).toBe('fail');
  });

  test('scores that are not finite turn a pass into inconclusive', () => {
    const verdict = robustAccuracyAtLeast({ ...passing, finite: ones(999, 1000) }, policy(0.6));
    expect(verdict.status).toBe('inconclusive');
    expect(verdict.reasons).toEqual(['1 sample has scores that are not finite numbers.']);
  });

  test('only survivors count among those that had nothing to follow', () => {
    // The last 200 samples are broken or were wrong.
    const broken = withSign(passing, 1, { zeroGradient: span(800, 1000, 1000) });
    expect(robustAccuracyAtLeast(broken, policy(0.6)).status).toBe('pass');
  });

  test('symptoms at another epsilon do not touch this one, but a lie at any does', () => {
    const elsewhere = withSign(passing, 0, { zeroGradient: ones(800, 1000) });
    expect(robustAccuracyAtLeast(elsewhere, policy(0.6)).status).toBe('pass');
    const lie = withSign(passing, 0, { refused: [{ sample: 1, because: 'label-kept' }] });
    expect(robustAccuracyAtLeast(lie, policy(0.6)).status).toBe('inconclusive');
  });
});

describe('how it is shown', () => {
  const none: Pictures = { examples: [], maps: [], mapScale: 0 };
  const example: Pictures['examples'][number] = {
    ...{ sample: 3, epsilon: 0.1, norm: { kind: 'Linf', value: 0.1 }, why: 'drawn by seed', truth: 'Bag' },
    ...{ before: { label: 'Bag', probability: 0.9 }, after: { label: 'Coat', probability: 0.6 }, amplification: 5 },
    ...{ original: null, perturbation: null, adversarial: null },
  };

  test.each([
    ['a fail', evidence(1000, 900, { 0: 900, 0.05: 200, 0.1: 41 }), none],
    ['a pass with pictures', evidence(1000, 900, { 0.1: 800 }), { ...none, examples: [example] }],
    ['nobody broken', evidence(10, 10, { 0.1: 10 }), none],
    ['scores only', evidence(10, 10, { 0.1: 5 }, { uses: 'scores' }), none],
    ['no samples', evidence(0, 0, { 0.1: 0 }), none],
  ] as const)('%s fits the schema of details', (_, data, pictures) => {
    const details = evasionDetails(data, robustAccuracyAtLeast(data, policy(0.6)), pictures);
    for (const detail of details) check(Detail, detail, { code: 'plugin', file: 'details', path: [] });
    expect(details.map(({ kind }) => kind)).toEqual(
      data.n === 0 ? [] : ['curve', ...(pictures.examples.length > 0 ? ['image-pairs'] : []), 'table', 'table'],
    );
  });

  test('the curve begins with clean accuracy, has its intervals, the bar, and noise dashed', () => {
    const data = evidence(1000, 900, { 0: 900, 0.05: 200, 0.1: 41 });
    const [curve] = evasionDetails(data, robustAccuracyAtLeast(data, policy(0.6, 0.05)), none);
    const at = (x: number, count: number) => ({ x, y: count / 1000, ...clopperPearson(count, 1000) });
    expect(curve).toMatchObject({
      series: [
        { name: 'PGD', role: 'measured', points: [at(0, 900), at(0.05, 200), at(0.1, 41)] },
        { name: 'one random draw', role: 'reference', points: [at(0, 900), at(0.05, 900), at(0.1, 900)] },
      ],
      threshold: { x: 0.05, y: 0.6, label: 'asked for (policy file)' },
    });
    expect(curve).not.toHaveProperty('untrusted');
  });

  test('where the attack failed the curve says so', () => {
    const data = withSign(evidence(1000, 900, { 0.05: 850, 0.1: 800 }), 1, { zeroGradient: ones(500, 1000) });
    const [curve] = evasionDetails(data, robustAccuracyAtLeast(data, policy(0.6)), none);
    expect(curve).toMatchObject({
      untrusted: [
        { from: 0.05, to: 0.1, because: expect.stringContaining('500 of 800 survivors (62.5 %)') as unknown },
      ],
    });
  });

  test('the table has a row for each epsilon', () => {
    const data = evidence(1000, 900, { 0.05: 200, 0.1: 41 });
    const table = evasionDetails(data, robustAccuracyAtLeast(data, policy(0.6)), none).find(
      ({ title }) => title === 'By epsilon',
    );
    expect(table).toMatchObject({
      rows: [
        [0.05, 200, 0.2, expect.any(Number), expect.any(Number), 1000, 700, 0, 0.05, 0.9],
        [0.1, 41, 0.041, expect.any(Number), expect.any(Number), 1000, 159, 0, 0.1, 0.9],
      ],
    });
  });
});
