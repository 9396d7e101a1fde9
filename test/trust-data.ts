import type { Bits, EvasionData } from '../attacks/evasion/evidence/data.js';
import type { TrustData } from '../attacks/evasion/trust/data.js';

export const EXAMINED = 100;
export const RIGHT = 90;
export const BROKEN = 45;

/** Set for `count` samples, beginning with one of them. */
export function span(count: number, from = 0): Bits {
  return '0'.repeat(from) + '1'.repeat(count) + '0'.repeat(EXAMINED - from - count);
}

const none = span(0);

/** What an attack on an honest model leaves: 90 of 100 samples right, 45 of them broken, and nothing to object to. */
export const honestTrust: TrustData = {
  epsilon: 0.1,
  indices: Array.from({ length: EXAMINED }, (_, i) => i),
  right: span(RIGHT),
  base: { broken: span(BROKEN), silent: none, zeroGradient: none, incomplete: none },
  oneStep: span(30),
  moreSteps: span(BROKEN),
  moreRestarts: span(BROKEN),
  targeted: span(BROKEN),
  boundary: span(44),
  noise: { broken: span(5), draws: 1000 },
  square: { broken: span(40), queries: 1000 },
  curve: [
    { epsilon: 0.025, broken: span(10) },
    { epsilon: 0.05, broken: span(25) },
    { epsilon: 0.2, broken: span(70) },
    { epsilon: 0.5, broken: span(RIGHT) },
    { epsilon: 1, broken: span(RIGHT) },
  ],
  repeats: { differing: none, dependsOnBatch: none },
  gradients: { zeroCrossEntropy: none, zeroMargin: none, zeroDlr: none, saturated: none, misled: none },
  landscape: { constant: none, jumps: none, instability: 0.05, normalized: false },
  gaussian: [0.0625, 0.125, 0.25, 0.5].map((deviation, i) => ({ deviation, right: span(RIGHT - 10 * i) })),
  twin: { broken: 12, n: 12, beyond: 1.25 },
  structure: { blocked: [], random: [] },
};

/** The evidence around an examination: as much of it as its readings look at. */
export function evidenceOf(trust: TrustData | null | undefined, changes: Partial<EvasionData> = {}): EvasionData {
  const indices = Array.from({ length: EXAMINED }, (_, i) => i);
  return {
    ...{ attack: 'PGD', uses: 'gradients', norm: 'Linf', domain: 'image', head: 'classes', outputs: 10 },
    ...{ effort: { singleStep: false, minimumNorm: false }, eotDraws: 1, tolerance: null, range: [0, 1] },
    ...{ n: EXAMINED, indices, cleanCorrect: span(RIGHT), cleanMargins: indices.map(() => 1), finite: span(EXAMINED) },
    epsilons: [],
    queries: { attackPredictions: 0, attackGradients: 0, checkPredictions: 0, noisePredictions: 0 },
    ...(trust === undefined ? {} : { trust }),
    ...changes,
  };
}
