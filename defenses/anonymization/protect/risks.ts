import type { Table } from '#data/table';
import type { ReidentificationRisk } from '#plugin/anonymizing';
import { walkClasses } from '../class-walk.js';
import { encodeWithPopulation } from '../encoding/encode.js';
import { recordsBelow, type ClassSizes } from '../risk/class-sizes.js';
import { journalistRisks, marketerRisk, prosecutorRisks, type ClassInPopulation } from '../risk/record-risks.js';

/** The risks of classes of these sizes, by one who knows that a person is in the table and by one who tries everybody. */
export function risksOf(sizes: ClassSizes, journalist: ReidentificationRisk['journalist']): ReidentificationRisk {
  const { highest, average } = prosecutorRisks(sizes, 1);
  return {
    records: sizes.records + sizes.suppressed,
    suppressed: sizes.suppressed,
    classes: sizes.classes,
    smallestClass: sizes.counts[0]?.size ?? 0,
    uniques: recordsBelow(sizes, 2),
    prosecutor: { highest, average },
    journalist,
    marketer: marketerRisk(sizes),
  };
}

/**
 * The risks by one who knows that a person is in the population; null without one.
 *
 * @param population with the quasi-identifiers of the table, as exact as those
 * @throws AssayError `data` where the table was not drawn from it
 */
export function journalistOf(table: Table, population: Table | null): ReidentificationRisk['journalist'] {
  if (population === null) return null;
  const classes: ClassInPopulation[] = [];
  const encoded = encodeWithPopulation(table, population);
  walkClasses({ ...encoded, missing: 'own-value', sensitive: [] }, ({ size, population: people }) => {
    classes.push({ size, population: people });
  });
  const { highest, average } = journalistRisks(classes, 1);
  return { highest, average };
}
