import { AssayError } from '#base/errors';
import { row } from '#base/tensor';
import type { Cost, RunContext } from '#plugin/plugin';
import { isCorrect, labelRow } from '#target/head';
import { chunkOf } from '#target/sample-source';
import { isDifferentiable, type Samples, type Target } from '#target/target';
import type { Bound, EvasionAttack } from '../evidence/chunk.js';
import type { CostOf, EvasionOptions } from '../evidence/evidence.js';
import { boxOf } from '../geometry/space.js';
import { decisionDraws, decisiveScores } from '../search/ask.js';
import { ascending, type TrustOptions } from '../search/options.js';
import { sideBySide } from '../search/side-by-side.js';
import type { TrustData } from './data.js';
import type { AttackForm, AttackForms } from './examination.js';
import { examine, examined, type Step } from './examine.js';
import { joined } from './joined.js';

const USUAL: TrustOptions = { samples: 100, noiseDraws: 1000, queries: 1000 };

/**
 * Examines whether an attack worked, at its largest epsilon. Null where the options ask for no examination, undefined where
 * there is nothing to examine.
 */
export async function examineAttack<Options extends EvasionOptions>(
  attack: EvasionAttack<Options>,
  { target, norm, epsilons, draws }: Bound,
  context: RunContext<Options>,
): Promise<TrustData | null | undefined> {
  const { options, test } = context;
  const effort = options.trust ?? USUAL;
  const epsilon = epsilons.at(-1) ?? 0;
  if (attack.examined === false || !(epsilon > 0) || test.indices.length === 0) return undefined;
  if (effort.samples === 0) return null;
  const random = context.random.fork('trust');
  // Drawn from a stream of the plugin's own: which samples are examined does not depend on what else is in the plan.
  const seed = String(random.of(0).uniform());
  const positions = examined(test, target, effort.samples, seed);
  const shared = { target, attack: formsOf(attack, options), norm, epsilon, box: boxOf(target) };
  const draw = { draws: options.eotDraws ?? 1, effort, random };
  const parts: TrustData[] = [];
  const size = chunkOf(test.shape);
  for (let start = 0; start < positions.length; start += size) {
    const samples = await test.take(positions.slice(start, start + size));
    const right = await rightOnes(target, samples, draws);
    const step: Step = async (name, compute) => {
      const { json } = await context.step(`trust-${start}-${name}`, async () => ({
        json: await compute(),
        arrays: {},
      }));
      return json;
    };
    parts.push(await examine({ ...shared, ...draw, samples, right }, step));
  }
  return joined(parts);
}

async function rightOnes(target: Target, samples: Samples, draws: number): Promise<readonly number[]> {
  const scores = await decisiveScores(target, samples.inputs, samples.labels, draws);
  return samples.indices.flatMap((_, i) =>
    isCorrect(target.head, row(scores, i), labelRow(samples.labels, i)) ? [i] : [],
  );
}

function formsOf<Options extends EvasionOptions>(attack: EvasionAttack<Options>, options: Options): AttackForms {
  const form = (own: Options | null | undefined): AttackForm | null =>
    own === null || own === undefined
      ? null
      : (target, samples, epsilon, random) => {
          const at = Object.assign({}, own, { epsilons: epsilon });
          if (attack.uses === 'scores') return sideBySide(attack.run)(target, samples, at, random);
          if (isDifferentiable(target)) return sideBySide(attack.run)(target, samples, at, random);
          throw new AssayError('plugin', { where: attack.name, what: 'it needs a target with gradients' });
        };
  const asItIs = form(options);
  if (asItIs === null) throw new AssayError('plugin', { where: attack.name, what: 'it has no options' });
  return {
    asItIs,
    moreSteps: form(attack.stronger?.steps?.(options)),
    moreRestarts: form(attack.stronger?.restarts?.(options)),
    singleStep: attack.singleStep === true,
    minimumNorm: attack.minimumNorm === true,
    usesGradients: attack.uses === 'gradients',
  };
}

/** How often the examination runs the attack on a sample: as it is, twice as long, restarted, and along the curve. */
const RUNS = { asItIs: 6, moreSteps: 2, moreRestarts: 5 };

/** Gradients and predictions of a sample beside those runs: goals and boundaries, the start, lines, noise nearby, passes. */
const BESIDE = { gradients: 2 * 3 * 20 + 4, predictions: 260 };

/** Rows through the target for the examination, before early stops. @param attack rows of one sample at all epsilons */
export function trustCost(
  { samples, epsilons, trust = USUAL, eotDraws = 1, singleStep = false, minimumNorm = false }: CostOf,
  attack: Cost,
): Cost {
  const n = Math.min(samples, trust.samples);
  const followsGradients = attack.gradients > 0;
  const shared = minimumNorm ? 1 : Math.max(1, ascending(epsilons).filter((epsilon) => epsilon > 0).length);
  const runs = (singleStep ? RUNS.asItIs : RUNS.asItIs + RUNS.moreSteps + RUNS.moreRestarts) / shared;
  const draws = decisionDraws(eotDraws);
  const queries = followsGradients && !singleStep ? draws * trust.queries : 0;
  return {
    predictions: Math.round(n * (BESIDE.predictions + draws * trust.noiseDraws + queries + runs * attack.predictions)),
    gradients: Math.round(n * (followsGradients ? eotDraws * BESIDE.gradients + runs * attack.gradients : 0)),
  };
}
