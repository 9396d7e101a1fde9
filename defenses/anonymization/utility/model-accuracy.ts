import type { Column } from '#data/table';
import { AssayError } from '#base/errors';
import type { PredictLabels } from '#plugin/anonymizing';
import type { EncodedColumn, EncodedTable } from '../contract.js';
import { decodedColumn } from '../encoding/decode.js';
import { accuracyOf, type Accuracy } from './classifier.js';

export interface ModelUtility {
  readonly original: Accuracy;
  readonly released: Accuracy;
  /** Records for which it says the same of both tables. */
  readonly agreed: number;
}

/**
 * The accuracy of a model on a table as it was, and on a protected one. Records without a label are left out.
 *
 * @param truth the column of the true labels
 * @param original what the model says of each row of the one
 * @param released and of the other
 */
export function modelUtility(
  { codes, dictionary }: EncodedColumn,
  original: readonly string[],
  released: readonly string[],
): ModelUtility {
  let [before, after, agreed, n] = [0, 0, 0, 0];
  codes.forEach((code, row) => {
    if (code === 0) return;
    n += 1;
    before += Number(original[row] === dictionary[code]);
    after += Number(released[row] === dictionary[code]);
    agreed += Number(original[row] === released[row]);
  });
  return { original: accuracyOf(before, n), released: accuracyOf(after, n), agreed };
}

/**
 * What a model says of each row of a table. It sees all columns but the label and the identifiers.
 *
 * @param label the column of the true labels; null where there is none
 * @throws AssayError `model` where it does not answer each row
 */
export async function predictedLabels(
  { columns, rows }: EncodedTable,
  label: EncodedColumn | null,
  predict: PredictLabels,
): Promise<readonly string[]> {
  const seen: Column[] = columns
    .filter(({ name, role }) => role !== 'identifier' && name !== label?.name)
    .map(decodedColumn);
  const said = await predict(seen, label === null ? null : decodedColumn(label));
  if (said.length === rows) return said;
  throw new AssayError('model', {
    what: `the model gave ${said.length} labels for ${rows} rows`,
    mend: 'It has to give one for each.',
  });
}
