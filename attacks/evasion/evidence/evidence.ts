import { AssayError } from '#base/errors';
import type { Cost, Evidence, RunContext } from '#plugin/plugin';
import type { ContinuousDomain } from '#target/domain';
import { chunkOf } from '#target/sample-source';
import { isDifferentiable, type Target } from '#target/target';
import { BASELINE_DRAWS } from './baseline.js';
import { candidatesOf, packed, type ExampleCandidate, type PackedChunk } from './checkpoint.js';
import { attackChunk, type Bound, type EvasionAttack } from './chunk.js';
import { addQueries, epsilonColumns, sampleColumns, type EvasionData } from './data.js';
import { chosen } from './keep.js';
import { normsOf, sizeIn, type Norm } from '../geometry/norms.js';
import { decisionDraws } from '../search/ask.js';
import { ascending, type TrustOptions } from '../search/options.js';
import { sideBySide } from '../search/side-by-side.js';
import { examineAttack, trustCost } from '../trust/examine-attack.js';
import { scoreWidth } from '#target/head';
import type { OnProgress } from '../search/result.js';
import { boxOf, continuousDomain, widthAt } from '../geometry/space.js';

/** What an attack has to let its user choose. */
export interface EvasionOptions {
  readonly norm: Norm;
  readonly epsilons: number | readonly number[];
  /** Gradients averaged at an iterate; more than 1 for randomized targets. */
  readonly eotDraws?: number;
  readonly trust?: TrustOptions;
}

/**
 * Runs an attack over the test data, in chunks that are checkpoints, and checks everything that it says: each input that it
 * gives is looked at again for distance, domain and label by a forward pass of its own, and attacks with gradients are
 * held against random noise. A sample is lost when anything that was checked breaks it.
 *
 * @throws AssayError `usage` for an epsilon beyond the whole domain, `plugin` where target or attack are not fit
 */
export async function attackEvidence<Options extends EvasionOptions>(
  attack: EvasionAttack<Options>,
  context: RunContext<Options>,
): Promise<Evidence<EvasionData>> {
  const target = needed(context.target, attack.name);
  const domain = continuousDomain(target);
  const bound = bind(attack, context, target);
  requireWithinDomain(bound, domain);
  const parts: PackedChunk['json'][] = [];
  let kept: readonly ExampleCandidate[] = [];
  const size = chunkOf(domain.shape);
  const total = context.test.indices.length;
  for (let start = 0; start < total; start += size) {
    const samples = await context.test.range(start, Math.min(start + size, total));
    const share: OnProgress = (done, all) => context.progress(start + (samples.indices.length * done) / all, total);
    const { json, arrays } = await context.step(`samples-${start}`, async () =>
      packed(await attackChunk(bound, samples, share), samples, kept, context),
    );
    parts.push(json);
    kept = chosen([...kept, ...candidatesOf({ json, arrays }, samples, bound.norm)], context.keep);
  }
  const trust = await examineAttack(attack, bound, context);
  context.progress(total, total);
  const data = evasionData(attack, bound, domain, parts);
  return {
    data: { ...data, ...examinedBy(attack, context.options), ...(trust === undefined ? {} : { trust }) },
    examples: kept.map(({ example }) => example),
  };
}

/** How the readings of the examination are to be understood. */
function examinedBy<Options extends EvasionOptions>(
  { singleStep = false, minimumNorm = false, members }: EvasionAttack<Options>,
  { eotDraws = 1 }: Options,
): Pick<EvasionData, 'effort' | 'eotDraws' | 'members'> {
  return { effort: { singleStep, minimumNorm }, eotDraws, ...(members === undefined ? {} : { members }) };
}

/** What the cost of an audit depends on. */
export interface CostOf {
  readonly samples: number;
  readonly epsilons: number | readonly number[];
  readonly trust?: TrustOptions | undefined;
  /** Gradients averaged at an iterate; of an ensemble its members count their own. */
  readonly eotDraws?: number | undefined;
  /** The attack takes one step. */
  readonly singleStep?: boolean;
  /** One run serves all epsilons. */
  readonly minimumNorm?: boolean;
}

/** Of attacks that climb to each epsilon, step by step, with a forward pass at the end of each climb. */
export function climbCost(
  samples: number,
  { epsilons, trust, eotDraws, steps }: Omit<CostOf, 'samples'> & { readonly steps: number },
  restarts = 1,
): Cost {
  const climbs = ascending(epsilons).length * restarts;
  const attack = { predictions: climbs, gradients: climbs * steps };
  return evasionCost({ samples, epsilons, trust, eotDraws }, 'gradients', attack);
}

/**
 * Rows through the target: what the attack itself needs, the checks around it, and the examination of the attack.
 *
 * @param once rows that the attack needs where nothing is averaged
 */
export function evasionCost(of: CostOf, uses: EvasionAttack<never>['uses'] | 'nothing examined', once: Cost): Cost {
  const { samples, epsilons, eotDraws = 1 } = of;
  const draws = decisionDraws(eotDraws);
  const attack = { predictions: draws * once.predictions, gradients: eotDraws * once.gradients };
  const count = ascending(epsilons).length;
  const noise = uses === 'gradients' ? count * (1 + BASELINE_DRAWS) : 0;
  const trust = uses === 'nothing examined' ? { predictions: 0, gradients: 0 } : trustCost(of, attack);
  return {
    // Clean inputs are asked for twice: by the attack, and independently of it.
    predictions: samples * (draws * (2 + count + noise) + attack.predictions) + trust.predictions,
    gradients: samples * attack.gradients + trust.gradients,
  };
}

function needed(target: Target | null, name: string): Target {
  if (target !== null) return target;
  throw new AssayError('plugin', { where: name, what: 'it needs a target' });
}

function bind<Options extends EvasionOptions>(
  attack: EvasionAttack<Options>,
  { options, random }: RunContext<Options>,
  target: Target,
): Bound {
  const draws = decisionDraws(options.eotDraws ?? 1);
  const shared = { target, norm: options.norm, epsilons: ascending(options.epsilons), random, draws };
  if (attack.uses === 'scores') {
    const attackAll = sideBySide(attack.run);
    const run: Bound['attack'] = (samples, progress) => attackAll(target, samples, options, random, progress);
    return { ...shared, comparesWithNoise: false, attack: run };
  }
  if (!isDifferentiable(target)) {
    throw new AssayError('plugin', { where: attack.name, what: 'it needs a target with gradients' });
  }
  const attackAll = sideBySide(attack.run);
  const run: Bound['attack'] = (samples, progress) => attackAll(target, samples, options, random, progress);
  return { ...shared, comparesWithNoise: true, attack: run };
}

/** 8 where 8/255 was meant would make every model look broken. */
function requireWithinDomain({ target, norm, epsilons }: Bound, { range: [low, high] }: ContinuousDomain): void {
  const box = boxOf(target);
  const widths = box.low.map((_, i) => (box.immutable.has(i) ? 0 : widthAt(box, i)));
  const widest = sizeIn(norm, normsOf(new Float32Array(widths.length), Float32Array.from(widths)));
  const beyond = epsilons.find((epsilon) => epsilon > widest * (1 + 1e-6));
  if (beyond === undefined) return;
  throw new AssayError('usage', {
    where: 'epsilons',
    what: `${beyond} is more than the largest change that the domain allows, ${Number(widest.toPrecision(6))} in ${norm}`,
    mend: `Epsilons are in the units of the data, whose range is ${low} to ${high}.`,
  });
}

function relaxedIn(domain: ContinuousDomain): Pick<EvasionData, 'relaxed'> {
  const columns = domain.kind === 'tabular' ? (domain.columns ?? []) : [];
  const relaxed = columns.filter((column) => !column.immutable && (column.kind === 'one-hot' || column.grid !== null));
  return relaxed.length === 0 ? {} : { relaxed: relaxed.map(({ name }) => name) };
}

function evasionData<Options>(
  { name, uses }: EvasionAttack<Options>,
  { target: { head }, norm, epsilons }: Bound,
  domain: ContinuousDomain,
  parts: readonly PackedChunk['json'][],
): EvasionData {
  const columns = sampleColumns(parts.flatMap(({ samples }) => samples));
  return {
    attack: name,
    uses,
    norm,
    domain: domain.kind,
    head: head.kind,
    outputs: scoreWidth(head),
    tolerance: head.kind === 'regression' ? head.tolerance : null,
    range: domain.range,
    ...relaxedIn(domain),
    ...columns,
    epsilons: epsilons.map((epsilon, k) => {
      const records = parts.flatMap((part) => part.epsilons[k] ?? []);
      return epsilonColumns(epsilon, records, columns.indices);
    }),
    queries: addQueries(parts.map(({ queries }) => queries)),
  };
}
