import type { BaseData, TrustData } from '../data.js';
import type { LossTrace } from '../../search/result.js';
import { widthAt } from '../../geometry/space.js';
import { normsOf, sizeIn } from '../../geometry/norms.js';
import { bitsOf, brokenBy, type Examination } from '../examination.js';

/** The attack as it is, and what its own traces say of how it went. */
export async function base(examination: Examination): Promise<BaseData> {
  const { right, attack } = examination;
  const { positions, outcomes } = await brokenBy(examination, attack.asItIs, 'base');
  const broken = new Set(positions);
  const where = (holds: (i: number) => boolean) =>
    bitsOf(
      examination,
      right.filter((_, i) => holds(i)),
    );
  return {
    broken: bitsOf(examination, positions),
    silent: where((i) => broken.has(right[i] ?? -1) && outcomes[i]?.fate === 'survived'),
    zeroGradient: where((i) => outcomes[i]?.flags.zeroGradientAtStart === true),
    incomplete: where((i) => !broken.has(right[i] ?? -1) && isIncomplete(outcomes[i]?.loss ?? null)),
  };
}

const LAST_STEPS = 10;
const STILL_RISING = 0.05;

/**
 * Whether the best loss so far, rescaled to 0 to 1 over the run, rose by more than 5 % within the last ten iterates (Pintor et
 * al. 2022, arXiv:2106.09947, indicator "incomplete optimization").
 */
export function isIncomplete(trace: LossTrace | null): boolean {
  if (trace === null || trace.path.length <= LAST_STEPS) return false;
  let best = -Infinity;
  const monotone = trace.path.map((value) => (best = Math.max(best, value)));
  const [first = 0] = monotone;
  const range = best - first;
  const before = monotone.at(-1 - LAST_STEPS) ?? best;
  return range > 0 && (best - before) / range > STILL_RISING;
}

/** The attack begun anew at a quarter and a half of epsilon, at twice epsilon, and at radii that allow everything. */
export async function curve(examination: Examination): Promise<TrustData['curve']> {
  const { epsilon, attack } = examination;
  const whole = widest(examination);
  const half = examination.norm === 'L0' ? Math.ceil(whole / 2) : whole / 2;
  const radii = [epsilon / 4, epsilon / 2, Math.min(2 * epsilon, whole), half, whole].filter(
    (radius, i, all) => radius > 0 && radius !== epsilon && all.indexOf(radius) === i,
  );
  const points: { epsilon: number; broken: string }[] = [];
  for (const radius of radii.sort((a, b) => a - b)) {
    const { positions } = await brokenBy(examination, attack.asItIs, 'curve', radius);
    points.push({ epsilon: radius, broken: bitsOf(examination, positions) });
  }
  return points;
}

/** The size of the largest change that the domain allows. */
export function widest({ box, norm }: Pick<Examination, 'box' | 'norm'>): number {
  const widths = Float32Array.from(box.low, (_, i) => (box.immutable.has(i) ? 0 : widthAt(box, i)));
  return sizeIn(norm, normsOf(new Float32Array(widths.length), widths));
}
