import { counted, grouped } from '#base/format';
import type { TableSource } from '#data/table';
import type { ReidentificationRisk } from '#plugin/anonymizing';
import { walkClasses } from '../class-walk.js';
import type { EncodedTable } from '../contract.js';
import { recordsOf } from '../encoding/weights.js';
import { takeCensus } from '../k-anonymity-census.js';
import { classesOfSize, classSizesOfTable, recordsBelow, type ClassSizes } from '../risk/class-sizes.js';
import { journalistRisks, marketerRisk, prosecutorRisks, type ClassInPopulation } from '../risk/record-risks.js';
import { populationUniqueness } from '../risk/uniqueness/population-uniqueness.js';

/** What is known of the people that a table is a sample of. */
export interface Knowledge {
  /** The table and the population, one as exact as the other; null without one. */
  readonly population: { readonly table: EncodedTable; readonly people: EncodedTable } | null;
  /** The share of the population that the table is; null where it is not known. */
  readonly fraction: number | null;
}

/**
 * The risks of classes of these sizes, by one who knows that a person is in the table, by one who knows that the person is in the
 * population, and by one who tries everybody.
 *
 * @throws AssayError `data` where the table was not drawn from the population
 */
export function risksOf(sizes: ClassSizes, knowledge: Knowledge): ReidentificationRisk {
  const { highest, average } = prosecutorRisks(sizes, 1);
  return {
    records: sizes.records + sizes.suppressed,
    suppressed: sizes.suppressed,
    classes: sizes.classes,
    smallestClass: sizes.counts[0]?.size ?? 0,
    uniques: recordsBelow(sizes, 2),
    prosecutor: { highest, average },
    journalist: journalistOf(knowledge),
    marketer: marketerRisk(sizes),
    populationUniques: populationUniquesOf(sizes, knowledge),
  };
}

/** The risks where a missing value agrees with every value: classes overlap, and nobody is told from those who agree. */
export async function risksOfOverlapping(table: TableSource): Promise<ReidentificationRisk> {
  const census = await takeCensus(table, { k: 2, missing: 'matches-everything' }, 0);
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

function journalistOf({ population: known }: Knowledge): ReidentificationRisk['journalist'] {
  if (known === null) return null;
  const classes: ClassInPopulation[] = [];
  const walk = { table: known.table, population: known.people, missing: 'own-value', sensitive: [] } as const;
  walkClasses(walk, ({ size, population }) => {
    classes.push({ size, population });
  });
  const { highest, average } = journalistRisks(classes, 1);
  return { highest, average };
}

function populationUniquesOf(
  sizes: ClassSizes,
  { population, fraction }: Knowledge,
): ReidentificationRisk['populationUniques'] {
  if (population !== null) {
    const uniques = classesOfSize(classSizesOfTable(population.people), 1);
    const people = recordsOf(population.people);
    return {
      share: people === 0 ? 0 : uniques / people,
      because: `Counted: ${grouped(uniques)} of the ${counted(people, 'record')} of the population.`,
    };
  }
  if (fraction === null) return null;
  const { share, because } = populationUniqueness({ sizes, fraction });
  return { share, because };
}
