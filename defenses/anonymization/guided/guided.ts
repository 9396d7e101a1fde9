import { AssayError } from '#base/errors';
import { percent } from '#base/format';
import { growTree, type Leaf, type Tree } from '#stats/tree/tree';
import type { EncodedColumn, EncodedTable, Release, ReleasedColumn } from '../contract.js';
import { groupRows } from '../group-rows.js';
import { dimensionOf } from '../mondrian/dimension.js';
import { ClassLabels } from '../mondrian/labels.js';
import { fieldOf } from '../mondrian/records.js';
import { rowsInOrder } from '../row-order.js';
import { trainingColumns } from '../utility/features.js';

export interface GuidedOptions {
  /** The least records of a cell. */
  readonly k: number;
  /** The most characters of a label that lists values. Default 60. */
  readonly labelLength?: number;
}

export interface GuidedResult {
  readonly release: Release;
  /** Records whose cell's most frequent answer is the model's own: how well the surrogate tree stands for the model. */
  readonly fidelity: number;
}

/**
 * Model-guided anonymization (Goldsteen, Ezov, Shmelkin, Moffie & Farkash 2022, Anonymizing machine learning models,
 * arXiv:2007.13086): a classification tree over the quasi-identifiers learns what the model says, and its leaves are the cells
 * in which records become equal; so values stay exact where the model looks at them, and not elsewhere. A split is made only
 * where k records are left on both sides, so no cell has fewer and none has to be joined. In a cell a quasi-identifier becomes the
 * range, or the set, of just the values that occur, as Mondrian writes them; `*` where some are missing.
 *
 * A table of fewer than k records is suppressed whole.
 *
 * @param said the label that the audited model gives each row
 * @throws AssayError `config` without quasi-identifiers
 */
export function guidedAnonymization(
  table: EncodedTable,
  said: readonly string[],
  { k, labelLength = 60 }: GuidedOptions,
): GuidedResult {
  const columns = table.columns.filter(({ role }) => role === 'quasi-identifier');
  if (columns.length === 0) {
    throw new AssayError('config', {
      what: 'the table has no quasi-identifier that could be generalized',
      mend: 'Give at least one column the role `quasi-identifier`.',
    });
  }
  if (table.rows < k) return { release: releaseOf(columns, null, { k, labelLength }), fidelity: 0 };
  const cells = cellsOf(columns, numbered(said), k);
  return { release: releaseOf(columns, cells, { k, labelLength }), fidelity: cells.agreed / table.rows };
}

interface Answers {
  /** Indices of classes, by row. */
  readonly of: Float64Array;
  readonly classes: number;
}

function numbered(labels: readonly string[]): Answers {
  const known = new Map<string, number>();
  for (const label of labels) if (!known.has(label)) known.set(label, known.size);
  return { of: Float64Array.from(labels, (label) => known.get(label) ?? 0), classes: known.size };
}

interface Cells {
  /** By row. */
  readonly cellOf: Int32Array;
  readonly count: number;
  /** Rows that the surrogate answers as the model does. */
  readonly agreed: number;
}

function cellsOf(columns: readonly EncodedColumn[], answers: Answers, k: number): Cells {
  const rows = answers.of.length;
  const values = trainingColumns(
    columns,
    answers.of,
    Int32Array.from(answers.of, (_, row) => row),
  );
  const tree = growTree(
    { values, answers: answers.of, classes: answers.classes },
    { maximumLeaves: Math.max(1, Math.floor(rows / k)), minimumRows: k },
  );
  const known = new Map<Leaf, number>();
  const cellOf = new Int32Array(rows);
  let agreed = 0;
  for (let row = 0; row < rows; row++) {
    const leaf = leafOf(tree, values, row);
    const cell = known.get(leaf) ?? known.size;
    known.set(leaf, cell);
    cellOf[row] = cell;
    agreed += Number(leaf.answer === answers.of[row]);
  }
  return { cellOf, count: known.size, agreed };
}

function leafOf(tree: Tree, values: readonly Float64Array[], row: number): Leaf {
  let node = tree;
  while (node.kind === 'branch') {
    node = (values[node.position]?.[row] ?? NaN) <= node.threshold ? node.atMost : node.above;
  }
  return node;
}

/** @param cells null where nothing may be released */
function releaseOf(
  columns: readonly EncodedColumn[],
  cells: Cells | null,
  { k, labelLength }: { readonly k: number; readonly labelLength: number },
): Release {
  const rows = columns[0]?.codes.length ?? 0;
  const cellOf = cells?.cellOf ?? new Int32Array(rows).fill(-1);
  const released = columns.map((column) => labelled(column, cells, cellOf, labelLength));
  // Cells can come out with equal labels, where missing values hide the difference: then they are one class.
  const { group, count } = groupRows(
    released.map(({ codes, labels }) => ({ codes, size: labels.length })),
    rowsInOrder(rows),
  );
  return {
    columns: released,
    suppressed: new Uint8Array(rows).fill(cells === null ? 1 : 0),
    classOf: cells === null ? cellOf : group,
    classes: cells === null ? 0 : count,
    method: {
      name: 'model-guided anonymization by the leaves of a surrogate tree',
      optimal: false,
      facts: { k, cells: cells?.count ?? 0, fidelity: cells === null ? null : percent(cells.agreed / rows) },
    },
  };
}

function labelled(column: EncodedColumn, cells: Cells | null, cellOf: Int32Array, labelLength: number): ReleasedColumn {
  const dimension = dimensionOf(column, undefined, labelLength);
  const names = new ClassLabels(dimension, column.dictionary);
  const count = cells?.count ?? 0;
  const ranksIn = Array.from({ length: count }, (): number[] => []);
  for (let row = 0; row < cellOf.length; row++) {
    ranksIn[cellOf[row] ?? -1]?.push(dimension.rankOf[column.codes[row] ?? 0] ?? 0);
  }
  for (const present of ranksIn) {
    const ranks = Int32Array.from(present).sort();
    names.add(
      { ranks: fieldOf(ranks), start: 0, end: ranks.length, low: ranks[0] ?? 0, high: ranks.at(-1) ?? 0 },
      true,
    );
  }
  return names.column(cellOf, rowsInOrder(count));
}
