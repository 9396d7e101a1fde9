import { counted, grouped, percent } from '#base/format';
import type { Sign } from '#report/report';
import { bitAt, countBits, type Bits, type EpsilonData, type EvasionData } from '../evidence/data.js';
import { trustSigns } from '../trust/trust.js';
import type { Refusal } from '../evidence/recheck.js';

/** Shares from which on an attack is not believed to have worked; of survivors, and of all samples for noise. */
const LIMITS = { zeroGradient: 0.01, lossDidNotRise: 0.05, losesToNoise: 0.002 } as const;

/**
 * What would say that the attack failed rather than that the model held (design rule 4; Carlini et al. 2019,
 * arXiv:1902.06705; Pintor et al. 2022, "Indicators of Attack Failure", arXiv:2106.09947). An id names the symptom;
 * `holds` says that the measurement is free of it.
 */
export function signsOf(data: EvasionData, at: EpsilonData): Sign[] {
  return [
    ...trustSigns(data),
    unconfirmed(data),
    silentSuccess(data),
    notFinite(data),
    ...(data.uses === 'gradients' ? [zeroGradients(data, at), lossDidNotRise(data, at), losesToNoise(data, at)] : []),
  ];
}

function unconfirmed(data: EvasionData): Sign {
  const refused = new Map(data.epsilons.flatMap(({ refused }) => refused.map((each) => [each.sample, each.because])));
  const found = countBits(data.epsilons.at(-1)?.broken ?? '');
  const reasons = [...new Set(refused.values())].map((because) => REFUSALS[because]);
  return {
    id: 'unconfirmed',
    holds: refused.size === 0,
    sentence:
      refused.size === 0
        ? `${counted(found, 'adversarial input was', 'adversarial inputs were')} confirmed by a separate forward pass, within budget and domain.`
        : `${counted(refused.size, 'input', 'inputs')} that the attack called adversarial did not count when they were checked: ${reasons.join(', ')}.`,
  };
}

const REFUSALS: Readonly<Record<Refusal, string>> = {
  'not-finite': 'values that are not numbers',
  'over-budget': 'a change beyond epsilon',
  'outside-domain': 'values outside the domain',
  'label-kept': 'an answer that is right',
};

function silentSuccess(data: EvasionData): Sign {
  const silent = data.epsilons.reduce((sum, each) => sum + countBits(each.silent), 0);
  return {
    id: 'silent-success',
    holds: silent === 0,
    sentence:
      silent === 0
        ? 'The attack called adversarial every input of its own that is.'
        : `${counted(silent, 'sample was', 'samples were')} broken by an input that the attack took for a failure.`,
  };
}

function notFinite({ finite, n }: EvasionData): Sign {
  const broken = n - countBits(finite);
  return {
    id: 'not-finite',
    holds: broken === 0,
    sentence:
      broken === 0
        ? 'Every score was a finite number.'
        : `${counted(broken, 'sample has', 'samples have')} scores that are not finite numbers.`,
  };
}

function zeroGradients(data: EvasionData, at: EpsilonData): Sign {
  const { survivors, count, share } = amongSurvivors(data, at, at.zeroGradient);
  return {
    id: 'zero-gradients',
    holds: share <= LIMITS.zeroGradient,
    sentence: `${grouped(count)} of ${counted(survivors, 'survivor')} (${percent(share)}) began with a gradient of zero, or none that is finite: there was nothing to follow.`,
  };
}

function lossDidNotRise(data: EvasionData, at: EpsilonData): Sign {
  const { survivors, count, share } = amongSurvivors(data, at, inverted(at.lossRose));
  return {
    id: 'loss-did-not-rise',
    holds: share <= LIMITS.lossDidNotRise,
    sentence: `The loss of ${grouped(count)} of ${counted(survivors, 'survivor')} (${percent(share)}) never rose above where it started.`,
  };
}

function losesToNoise({ n }: EvasionData, { brokenByNoise }: EpsilonData): Sign {
  const lost = countBits(brokenByNoise);
  return {
    id: 'loses-to-noise',
    holds: lost <= LIMITS.losesToNoise * n,
    sentence: `Random noise of the same size broke ${counted(lost, 'sample')} that the attack did not break.`,
  };
}

/** Epsilon 0 is no attack, so there nothing can be missing. */
function amongSurvivors(
  { cleanCorrect }: EvasionData,
  { broken, epsilon }: EpsilonData,
  symptom: Bits,
): { readonly survivors: number; readonly count: number; readonly share: number } {
  const survivors = Array.from(cleanCorrect, (bit, i) => (bit === '1' && !bitAt(broken, i) ? [i] : [])).flat();
  const count = epsilon === 0 ? 0 : survivors.filter((i) => bitAt(symptom, i)).length;
  return { survivors: survivors.length, count, share: survivors.length === 0 ? 0 : count / survivors.length };
}

function inverted(bits: Bits): Bits {
  return Array.from(bits, (bit) => (bit === '1' ? '0' : '1')).join('');
}
