import { counted, grouped } from '#base/format';
import type { Table } from '#data/table';
import type { ReidentificationRisk } from '#plugin/anonymizing';
import { walkClasses } from '../class-walk.js';
import { encodeTable, encodeWithPopulation } from '../encoding/encode.js';
import { takeCensus } from '../k-anonymity-census.js';
import { classesOfSize, classSizesOfTable, recordsBelow, type ClassSizes } from '../risk/class-sizes.js';
import { journalistRisks, marketerRisk, prosecutorRisks, type ClassInPopulation } from '../risk/record-risks.js';
import { populationUniqueness } from '../risk/uniqueness/population-uniqueness.js';

/** What is known of the people that a table is a sample of. */
export interface Knowledge {
  /** As exact as the table; null without one. */
  readonly population: Table | null;
  /** The share of the population that the table is; null where it is not known. */
  readonly fraction: number | null;
}

/**
 * The risks of classes of these sizes, by one who knows that a person is in the table, by one who knows that the person is in the
 * population, and by one who tries everybody.
 *
 * @param table whose classes these are
 * @throws AssayError `data` where the table was not drawn from the population
 */
export function risksOf(sizes: ClassSizes, table: Table, knowledge: Knowledge): ReidentificationRisk {
  const { highest, average } = prosecutorRisks(sizes, 1);
  return {
    records: sizes.records + sizes.suppressed,
    suppressed: sizes.suppressed,
    classes: sizes.classes,
    smallestClass: sizes.counts[0]?.size ?? 0,
    uniques: recordsBelow(sizes, 2),
    prosecutor: { highest, average },
    journalist: journalistOf(table, knowledge.population),
    marketer: marketerRisk(sizes),
    populationUniques: populationUniquesOf(sizes, knowledge),
  };
}

/** The risks where a missing value agrees with every value: classes overlap, and nobody is told from those who agree. */
export function risksOfOverlapping(table: Table): ReidentificationRisk {
  const census = takeCensus(table, { k: 2, missing: 'matches-everything' }, 0);
  const { records, suppressed, combinations, smallestClass, sampleUniques, risk } = census;
  return {
    ...{ records, suppressed, smallestClass },
    classes: combinations,
    uniques: sampleUniques,
    prosecutor: { highest: risk.highest, average: risk.average },
    journalist: null,
    marketer: risk.marketer,
    populationUniques: null,
  };
}

function journalistOf(table: Table, population: Table | null): ReidentificationRisk['journalist'] {
  if (population === null) return null;
  const classes: ClassInPopulation[] = [];
  const encoded = encodeWithPopulation(table, population);
  walkClasses({ ...encoded, missing: 'own-value', sensitive: [] }, ({ size, population: people }) => {
    classes.push({ size, population: people });
  });
  const { highest, average } = journalistRisks(classes, 1);
  return { highest, average };
}

function populationUniquesOf(
  sizes: ClassSizes,
  { population, fraction }: Knowledge,
): ReidentificationRisk['populationUniques'] {
  if (population !== null) {
    const people = classSizesOfTable(encodeTable(population));
    const uniques = classesOfSize(people, 1);
    return {
      share: population.rows === 0 ? 0 : uniques / population.rows,
      because: `Counted: ${grouped(uniques)} of the ${counted(population.rows, 'record')} of the population.`,
    };
  }
  if (fraction === null) return null;
  const { share, because } = populationUniqueness({ sizes, fraction });
  return { share, because };
}
