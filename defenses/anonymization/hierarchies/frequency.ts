import { AssayError } from '#base/errors';
import type { EncodedColumn, Hierarchy } from '../contract.js';
import { occurrencesOf } from '../encoding/weights.js';
import { builtHierarchy, valuesOf, type LabelOf } from './levels.js';

const OTHER = 'other';

/**
 * Values that fewer records have than a level's count are `other` there. A leaf is a value that the table has.
 *
 * @param counts ascending
 * @throws AssayError `config` for counts that do not ascend
 */
export function frequencyHierarchy(column: EncodedColumn, counts: readonly number[]): Hierarchy {
  checkAscending(counts, column.name);
  const occurs = occurrencesOf(column);
  const other = unusedWord(column);
  return builtHierarchy(
    column,
    valuesOf(column),
    counts.map((least) => {
      const rare = occurs.reduce((sum, records, code) => sum + Number(code > 0 && records < least), 0);
      return (code: number): LabelOf =>
        (occurs[code] ?? 0) < least
          ? { label: other, leavesUnder: rare }
          : { label: column.dictionary[code] ?? '', leavesUnder: 1 };
    }),
  );
}

function checkAscending(counts: readonly number[], column: string): void {
  const at = counts.findIndex((count, i) => i > 0 && count <= (counts[i - 1] ?? 0));
  if (at < 0) return;
  throw new AssayError('config', {
    where: `the hierarchy of ${column}`,
    what: `the counts of \`frequency\` do not ascend: ${counts[at]} stands behind ${counts[at - 1]}`,
    mend: 'Write them as in [10, 100].',
  });
}

/** `other`, unless the column has that word as a value: then `(other)`, and so on. */
function unusedWord({ dictionary }: EncodedColumn): string {
  const values = new Set(dictionary);
  let word = OTHER;
  while (values.has(word)) word = `(${word})`;
  return word;
}
