import { type Static, type TObject } from '@sinclair/typebox';
import { AssayError } from '#base/errors';
import type { JsonObject } from '#base/json';
import type { PluginFactory } from '#plugin/define';
import { completeOptions } from '#plugin/options';
import type { TargetFacts } from '#plugin/plugin';
import type { DifferentiableTarget, Target } from '#target/target';
import { apgd, runApgd } from '../apgd.js';
import { apgdT, runApgdT } from '../apgd-t.js';
import { bim, runBim } from '../bim.js';
import { carliniWagner, runCarliniWagner } from '../carlini-wagner.js';
import { ddn, runDdn } from '../ddn.js';
import { deepfool, runDeepFool } from '../deepfool.js';
import { fab, runFab } from '../fab.js';
import { fabT } from '../fab-t.js';
import { runFabT } from '../run-fab-t.js';
import { fgsm } from '../fgsm.js';
import { fmn, runFmn } from '../fmn.js';
import type { Norm } from '../geometry/norms.js';
import { miFgsm, runMiFgsm } from '../mi-fgsm.js';
import { noise } from '../noise.js';
import { pgd, runPgd } from '../pgd.js';
import { runFgsm } from '../run-fgsm.js';
import { runNoise } from '../run-noise.js';
import type { RunAttack } from '../search/result.js';
import { runSquare } from '../run-square.js';
import { square } from '../square.js';
import type { At, Member } from './member.js';

/** An attack that ensembles may name, before anything about it is chosen. */
interface Entry {
  /** @param options beside the ball; what is left out has its default */
  member(name: string, options: JsonObject): Member;
  /** It can average gradients over the draws of a randomized target. */
  readonly averages: boolean;
}

/**
 * The attacks that an ensemble may have, by the end of their ids. One that comes later is one line here; attacks within a
 * ball and minimum-norm attacks alike, with gradients or without.
 */
export const ENSEMBLE_ATTACKS: Readonly<Record<string, Entry>> = {
  noise: byScores(noise, runNoise),
  fgsm: byGradients(fgsm, runFgsm),
  bim: byGradients(bim, runBim),
  'mi-fgsm': byGradients(miFgsm, runMiFgsm),
  pgd: byGradients(pgd, runPgd),
  apgd: byGradients(apgd, runApgd),
  'apgd-t': byGradients(apgdT, runApgdT),
  fab: byGradients(fab, (target, samples, options, ...rest) =>
    runFab(target, samples, { ...options, ...until(options) }, ...rest),
  ),
  'fab-t': byGradients(fabT, (target, samples, options, ...rest) =>
    runFabT(target, samples, { ...options, ...until(options) }, ...rest),
  ),
  deepfool: byGradients(deepfool, runDeepFool),
  'carlini-wagner': byGradients(carliniWagner, runCarliniWagner),
  ddn: byGradients(ddn, runDdn),
  fmn: byGradients(fmn, runFmn),
  square: byScores(square, runSquare),
};

/** Inside an ensemble nothing closer than epsilon is looked for: a sample that falls is done. */
function until({ epsilons }: { readonly epsilons: number | readonly number[] }): { readonly stopAt: number } {
  return { stopAt: typeof epsilons === 'number' ? epsilons : Math.min(...epsilons) };
}

/**
 * A member of an ensemble.
 *
 * @param name unique within the ensemble; default: the attack's
 * @throws AssayError `usage` for an attack that is not known, or options that it refuses
 */
export function memberOf(attack: string, options: JsonObject = {}, name = attack): Member {
  const entry = ENSEMBLE_ATTACKS[attack];
  if (entry !== undefined) return entry.member(name, options);
  throw new AssayError('usage', {
    what: `no attack of an ensemble is called \`${attack}\``,
    mend: `There are ${Object.keys(ENSEMBLE_ATTACKS).join(', ')}.`,
  });
}

function byGradients<Options extends TObject, Policy extends TObject, Data>(
  factory: PluginFactory<Options, Policy, Data>,
  run: RunAttack<DifferentiableTarget, Static<Options>>,
): Entry {
  return {
    averages: 'eotDraws' in factory.plugin.options.properties,
    member: (name, options) => ({
      ...facts(factory, name, options),
      uses: 'gradients',
      run: (target, samples, at, ...rest) => run(target, samples, completed(factory, name, options, at), ...rest),
    }),
  };
}

function byScores<Options extends TObject, Policy extends TObject, Data>(
  factory: PluginFactory<Options, Policy, Data>,
  run: RunAttack<Target, Static<Options>>,
): Entry {
  return {
    averages: 'eotDraws' in factory.plugin.options.properties,
    member: (name, options) => ({
      ...facts(factory, name, options),
      uses: 'scores',
      run: (target, samples, at, ...rest) => run(target, samples, completed(factory, name, options, at), ...rest),
    }),
  };
}

/** Any ball: what does not depend on it. */
const ANY_EPSILON = 1;

function facts<Options extends TObject, Policy extends TObject, Data>(
  factory: PluginFactory<Options, Policy, Data>,
  name: string,
  options: JsonObject,
): Pick<Member, 'name' | 'refuses' | 'requires' | 'costIn'> {
  const { plugin } = factory;
  const at = (norm: Norm) => completed(factory, name, options, { norm, epsilon: ANY_EPSILON });
  return {
    name,
    requires: (norm) => void at(norm),
    refuses: (target: TargetFacts, norm) => plugin.appliesTo?.(target, at(norm)) ?? null,
    costIn: (norm) => plugin.cost(1, { ...at(norm), trust: { samples: 0, noiseDraws: 1, queries: 1 } }),
  };
}

/** Options with the ball and all defaults, checked. */
function completed<Options extends TObject, Policy extends TObject, Data>(
  { plugin }: PluginFactory<Options, Policy, Data>,
  name: string,
  options: JsonObject,
  { norm, epsilon }: At,
): Static<Options> {
  for (const own of ['norm', 'epsilons', 'trust']) {
    if (own in options)
      throw new AssayError('usage', { where: name, what: `\`${own}\` is the ensemble's, not a member's` });
  }
  return completeOptions(plugin, { ...options, norm, epsilons: epsilon });
}
