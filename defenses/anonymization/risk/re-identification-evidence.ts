import type { TableSource } from '#data/table';
import { observe } from '../encoding/observe.js';
import { binsOf, type MeasureBin } from '../measure-bins.js';
import { classesOfSize, classSizesOfTable, type ClassSizes } from './class-sizes.js';
import { askedToTellApart, distinguishingSets, toldApart, type DistinctionSearch } from './distinction.js';
import { prosecutorRisks, type RecordRisks } from './record-risks.js';
import { populationUniqueness, type PopulationUniqueness } from './uniqueness/population-uniqueness.js';

/** How likely people in a table are found again. No values of the table. */
export interface ReidentificationEvidence {
  readonly quasiIdentifiers: readonly string[];
  /** Columns that are declared identifiers, and so are taken to be removed before the table is released. */
  readonly identifiers: readonly string[];
  readonly records: number;
  /** Of `records`: those whose quasi-identifiers are all missing. They are in no class. */
  readonly suppressed: number;
  readonly classes: number;
  readonly smallestClass: number;
  /** Records that no other agrees with. */
  readonly sampleUniques: number;
  /** A record is at risk where its own risk is above. */
  readonly riskThreshold: number;
  /** By one who knows that a person is in the table. Its average is the marketer's risk too. */
  readonly risks: RecordRisks;
  readonly bins: readonly MeasureBin[];
  /** Null where it is not known how much of the population the table is. */
  readonly uniqueness: PopulationUniqueness | null;
  readonly undeclared: DistinctionSearch;
}

export interface ReidentificationQuestion {
  readonly riskThreshold: number;
  readonly samplingFraction: number | null;
  readonly distinguishing: number;
  readonly columnsTogether: number;
}

/**
 * Of quasi-identifiers different combinations are held; of columns that nobody declared a code of each record, one to four bytes, since
 * sets of them are put together.
 */
export async function takeEvidence(
  table: TableSource,
  question: ReidentificationQuestion,
): Promise<ReidentificationEvidence> {
  const { riskThreshold, samplingFraction, distinguishing, columnsTogether } = question;
  const named = (role: string) => table.columns.filter((column) => column.role === role).map(({ name }) => name);
  const observed = await observe(table, { counted: named('quasi-identifier'), ...askedToTellApart(table) });
  const sizes = classSizesOfTable(observed.counted);
  return {
    quasiIdentifiers: named('quasi-identifier'),
    identifiers: named('identifier'),
    records: table.rows,
    suppressed: sizes.suppressed,
    classes: sizes.classes,
    smallestClass: sizes.counts[0]?.size ?? 0,
    sampleUniques: classesOfSize(sizes, 1),
    riskThreshold,
    risks: prosecutorRisks(sizes, riskThreshold),
    bins: binsOf(recordsByRisk(sizes), 'rate'),
    uniqueness: samplingFraction === null ? null : populationUniqueness({ sizes, fraction: samplingFraction }),
    undeclared: distinguishingSets(toldApart(observed), { bar: distinguishing, maximumSize: columnsTogether }),
  };
}

function recordsByRisk({ counts }: ClassSizes): Map<number, number> {
  return new Map(counts.map(({ size, classes }) => [1 / size, size * classes]));
}
