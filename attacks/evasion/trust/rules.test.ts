import { clopperPearson } from '#stats/intervals';
import { BROKEN, evidenceOf, honestTrust, RIGHT, span } from '../../../test/trust-data.js';
import type { EvasionData } from '../evidence/data.js';
import type { GradientData, TrustData } from './data.js';
import { beyond, either, exceeds } from './reading.js';
import { trustOf } from './trust.js';

type Change = Partial<Omit<TrustData, 'base' | 'landscape' | 'gradients'>> & {
  readonly base?: Partial<TrustData['base']>;
  readonly landscape?: Partial<TrustData['landscape']>;
  readonly gradients?: Partial<GradientData>;
};

/** The honest examination with one thing changed. */
function planted({ base, landscape, gradients, ...rest }: Change): TrustData {
  return {
    ...honestTrust,
    ...rest,
    base: { ...honestTrust.base, ...base },
    landscape: { ...honestTrust.landscape, ...landscape },
    gradients: honestTrust.gradients && { ...honestTrust.gradients, ...gradients },
  };
}

function readings(data: EvasionData) {
  return (trustOf(data) ?? []).flatMap((group) => group.readings);
}

function idsWhere(data: EvasionData, answer: boolean | null): string[] {
  return readings(data)
    .filter(({ holds }) => holds === answer)
    .map(({ id }) => id)
    .sort();
}

const failing = (trust: TrustData, changes?: Partial<EvasionData>) => idsWhere(evidenceOf(trust, changes), false);
const undecided = (trust: TrustData, changes?: Partial<EvasionData>) => idsWhere(evidenceOf(trust, changes), null);

function sentenceOf(id: string, data: EvasionData): string {
  return readings(data).find((reading) => reading.id === id)?.sentence ?? '';
}

/** What an attack broke, and `count` samples that the examined one did not. */
const more = (count: number) => either(span(BROKEN), span(count, BROKEN));

/** The curve with other bits at some of its points. */
const curve = (bits: Readonly<Record<number, string>>): TrustData['curve'] =>
  honestTrust.curve.map(({ epsilon, broken }) => ({ epsilon, broken: bits[epsilon] ?? broken }));

/** What never decides: an attack that was not run, threats that have no bar, and a matter of the attacks themselves. */
const NEVER = ['F6', 'I5', 'R12'];

test('an honest examination has no rule against it', () => {
  expect(failing(honestTrust)).toEqual([]);
  expect(undecided(honestTrust)).toEqual(NEVER);
  expect(readings(evidenceOf(honestTrust)).map(({ id }) => id)).toEqual(
    expect.arrayContaining([...numbered('R', 13), ...numbered('F', 6), ...numbered('I', 6)]),
  );
});

function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
}

describe('one planted fault makes the rules that name it not hold, and no other', () => {
  const round = { blocked: ['Round_3 (Round)'], random: [] };
  const random = { blocked: [], random: ['Noise_1 (RandomNormal)'] };
  const repeats = { differing: span(1), dependsOnBatch: span(0) };
  test.each<[string, Change, string[]]>([
    ['one step finds more', { oneStep: more(2) }, ['R1']],
    ['twice the iterations find more', { moreSteps: more(4) }, ['I4', 'R2']],
    ['more restarts find more', { moreRestarts: more(4) }, ['R3']],
    ['a smaller epsilon finds more', { curve: curve({ 0.05: either(span(25), span(4, BROKEN)) }) }, ['R4']],
    ['a larger epsilon finds less', { curve: curve({ 0.2: either(span(41), span(25, BROKEN)) }) }, ['R4']],
    ['half of the widest change leaves more than chance', { curve: curve({ 0.5: span(70) }) }, ['R5']],
    ['no budget leaves some', { curve: curve({ 0.5: span(86), 1: span(86) }) }, ['I6', 'R6']],
    ['noise finds more', { noise: { broken: more(2), draws: 9 } }, ['R7', 'masked-gradients']],
    ['queries find more', { square: { broken: more(2), queries: 9 } }, ['F4', 'R7', 'masked-gradients']],
    ['goals find more', { targeted: more(6) }, ['R9']],
    ['walks to the boundary find more', { boundary: more(6) }, ['R9']],
    ['the same by parts', { targeted: more(3), boundary: either(span(40), span(3, BROKEN + 3)) }, ['R9']],
    ['walks to the boundary find much more', { boundary: more(20) }, ['R9', 'masked-gradients']],
    ['answers differ', { repeats }, ['F1', 'R11', 'randomized-target']],
    ['answers differ by a node', { repeats, structure: random }, ['F1', 'R11', 'randomized-target']],
    ['a step has no derivative', { structure: round }, ['R11', 'blocked-gradients']],
    ['the twin stands', { twin: { broken: 8, n: 12, beyond: 1.25 } }, ['R13']],
    ['of two classes the margin has no gradient', { gradients: { zeroMargin: span(4), zeroDlr: null } }, ['F3']],
    ['the ratio of logits has no gradient', { gradients: { zeroDlr: span(4) } }, ['F3']],
    ['the attack had no gradient', { base: { zeroGradient: span(4) } }, ['I1']],
    ['predictions are unstable', { landscape: { instability: 0.51 } }, ['I2']],
    ['a success is silent', { base: { silent: span(1) } }, ['I3']],
    ['others of the batch matter', { repeats: { differing: span(0), dependsOnBatch: span(1) } }, ['batch-dependent']],
    [
      'the input is quantized',
      { landscape: { constant: span(60) }, gradients: { zeroMargin: span(1) } },
      ['quantized-input'],
    ],
    [
      'logits are saturated',
      { gradients: { saturated: span(4) }, base: { zeroGradient: span(4) } },
      ['I1', 'saturated-logits'],
    ],
    ['answers jump', { landscape: { jumps: span(4) } }, ['discontinuous']],
    ['gradients mislead', { gradients: { misled: span(20) } }, ['misleading-gradients']],
  ])('%s', (_name, change, ids) => {
    expect(failing(planted(change))).toEqual(ids);
    expect(undecided(planted(change))).toEqual(NEVER);
  });

  test.each<[string, Change]>([
    ['one sample of a rival', { oneStep: more(1), square: { broken: more(1), queries: 9 } }],
    ['one sample of noise', { noise: { broken: more(1), draws: 9 } }],
    ['three samples of more effort', { moreSteps: more(3), moreRestarts: more(3) }],
    ['goals that add five', { targeted: more(5), boundary: more(5) }],
    ['no more than chance at half', { curve: curve({ 0.2: span(70), 0.5: span(80) }) }],
    ['three that stand without a budget', { curve: curve({ 0.5: span(87), 1: span(87) }) }],
    ['a loss of probabilities without a gradient', { gradients: { zeroCrossEntropy: span(RIGHT) } }],
    ['three quarters of the twin', { twin: { broken: 9, n: 12, beyond: 1.25 } }],
    [
      'three symptoms',
      { gradients: { zeroDlr: span(3) }, base: { zeroGradient: span(3) }, landscape: { jumps: span(3) } },
    ],
    ['a loss that rises to no effect', { base: { incomplete: span(45, 45) } }],
    ['margins beyond float32, with gradients', { gradients: { saturated: span(RIGHT) } }],
    ['half of the samples constant', { landscape: { constant: span(45) }, gradients: { zeroMargin: span(3) } }],
    ['jumps where nothing else moves scores', { landscape: { constant: span(90), jumps: span(90) } }],
    ['a tenth misled', { gradients: { misled: span(9) } }],
    ['a margin that moves by half', { landscape: { instability: 0.5 } }],
  ])('and %s makes none', (_name, change) => {
    expect(failing(planted(change))).toEqual([]);
  });

  test('chance is that of the head', () => {
    const standing = planted({ curve: curve({ 0.5: span(70) }) });
    expect(failing(standing, { outputs: 2 })).toEqual([]);
    expect(failing(standing, { head: 'binary', outputs: 1 })).toEqual([]);
    expect(sentenceOf('R5', evidenceOf(standing))).toBe(
      '20 of 90 samples (22.2 %) are left standing at half of the widest change, 0.5; chance is 10.0 %.',
    );
  });

  test('averages over random draws answer for them', () => {
    const differing = planted({ repeats });
    expect(failing(differing, { eotDraws: 20 })).toEqual([]);
    expect(sentenceOf('F1', evidenceOf(differing, { eotDraws: 20 }))).toMatch(/averages 20 gradients/);
  });
});

describe('where the examined epsilon is a point of the curve itself', () => {
  test.each([
    [0.5, [0.125, 0.25, 1]],
    [1, [0.25, 0.5]],
  ])('half and all of the range are found at epsilon %d', (epsilon, others) => {
    const falls = others.map((other) => ({ epsilon: other, broken: span(other < 0.5 ? 40 : RIGHT) }));
    const all = { epsilon, base: { broken: span(RIGHT) }, curve: falls };
    expect(failing(planted(all))).toEqual([]);
    expect(sentenceOf('R5', evidenceOf(planted(all)))).toMatch(/half of the widest change, 0\.5;/);
    const none = { ...all, base: { broken: span(40) }, curve: falls.map((point) => ({ ...point, broken: span(40) })) };
    const rivals = { moreSteps: null, moreRestarts: null, targeted: null, boundary: null };
    expect(failing(planted({ ...none, ...rivals }))).toEqual(['I6', 'R5', 'R6']);
  });
});

describe('what does not decide', () => {
  const alone = { oneStep: null, square: null, targeted: null, boundary: null };
  test('for attacks on scores', () => {
    expect(undecided(planted(alone), { uses: 'scores' })).toEqual(
      ['F3', 'F4', 'I1', 'R1', 'R9', 'masked-gradients', ...NEVER].sort(),
    );
    const noisy = planted({ ...alone, noise: { broken: more(2), draws: 9 } });
    expect(failing(noisy, { uses: 'scores' })).toEqual(['R7']);
    // It is an attack without gradients: that is what the rule asks for, in whatever norm.
    expect(sentenceOf('R8', evidenceOf(planted(alone), { uses: 'scores' }))).toMatch(
      /^The attack itself follows none\./,
    );
  });

  test('for attacks on scores gradients are no matter, and their twin may stand on half', () => {
    const gradients = { zeroMargin: span(90), zeroCrossEntropy: span(90), saturated: span(90), misled: span(90) };
    const hidden = planted({
      ...{ ...alone, gradients, base: { zeroGradient: span(90) }, landscape: { constant: span(90) } },
      ...{ structure: { blocked: ['Round_3 (Round)'], random: [] }, twin: { broken: 6, n: 12, beyond: 3 } },
    });
    expect(failing(hidden, { uses: 'scores' })).toEqual([]);
    expect(failing({ ...hidden, twin: { broken: 5, n: 12, beyond: 3 } }, { uses: 'scores' })).toEqual(['R13']);
  });

  test('for a single step', () => {
    const effort = { singleStep: true, minimumNorm: false };
    const step = planted({ oneStep: null, moreSteps: null, moreRestarts: null, targeted: null, boundary: null });
    expect(undecided(step, { effort })).toEqual(
      ['F4', 'I4', 'I6', 'R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R9', 'masked-gradients', ...NEVER].sort(),
    );
    expect(failing({ ...step, twin: { broken: 1, n: 12, beyond: 3 } }, { effort })).toEqual([]);
    expect(failing({ ...step, twin: { broken: 0, n: 12, beyond: 3 } }, { effort })).toEqual(['R13']);
  });

  test.each<[string, TrustData, Partial<EvasionData>, string[]]>([
    ['without gradients', { ...honestTrust, gradients: null }, {}, ['F3', 'I1']],
    ['where only L0 is asked', planted(alone), {}, ['F4', 'R1', 'R8', 'R9']],
    ['without goals, walks remain', planted({ targeted: null }), {}, []],
    ['without walks, goals remain', planted({ boundary: null }), {}, []],
    ['for the closest input', honestTrust, { effort: { singleStep: false, minimumNorm: true } }, ['I4']],
    ['without steps to double', planted({ moreSteps: null }), {}, ['I4', 'R2']],
    ['without restarts', planted({ moreRestarts: null }), {}, ['R3']],
    ['of a target that shows no structure', planted({ structure: null }), {}, ['F5']],
    ['of a head without a twin', planted({ twin: { broken: 0, n: 0, beyond: 1.25 } }), {}, ['R13']],
    ['without a right sample', planted({ landscape: { instability: null } }), {}, ['I2']],
    ['without a curve', planted({ curve: [] }), {}, ['I6', 'R5', 'R6']],
  ])('%s', (_name, trust, changes, ids) => {
    expect(undecided(trust, changes)).toEqual([...ids, ...NEVER].sort());
    expect(failing(trust, changes)).toEqual([]);
  });
});

describe('a difference counts', () => {
  test.each([
    [1, 0.002, false],
    [2, 0.002, true],
    [3, 0.01, false],
    [4, 0.01, true],
  ])('%d of 100 against a share of %d: %s', (count, limit, answer) => {
    expect(exceeds(count, 100, limit)).toBe(answer);
  });

  test('when its interval lies above the share, and never for one sample alone', () => {
    for (const n of [1, 20, 100, 1000]) {
      expect(exceeds(0, n, 0)).toBe(false);
      expect(exceeds(1, n, 0)).toBe(false);
      for (let count = 2; count <= Math.min(n, 50); count++) {
        const { low } = clopperPearson(count, n);
        expect([exceeds(count, n, low - 1e-9), exceeds(count, n, low + 1e-9)]).toEqual([true, false]);
      }
    }
  });

  test('by bits', () => {
    expect(beyond('1101', '1001')).toBe(1);
    expect(beyond('0011', '')).toBe(2);
    expect(either('1000', null, '0001')).toBe('1001');
    expect(either(null, null)).toBe('');
  });
});
