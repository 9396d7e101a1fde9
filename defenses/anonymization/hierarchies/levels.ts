import { AssayError } from '#base/errors';
import type { EncodedColumn, Hierarchy, HierarchyLevel } from '../contract.js';

/** What stands for everything. */
export const EVERYTHING = '*';

/** Levels are numbered in a byte. */
const MOST_LEVELS = 255;

/** A label and how many leaves of the hierarchy lie under it. */
export interface LabelOf {
  readonly label: string;
  readonly leavesUnder: number;
}

/** The values themselves. */
export function valueLevel({ dictionary }: EncodedColumn): HierarchyLevel {
  return {
    groupOf: Int32Array.from(dictionary, (_, code) => code),
    labels: dictionary,
    leavesUnder: Int32Array.from(dictionary, (_, code) => (code === 0 ? 0 : 1)),
  };
}

/** One group for everything, missing values too. */
export function topLevel({ dictionary }: EncodedColumn, leaves: number, label = EVERYTHING): HierarchyLevel {
  return { groupOf: new Int32Array(dictionary.length), labels: [label], leavesUnder: Int32Array.of(leaves) };
}

/** Values with the same label are a group; the missing ones are group 0. */
export function labelLevel({ dictionary }: EncodedColumn, labelOf: (code: number) => LabelOf): HierarchyLevel {
  const groups = new Map<string, number>();
  const labels: (string | null)[] = [null];
  const leavesUnder = [0];
  const groupOf = new Int32Array(dictionary.length);
  for (let code = 1; code < dictionary.length; code++) {
    const { label, leavesUnder: leaves } = labelOf(code);
    let group = groups.get(label);
    if (group === undefined) {
      group = labels.length;
      groups.set(label, group);
      labels.push(label);
      leavesUnder.push(leaves);
    }
    groupOf[code] = group;
  }
  return { groupOf, labels, leavesUnder: Int32Array.from(leavesUnder) };
}

/**
 * The values, the levels between, and `*`. A level between that puts all values together is left out: `*` says the same, and says it
 * of missing values too.
 */
export function builtHierarchy(
  column: EncodedColumn,
  leaves: number,
  between: Iterable<(code: number) => LabelOf>,
): Hierarchy {
  const levels = Array.from(between, (labelOf) => labelLevel(column, labelOf)).filter(
    ({ labels }) => labels.length > 2,
  );
  return checkedHierarchy({
    column: column.name,
    levels: [valueLevel(column), ...levels, topLevel(column, leaves)],
    leaves,
  });
}

/** @throws AssayError `config` for more levels than are numbered */
export function checkedHierarchy(hierarchy: Hierarchy): Hierarchy {
  if (hierarchy.levels.length <= MOST_LEVELS) return hierarchy;
  throw new AssayError('config', {
    where: `the hierarchy of ${hierarchy.column}`,
    what: `it has ${hierarchy.levels.length} levels, and at most ${MOST_LEVELS} are searched`,
    mend: 'Leave some out.',
  });
}

/** How many values the column has, missing ones apart; a hierarchy that is built of them has so many leaves. */
export function valuesOf({ dictionary }: EncodedColumn): number {
  return dictionary.length - 1;
}
