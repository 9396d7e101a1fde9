import { percent } from '#base/format';
import { sizeModel, type MeasuringModel } from './measured-model.js';

/** Every class has at least k records (Sweeney 2002, doi:10.1142/S0218488502001648). */
export function kAnonymityModel({ k }: { readonly k: number }): MeasuringModel {
  return leastSizeModel(`${k}-anonymity`, k, 'Records in the class');
}

/** A model that asks for at least k records in a class, whatever it promises by it. */
export function leastSizeModel(name: string, k: number, label: string): MeasuringModel {
  return sizeModel(
    {
      name,
      monotone: true,
      absorbs: true,
      needsPopulation: false,
      measured: {
        label,
        format: 'count',
        bar: `at least ${k}`,
        threshold: k,
        worst: 'lowest',
      },
    },
    ({ size }) => size,
    ({ size }) => size >= k,
  );
}

/**
 * Every class matches at least k records of the population (Sweeney 2001, "Computational disclosure control", section 4.3;
 * El Emam & Dankar 2008, doi:10.1197/jamia.M2716). That many people it could be.
 */
export function kMapModel({ k }: { readonly k: number }): MeasuringModel {
  return sizeModel(
    {
      name: `${k}-map`,
      monotone: true,
      absorbs: true,
      needsPopulation: true,
      measured: {
        label: 'Records of the population in the class',
        format: 'count',
        bar: `at least ${k}`,
        threshold: k,
        worst: 'lowest',
      },
    },
    ({ population }) => population,
    ({ population }) => population >= k,
  );
}

/**
 * How likely a person of the population is in the table lies between two bounds (Nergiz, Atzori & Clifton 2007, "Hiding the
 * presence of individuals from shared databases", definition 2): minimum <= |class in the table| / |class in the population| <=
 * maximum. Of a class that the population lacks it is Infinity: the table is no sample of such a population. Joining classes gives a
 * ratio between those of both, so the model is monotone. A class of the population without records in the table is none of
 * the table's, and whoever looks at all people has to count it as a ratio of 0.
 */
export function deltaPresenceModel(bounds: { readonly minimum: number; readonly maximum: number }): MeasuringModel {
  const { minimum, maximum } = bounds;
  const measure = ({ size, population }: { readonly size: number; readonly population: number }) =>
    population === 0 ? Infinity : size / population;
  return sizeModel(
    {
      name: `(${minimum}, ${maximum})-presence`,
      monotone: true,
      needsPopulation: true,
      measured: {
        label: 'Share of the population of the class that is in the table',
        format: 'rate',
        bar: `between ${percent(minimum)} and ${percent(maximum)}`,
        threshold: maximum,
        worst: 'highest',
      },
    },
    measure,
    (members) => {
      const ratio = measure(members);
      return ratio >= minimum && ratio <= maximum;
    },
  );
}
