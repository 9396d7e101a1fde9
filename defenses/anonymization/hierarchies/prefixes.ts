import { AssayError } from '#base/errors';
import type { EncodedColumn, Hierarchy } from '../contract.js';
import { builtHierarchy, EVERYTHING, valuesOf, type LabelOf } from './levels.js';

/** Longer values are no codes of which a prefix means a region or group. */
const LONGEST = 64;

/**
 * One character more from the right is masked at each level: 8101*, 810**, ... and `*` at last. Characters are code points.
 * A leaf is a value that the table has: which others there could be, nobody says.
 *
 * @throws AssayError `data` for values of more than 64 characters
 */
export function prefixHierarchy(column: EncodedColumn): Hierarchy {
  const characters = column.dictionary.map((value) => Array.from(value ?? ''));
  const longest = characters.reduce((most, { length }) => Math.max(most, length), 0);
  if (longest > LONGEST) {
    throw new AssayError('data', {
      where: column.name,
      what: `a value has ${longest} characters, and prefixes are masked of at most ${LONGEST}`,
      mend: 'Name a hierarchy in a file.',
    });
  }
  const levels = Array.from({ length: Math.max(0, longest - 1) }, (_, i) => masked(characters, i + 1));
  return builtHierarchy(column, valuesOf(column), levels);
}

function masked(characters: readonly (readonly string[])[], masks: number): (code: number) => LabelOf {
  const labels = characters.map((value) => {
    const kept = Math.max(0, value.length - masks);
    return value.slice(0, kept).join('') + EVERYTHING.repeat(value.length - kept);
  });
  const leaves = new Map<string, number>();
  for (const label of labels.slice(1)) leaves.set(label, (leaves.get(label) ?? 0) + 1);
  return (code) => ({ label: labels[code] ?? '', leavesUnder: leaves.get(labels[code] ?? '') ?? 0 });
}
