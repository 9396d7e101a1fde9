import { bestArms, type BestArmsOptions } from './best-arms.js';
import { lowerBound, upperBound } from './bounds.js';
import type { Rule } from './space.js';
import { precisionOf, type Arm, type Trials } from './trials.js';
import type { Verified } from './verification.js';

export interface BeamOptions extends BestArmsOptions {
  /** What a rule has to reach: tau of the paper. */
  readonly precision: number;
  /** How many rules of each length are built upon. */
  readonly beam: number;
}

export interface BeamSearch {
  /** The rule of the largest coverage that was verified; or what fresh draws say of the narrowest rule there is. */
  readonly best: Verified;
  /** Rules for which inputs were drawn. */
  readonly candidates: number;
  /** Whether the search ended because it had no more draws. */
  readonly spent: boolean;
}

/** By so much the search's own bounds may miss the threshold, before fresh draws judge. */
const SLACK = 0.05;

/** Beam search for the rule of the largest coverage that is precise enough (Ribeiro et al. 2018, algorithm 2). */
export async function searchBeam(
  trials: Trials,
  verify: (arm: Arm) => Promise<Verified>,
  options: BeamOptions,
): Promise<BeamSearch> {
  const { depths } = trials.space;
  const narrowest = trials.arm(Uint8Array.from(depths));
  let candidates = 1;
  if (!(await seemsPrecise(trials, narrowest, options))) {
    return { best: await verify(narrowest), candidates, spent: false };
  }
  let best: Verified | null = null;
  let beam: readonly Arm[] = [trials.arm(new Uint8Array(depths.length))];
  const isSpent = (): boolean => trials.drawn >= options.maximumDraws;
  while (beam.length > 0 && !isSpent()) {
    for (const arm of beam.toSorted((a, b) => b.coverage - a.coverage)) {
      if (best !== null && arm.coverage <= best.arm.coverage) break;
      if (!(await seemsPrecise(trials, arm, options))) continue;
      const verified = await verify(arm);
      if (verified.holds) best = verified;
    }
    const least = best?.arm.coverage ?? -1;
    const longer = extensions(beam, depths)
      .map((rule) => trials.arm(rule))
      .filter(({ coverage }) => coverage > least);
    candidates += longer.length;
    beam = await bestArms(trials, longer, options.beam, options);
  }
  const spent = beam.length > 0;
  return { best: best ?? (await mostPrecise([...beam.slice(0, 1), narrowest], verify)), candidates, spent };
}

/** The first rule that holds; the last one where none does. */
async function mostPrecise(arms: readonly Arm[], verify: (arm: Arm) => Promise<Verified>): Promise<Verified> {
  const [first, ...rest] = arms;
  if (first === undefined) throw new RangeError('there is no rule to verify');
  const verified = await verify(first);
  return verified.holds || rest.length === 0 ? verified : mostPrecise(rest, verify);
}

/** Draws until the precision is above the threshold, or below it, by the bounds of the paper. */
async function seemsPrecise(trials: Trials, arm: Arm, options: BeamOptions): Promise<boolean> {
  const { precision: threshold, delta, beam, batch } = options;
  const rate = Math.log((1 + (beam - 1) * arm.rule.length) / delta);
  for (;;) {
    await trials.draw([arm], batch);
    const precision = precisionOf(arm);
    if (precision >= threshold) {
      if (lowerBound(precision, rate / arm.draws) >= threshold - SLACK) return true;
    } else if (upperBound(precision, rate / arm.draws) < threshold + SLACK) return false;
  }
}

/** Every rule that has one predicate more than one of these: a chain that is new to it, or a deeper level of one. */
function extensions(beam: readonly Arm[], depths: readonly number[]): Rule[] {
  const found = new Map<string, Rule>();
  for (const { rule } of beam) {
    depths.forEach((depth, chain) => {
      for (let level = (rule[chain] ?? 0) + 1; level <= depth; level++) {
        const longer = rule.with(chain, level);
        found.set(longer.join(), longer);
      }
    });
  }
  return [...found.values()];
}
