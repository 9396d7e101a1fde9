import type { EncodedColumn, Hierarchy } from '../contract.js';
import { dateHierarchy } from './dates.js';
import { frequencyHierarchy } from './frequency.js';
import { builtHierarchy, valuesOf } from './levels.js';
import type { HierarchyOption } from './options.js';
import { prefixHierarchy } from './prefixes.js';
import { rangeHierarchy } from './ranges.js';
import { readHierarchy, type HierarchyFile } from './read.js';

/**
 * Builds the hierarchy of a column that is known by then.
 *
 * @throws AssayError `config` or `data` where the option, the file and the column do not fit
 */
export type HierarchyBuilder = (column: EncodedColumn) => Hierarchy;

/**
 * The hierarchy of a column as a config has it.
 *
 * @param readFile reads the file that the option names
 */
export async function hierarchyBuilder(
  option: HierarchyOption,
  readFile: (path: string) => Promise<HierarchyFile>,
): Promise<HierarchyBuilder> {
  if (typeof option !== 'string') return (column) => builtBy(option, column);
  const file = await readFile(option);
  return (column) => readHierarchy(file, column);
}

function builtBy(option: Exclude<HierarchyOption, string>, column: EncodedColumn): Hierarchy {
  if ('ranges' in option) return rangeHierarchy(column, option.ranges, option.anchor);
  if ('prefixes' in option) return prefixHierarchy(column);
  if ('dates' in option) return dateHierarchy(column, option.dates);
  if ('frequency' in option) return frequencyHierarchy(column, option.frequency);
  return flatHierarchy(column);
}

/** The value, or `*`. A leaf is a value that the table has. */
export function flatHierarchy(column: EncodedColumn): Hierarchy {
  return builtHierarchy(column, valuesOf(column), []);
}

/** How a hierarchy that no file holds is built, in print. */
export function describeHierarchy(option: Exclude<HierarchyOption, string>): string {
  if ('ranges' in option) return `ranges of ${option.ranges.join(', ')} from ${option.anchor ?? 0} on`;
  if ('prefixes' in option) return 'prefixes, masked from the right';
  if ('dates' in option) return `the calendar by ${option.dates.join(', ')}`;
  if ('frequency' in option) return `values of fewer than ${option.frequency.join(', ')} records joined`;
  return 'the value or *';
}
