import type { ColumnRole, ColumnType } from '#data/table';
import type { BoundModel, ClassSummary, EncodedTable, Hierarchy, Release } from '../../contract.js';
import { encodeTable } from '../../encoding/encode.js';
import { mondrian } from '../mondrian.js';
import type { MondrianOptions } from '../options.js';

export type Value = string | null;

export interface ColumnOfTest {
  readonly values: readonly Value[];
  readonly type?: ColumnType;
  readonly role?: ColumnRole;
}

export function tableOf(columns: readonly ColumnOfTest[]): EncodedTable {
  return encodeTable({
    name: 'people.csv',
    rows: columns[0]?.values.length ?? 0,
    columns: columns.map(({ values, type = 'text', role = 'quasi-identifier' }, i) => ({
      name: String.fromCharCode(97 + i),
      role,
      type,
      values,
    })),
  });
}

export const model = (
  holds: (members: ClassSummary) => boolean,
  facts: Partial<BoundModel['model']> = {},
  sensitive: readonly number[] = [],
): BoundModel => {
  const bound: BoundModel = {
    model: {
      name: 'a model',
      monotone: true,
      sensitive: sensitive.map(String),
      needsPopulation: false,
      bind: () => bound,
      ...facts,
    },
    sensitive,
    holds,
  };
  return bound;
};
export const atLeast = (k: number) => model(({ size }) => size >= k);
export const values = (l: number, column: number) =>
  model(({ counts: [counts = new Int32Array(0)] }) => counts.filter((count) => count > 0).length >= l, {}, [column]);

export const OPTIONS: MondrianOptions = { mode: 'strict', ranges: 'tight', labelLength: 200 };

export function run(
  columns: readonly ColumnOfTest[],
  models: readonly BoundModel[],
  options: Partial<MondrianOptions> = {},
  hierarchies: readonly Hierarchy[] = [],
): Release {
  return mondrian({ table: tableOf(columns), models, hierarchies }, { ...OPTIONS, ...options });
}

/** The released quasi-identifiers, row by row. */
export const texts = ({ columns, classOf }: Release): Value[][] =>
  Array.from(classOf, (_, row) => columns.map(({ codes, labels }) => labels[codes[row] ?? 0] ?? null));

export const numbers = (...list: (number | null)[]): ColumnOfTest => ({
  values: list.map((value) => (value === null ? null : String(value))),
  type: 'integer',
});
export const words = (text: string): ColumnOfTest => ({
  values: text.split(' ').map((word) => (word === '-' ? null : word)),
});

/** a, b below x; c, d below y; e below z; x and y below xy. */
export const LETTERS = ['a', 'b', 'c', 'd', 'e'];
export const ABOVE: Readonly<Record<string, readonly [string, string]>> = {
  a: ['x', 'xy'],
  b: ['x', 'xy'],
  c: ['y', 'xy'],
  d: ['y', 'xy'],
  e: ['z', 'z'],
};

export function hierarchyOf(table: EncodedTable, position: number): Hierarchy {
  const { name = '', dictionary = [] } = table.columns[position] ?? {};
  const level = (labels: readonly (string | null)[], labelOf: (value: string) => string, under: readonly number[]) => ({
    groupOf: Int32Array.from(dictionary, (value) => (value === null ? 0 : labels.indexOf(labelOf(value)))),
    labels,
    leavesUnder: Int32Array.from(under),
  });
  return {
    column: name,
    leaves: 5,
    levels: [
      level(dictionary, (value) => value, [0, ...dictionary.slice(1).map(() => 1)]),
      level([null, 'z', 'y', 'x'], (value) => ABOVE[value]?.[0] ?? '', [0, 1, 2, 2]),
      level([null, 'xy', 'z'], (value) => ABOVE[value]?.[1] ?? '', [0, 4, 1]),
      { groupOf: new Int32Array(dictionary.length), labels: ['all'], leavesUnder: Int32Array.of(5) },
    ],
  };
}
