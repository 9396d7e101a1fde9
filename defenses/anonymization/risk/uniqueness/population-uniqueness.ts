import { percent } from '#base/format';
import { classesOfSize } from '../class-sizes.js';
import { populationOf, type PopulationSample, type UniquenessEstimate, type UniquenessModel } from './estimate.js';
import { pitman } from './pitman.js';
import { slideNegativeBinomial } from './slide-negative-binomial.js';
import { zayatz } from './zayatz.js';

/** How many people nobody else in the population agrees with, estimated from a sample. Plain JSON. */
export interface PopulationUniqueness {
  /** The share of the population that the sample is. */
  readonly fraction: number;
  /** People in it. */
  readonly population: number;
  /** Of each model, whether or not it is the one that counts. */
  readonly estimates: readonly UniquenessEstimate[];
  /** The model that the rule picks; `census` where the sample is the population. Null where none of those that it may pick converged. */
  readonly chosen: UniquenessModel | 'census' | null;
  /** Of the population, in [0, 1]; null with `chosen`. */
  readonly share: number | null;
  /** Why this model, in one sentence. */
  readonly because: string;
}

/** Up to this sampling fraction Pitman's model is the best of the three. */
const SMALL_FRACTION = 0.1;

/**
 * Population uniqueness by the decision rule of Dankar, El Emam, Neisa & Roffey 2012 (Estimating the re-identification risk of
 * clinical data sets, doi:10.1186/1472-6947-12-66): Pitman up to a sampling fraction of 10 %; above it the smaller of the slide
 * negative binomial's and Zayatz's. Zayatz's stands in, as in ARX, for one that does not converge.
 */
export function populationUniqueness(sample: PopulationSample): PopulationUniqueness {
  const { fraction, sizes } = sample;
  if (!(fraction > 0 && fraction <= 1))
    throw new RangeError(`a sampling fraction is above 0 and at most 1, not ${fraction}`);
  const population = populationOf(sample);
  const uniques = classesOfSize(sizes, 1);
  const plain = { fraction, population, estimates: [] };
  if (population === sizes.records || uniques === 0) {
    const because =
      uniques === 0
        ? 'No record of the sample is unique, so none can be unique in the population.'
        : 'The table is the whole population, so its uniques are counted.';
    return { ...plain, chosen: 'census', share: sizes.records === 0 ? 0 : uniques / sizes.records, because };
  }
  const estimates = [pitman(sample), slideNegativeBinomial(sample), zayatz(sample)] as const;
  return { ...plain, estimates, ...decide(fraction, ...estimates) };
}

type Decision = Pick<PopulationUniqueness, 'chosen' | 'share' | 'because'>;

function decide(
  fraction: number,
  byPitman: UniquenessEstimate,
  bySlide: UniquenessEstimate,
  byZayatz: UniquenessEstimate,
): Decision {
  const isSmall = fraction <= SMALL_FRACTION;
  const first = isSmall ? byPitman : bySlide;
  const place = `a sampling fraction ${isSmall ? 'up to' : 'above'} ${percent(SMALL_FRACTION)}`;
  if (!byZayatz.converged && !first.converged) {
    return { chosen: null, share: null, because: `No model for ${place} converged.` };
  }
  if (!first.converged) {
    return choice(
      byZayatz,
      `Zayatz's estimate stands in at ${place}: ${NAMES[first.model]} did not converge, as ${first.why}.`,
    );
  }
  if (isSmall) return choice(first, `Pitman's model is used at ${place} (Dankar et al. 2012).`);
  const smaller = byZayatz.converged && byZayatz.share < first.share ? byZayatz : first;
  return choice(
    smaller,
    `At ${place} the smaller of the slide negative binomial's and Zayatz's estimates is used (Dankar et al. 2012).`,
  );
}

export const NAMES: Readonly<Record<UniquenessModel, string>> = {
  pitman: "Pitman's model",
  'slide-negative-binomial': 'the slide negative binomial model',
  zayatz: "Zayatz's model",
};

function choice(estimate: UniquenessEstimate, because: string): Decision {
  return { chosen: estimate.model, share: estimate.converged ? estimate.share : null, because };
}
