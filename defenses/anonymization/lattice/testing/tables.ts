import type { BoundModel, ClassSummary, EncodedColumn, Hierarchy, PrivacyModel } from '../../contract.js';
import { builtHierarchy } from '../../hierarchies/levels.js';
import { searchLattice, type SearchRequest, type SearchResult } from '../search.js';

export type Cell = string | null;

export function columnOf(
  name: string,
  values: readonly Cell[],
  role: EncodedColumn['role'] = 'quasi-identifier',
): EncodedColumn {
  const dictionary: Cell[] = [null, ...new Set(values.filter((value) => value !== null))];
  return { name, role, type: 'text', codes: Int32Array.from(values, (value) => dictionary.indexOf(value)), dictionary };
}

/** Labels of levels between the values and `*`, by value. */
export function hierarchyOf(column: EncodedColumn, ...levels: readonly Readonly<Record<string, string>>[]): Hierarchy {
  const values = column.dictionary.slice(1).map((value) => value ?? '');
  const between = levels.map((labels) => (code: number) => {
    const label = labels[values[code - 1] ?? ''] ?? '';
    return { label, leavesUnder: values.filter((value) => labels[value] === label).length };
  });
  return builtHierarchy(column, values.length, between);
}

export function modelOf(
  facts: Pick<PrivacyModel, 'monotone'> & { readonly absorbs?: boolean; readonly sensitive?: readonly string[] },
  holds: (members: ClassSummary) => boolean,
): PrivacyModel {
  const model: PrivacyModel = {
    name: 'a model',
    needsPopulation: false,
    sensitive: [],
    ...facts,
    bind: (table): BoundModel => ({
      model,
      sensitive: model.sensitive.map((name) => table.columns.findIndex((column) => column.name === name)),
      holds,
    }),
  };
  return model;
}

const NONE = new Int32Array(0);
export const anonymity = (k: number) => modelOf({ monotone: true, absorbs: true }, ({ size }) => size >= k);
export const diversity = (l: number) =>
  modelOf({ monotone: true, absorbs: true, sensitive: ['s'] }, ({ counts }) => distinct(counts[0] ?? NONE) >= l);
/** No value has more than half of a class: joining may spoil a class that held. */
export const half = modelOf(
  { monotone: true, sensitive: ['s'] },
  ({ counts, size }) => Math.max(...(counts[0] ?? NONE)) <= size / 2,
);
/** Holds of classes of even size alone: not monotone at all. */
export const even = modelOf({ monotone: false }, ({ size }) => size % 2 === 0);

export function distinct(counts: Int32Array): number {
  return counts.filter((count) => count > 0).length;
}

export function search(
  request: Partial<SearchRequest> & Pick<SearchRequest, 'table' | 'hierarchies'>,
): Promise<SearchResult> {
  return searchLattice({ models: [anonymity(2)], suppression: 0, metric: 'loss', ...request });
}
