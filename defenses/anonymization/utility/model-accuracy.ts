import { AssayError } from '#base/errors';
import type { EncodedTable, Release } from '../contract.js';
import { accuracyOf, type Accuracy } from './classifier.js';
import { representativeTable } from './representatives.js';

/** Rows of a table in the words of its columns; null for missing. The same order of columns in each. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** What a model says of each row: the name of a label. */
export type PredictLabels = (rows: Rows) => Promise<readonly string[]>;

/** Rows that a model is asked about at a time. */
const CHUNK = 256;

export interface ModelUtility {
  readonly original: Accuracy;
  readonly released: Accuracy;
  /** Records for which it says the same of both tables. */
  readonly agreed: number;
}

/**
 * The accuracy of the audited model on the table as it was, and on the protected one, whose values are written as
 * {@link representativeTable} has them. Records without a label are left out. The model sees all columns but the label and the
 * identifiers.
 *
 * @throws AssayError `data` where the table lacks the label, `model` where the model does not answer each row
 */
export async function modelUtility(
  table: EncodedTable,
  release: Release,
  label: string,
  predict: PredictLabels,
): Promise<ModelUtility> {
  const truth = table.columns.find(({ name }) => name === label);
  if (truth === undefined) {
    throw new AssayError('data', {
      where: label,
      what: 'the table has no such column',
      mend: 'Name the column that holds the true labels.',
    });
  }
  const [before, after] = [
    await predictedLabels(table, predict, [label]),
    await predictedLabels(representativeTable(table, release), predict, [label]),
  ];
  let [original, released, agreed, n] = [0, 0, 0, 0];
  truth.codes.forEach((code, row) => {
    if (code === 0) return;
    n += 1;
    original += Number(before[row] === truth.dictionary[code]);
    released += Number(after[row] === truth.dictionary[code]);
    agreed += Number(before[row] === after[row]);
  });
  return { original: accuracyOf(original, n), released: accuracyOf(released, n), agreed };
}

/** What a model says of each row of a table, without identifiers and the columns that are left out. */
export async function predictedLabels(
  table: EncodedTable,
  predict: PredictLabels,
  leftOut: readonly string[] = [],
): Promise<string[]> {
  const columns = table.columns.filter(({ name, role }) => role !== 'identifier' && !leftOut.includes(name));
  const names = columns.map(({ name }) => name);
  const labels: string[] = [];
  for (let start = 0; start < table.rows; start += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, table.rows - start) }, (_, i) =>
      columns.map(({ codes, dictionary }) => dictionary[codes[start + i] ?? 0] ?? null),
    );
    const said = await predict({ columns: names, rows });
    if (said.length !== rows.length) {
      throw new AssayError('model', {
        what: `the model gave ${said.length} labels for ${rows.length} rows`,
        mend: 'It has to give one for each.',
      });
    }
    labels.push(...said);
  }
  return labels;
}
