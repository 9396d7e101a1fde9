import { counted, percent } from '#base/format';
import type { Detail } from '#report/details';
import type { Branch, Tree } from '#stats/tree/tree';
import type { TableColumn, TabularDomain } from '#target/domain';
import { columnsOf, positionsOf } from '#target/table-domain';
import { scalarWord } from '#target/column-words';
import type { Fidelity } from '../methods/surrogate/fidelity.js';
import type { ModelAnswers } from './answers.js';
import type { LinearSurrogate } from './surrogates.js';

/** One sentence: how well a surrogate stands for the model, with its denominator, its interval and what is gained by nothing. */
export function fidelityWords(surrogate: string, fidelity: Fidelity): string {
  const { n, interval } = fidelity;
  if (fidelity.kind === 'agreement') {
    const { agreed, constant } = fidelity;
    return (
      `${surrogate} says what the model says on ${agreed} of ${n} rows that it has not seen, ${percent(agreed / n)} ` +
      `(95 % interval ${percent(interval.low)} to ${percent(interval.high)}); always giving the usual answer would on ${percent(constant / n)}.`
    );
  }
  if (!Number.isFinite(fidelity.value))
    return `The model says the same of all ${n} rows that ${surrogate} has not seen.`;
  const fixed = (value: number) => value.toFixed(3);
  return (
    `${surrogate} has an R squared of ${fixed(fidelity.value)} on ${counted(n, 'row')} that it has not seen ` +
    `(95 % interval ${fixed(interval.low)} to ${fixed(interval.high)}).`
  );
}

/** What holds for an input on one side of a branch: `Income at most 120`, `Home is not owner`. */
export function conditionWords(domain: TabularDomain, { position, threshold }: Branch, above: boolean): string {
  const column = columnsOf(domain).find((each) => positionsOf(each).includes(position));
  if (column === undefined) return `position ${position} ${above ? 'above' : 'at most'} ${threshold}`;
  if (column.kind === 'one-hot') {
    return `${column.name} is ${above ? '' : 'not '}${column.categories[column.positions.indexOf(position)] ?? ''}`;
  }
  return `${column.name} ${above ? 'above' : 'at most'} ${scalarWord(column, below(column, threshold))}`;
}

/** The rules of a tree: one row a leaf, from the left. */
export function rulesTable(domain: TabularDomain, tree: Tree, { classes, wordOf }: ModelAnswers): Detail {
  return {
    kind: 'table',
    title: 'The rules of the surrogate tree',
    columns: [
      { label: 'where', format: 'text' },
      { label: 'answer', format: 'text' },
      { label: 'rows', format: 'count' },
      ...(classes === null ? [] : [{ label: 'with this answer', format: 'rate' } as const]),
    ],
    rows: leafRows(domain, tree, [], wordOf).map((cells) => (classes === null ? cells.slice(0, 3) : cells)),
    note: 'Rows are those that the tree was grown on.',
  };
}

/** The terms of a sparse linear surrogate, the strongest first. */
export function termsTable(domain: TabularDomain, { fit, yesNo }: LinearSurrogate, label: string): Detail {
  const columns = columnsOf(domain);
  const strength = (position: number) => Math.abs(fit.perDeviation[position] ?? NaN);
  const terms = [...fit.coefficients.keys()]
    .filter((position) => fit.coefficients[position] !== 0)
    .sort((a, b) => strength(b) - strength(a));
  return {
    kind: 'table',
    title: 'The terms of the sparse linear surrogate',
    columns: [
      { label: 'term', format: 'text' },
      { label: 'coefficient', format: 'number' },
      { label: 'by a standard deviation', format: 'number' },
    ],
    rows: terms.map((position) => [
      termName(columns, position),
      (fit.coefficients[position] ?? NaN) / factorOf(columns, position),
      fit.perDeviation[position] ?? null,
    ]),
    note: yesNo
      ? `Each adds to the log-odds that the model says ${label}: by one in the units of the data, or where it is of that category.`
      : `Each adds to ${label}: by one in the units of the data, or where it is of that category.`,
  };
}

function leafRows(
  domain: TabularDomain,
  tree: Tree,
  conditions: readonly string[],
  wordOf: (answer: number) => string,
): (string | number | null)[][] {
  if (tree.kind === 'leaf') {
    return [[conditions.join(' and ') || 'everywhere', wordOf(tree.answer), tree.rows, tree.purity]];
  }
  return [false, true].flatMap((above) =>
    leafRows(domain, above ? tree.above : tree.atMost, [...conditions, conditionWords(domain, tree, above)], wordOf),
  );
}

/** The highest legal value that a threshold does not exceed: what a reader of whole numbers expects. */
function below({ grid }: Exclude<TableColumn, { kind: 'one-hot' }>, threshold: number): number {
  if (grid === null) return threshold;
  // A threshold on the grid but for rounding stays there.
  return grid.origin + grid.step * Math.floor((threshold - grid.origin) / grid.step + 1e-6);
}

function termName(columns: readonly TableColumn[], position: number): string {
  const column = columns.find((each) => positionsOf(each).includes(position));
  if (column === undefined) return `position ${position}`;
  return column.kind === 'one-hot'
    ? `${column.name} is ${column.categories[column.positions.indexOf(position)] ?? ''}`
    : column.name;
}

/** Units of the data in one of the domain. */
function factorOf(columns: readonly TableColumn[], position: number): number {
  const column = columns.find((each) => each.kind !== 'one-hot' && each.position === position);
  return column === undefined || column.kind === 'one-hot' ? 1 : column.units.factor;
}
