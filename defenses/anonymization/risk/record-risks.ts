import { AssayError } from '#base/errors';
import { counted, grouped } from '#base/format';
import { classesOfSize, type ClassSizes } from './class-sizes.js';

/** How likely a record is found again, over the records that are in classes; all 0 where there are none. */
export interface RecordRisks {
  /** Of the record that is easiest to find. */
  readonly highest: number;
  /** The mean over records, not over classes. */
  readonly average: number;
  /** Records whose risk is above the threshold. */
  readonly recordsAtRisk: number;
  /** Their share of the records in classes. */
  readonly shareAtRisk: number;
}

/**
 * By one who knows that a person is in the table: 1 / size of the class (El Emam & Dankar 2008, Protecting privacy using
 * k-anonymity, doi:10.1197/jamia.M2716). The mean over records is then classes / records.
 *
 * @param threshold a risk in [0, 1]: a record is at risk where its own is above
 */
export function prosecutorRisks(sizes: ClassSizes, threshold: number): RecordRisks {
  return risksOf(
    sizes.counts.map(({ size, classes }) => ({ records: size * classes, candidates: size })),
    threshold,
  );
}

/** A class of the table, and how many people of the population have its quasi-identifiers. */
export interface ClassInPopulation {
  readonly size: number;
  readonly population: number;
}

/**
 * By one who knows that a person is in the population from which the table was drawn: 1 / size of the class in the population.
 *
 * @throws AssayError `data` where a class has more records than its population: the table was not drawn from it
 */
export function journalistRisks(classes: readonly ClassInPopulation[], threshold: number): RecordRisks {
  for (const { size, population } of classes) {
    if (population >= size) continue;
    throw new AssayError('data', {
      what: `a class of ${counted(size, 'record')} has ${grouped(population)} in the population, so the table was not drawn from it`,
      mend: 'Name the population that holds everybody in the table, with the same values.',
    });
  }
  return risksOf(
    classes.map(({ size, population }) => ({ records: size, candidates: population })),
    threshold,
  );
}

/**
 * The expected share of records that one finds who matches all of them: classes / records, where everybody in the table is in
 * the adversary's list (Dankar & El Emam 2010, A method for evaluating marketer re-identification risk).
 */
export function marketerRisk({ records, classes }: ClassSizes): number {
  return records === 0 ? 0 : classes / records;
}

/** The share of records that agree with no other. */
export function sampleUniqueness(sizes: ClassSizes): number {
  return sizes.records === 0 ? 0 : classesOfSize(sizes, 1) / sizes.records;
}

/** @param groups records that hide among so many candidates */
function risksOf(
  groups: readonly { readonly records: number; readonly candidates: number }[],
  threshold: number,
): RecordRisks {
  let [highest, expected, records, recordsAtRisk] = [0, 0, 0, 0];
  for (const group of groups) {
    const risk = 1 / group.candidates;
    highest = Math.max(highest, risk);
    expected += group.records / group.candidates;
    records += group.records;
    if (risk > threshold) recordsAtRisk += group.records;
  }
  const share = (sum: number) => (records === 0 ? 0 : sum / records);
  return { highest, average: share(expected), recordsAtRisk, shareAtRisk: share(recordsAtRisk) };
}
