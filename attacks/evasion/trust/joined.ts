import { countBits, type Bits } from '../evidence/data.js';
import type { GradientData, TrustData } from './data.js';

/** The examination of all samples, out of those of its parts: every measurement is of single samples. */
export function joined(parts: readonly TrustData[]): TrustData | undefined {
  const [first] = parts;
  if (first === undefined || parts.length === 1) return first;
  const bits = (of: (part: TrustData) => Bits): Bits => parts.map(of).join('');
  const optional = (of: (part: TrustData) => Bits | null): Bits | null => {
    const all = parts.map(of);
    return all.includes(null) ? null : all.join('');
  };
  return {
    ...first,
    indices: parts.flatMap(({ indices }) => indices),
    right: bits(({ right }) => right),
    base: {
      broken: bits(({ base }) => base.broken),
      silent: bits(({ base }) => base.silent),
      zeroGradient: bits(({ base }) => base.zeroGradient),
      incomplete: bits(({ base }) => base.incomplete),
    },
    oneStep: optional(({ oneStep }) => oneStep),
    moreSteps: optional(({ moreSteps }) => moreSteps),
    moreRestarts: optional(({ moreRestarts }) => moreRestarts),
    targeted: optional(({ targeted }) => targeted),
    boundary: optional(({ boundary }) => boundary),
    noise: { ...first.noise, broken: bits(({ noise }) => noise.broken) },
    square: first.square && { ...first.square, broken: bits(({ square }) => square?.broken ?? '') },
    curve: first.curve.map((point, k) => ({ ...point, broken: bits(({ curve }) => curve[k]?.broken ?? '') })),
    repeats: {
      differing: bits(({ repeats }) => repeats.differing),
      dependsOnBatch: bits(({ repeats }) => repeats.dependsOnBatch),
    },
    gradients: first.gradients && joinedGradients(parts.flatMap(({ gradients }) => gradients ?? [])),
    landscape: {
      constant: bits(({ landscape }) => landscape.constant),
      jumps: bits(({ landscape }) => landscape.jumps),
      instability: meanInstability(parts),
      normalized: isNormalizedIn(parts),
    },
    gaussian: first.gaussian.map((point, k) => ({ ...point, right: bits(({ gaussian }) => gaussian[k]?.right ?? '') })),
  };
}

function joinedGradients(parts: readonly GradientData[]): GradientData {
  const bits = (of: (part: GradientData) => Bits): Bits => parts.map(of).join('');
  return {
    zeroCrossEntropy: bits((part) => part.zeroCrossEntropy),
    zeroMargin: bits((part) => part.zeroMargin),
    zeroDlr: parts.some(({ zeroDlr }) => zeroDlr === null) ? null : bits((part) => part.zeroDlr ?? ''),
    saturated: bits((part) => part.saturated),
    misled: bits((part) => part.misled),
  };
}

/** A part without a sample that is right has asked for no scores. */
function isNormalizedIn(parts: readonly TrustData[]): boolean {
  const asked = parts.filter(({ right }) => countBits(right) > 0);
  return asked.length > 0 && asked.every(({ landscape }) => landscape.normalized);
}

/** Each part counts by its samples that are right when clean: the mean is over those. */
function meanInstability(parts: readonly TrustData[]): number | null {
  const weighed = parts.flatMap(({ right, landscape: { instability } }) =>
    instability === null ? [] : [{ n: countBits(right), instability }],
  );
  const n = weighed.reduce((sum, part) => sum + part.n, 0);
  return n === 0 ? null : weighed.reduce((sum, part) => sum + part.n * part.instability, 0) / n;
}
