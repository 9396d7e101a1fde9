import { AssayError } from '#base/errors';
import { distinctRows, quasiIdentifiersOf, type DistinctRows } from '../encoding/tuples.js';
import { groupRows } from '../group-rows.js';
import type { BoundModel, EncodedColumn, EncodedTable, Hierarchy, Release } from '../contract.js';
import { rowsInOrder } from '../row-order.js';
import { dimensionOf, type Dimension } from './dimension.js';
import { ClassLabels } from './labels.js';
import type { MondrianOptions } from './options.js';
import { Partitioning } from './partitioning.js';
import { Records } from './records.js';
import { Requirements } from './requirements.js';

export interface MondrianInput {
  readonly table: EncodedTable;
  /** A class is released where all of them hold. */
  readonly models: readonly BoundModel[];
  /** Of quasi-identifiers that are to be cut along one; the others are cut at medians. */
  readonly hierarchies: readonly Hierarchy[];
}

/**
 * Multidimensional generalization (LeFevre, DeWitt & Ramakrishnan 2006, "Mondrian Multidimensional K-Anonymity"): a partition is cut in
 * the dimension in which its records are furthest apart, in shares of the domain, for which all parts satisfy the models; where no
 * dimension is left it is a class. Greedy, so in no sense optimal.
 *
 * Numbers, dates and times are cut at the median and become `[20, 35]`; values with a hierarchy are cut into all branches of the
 * lowest group that holds them, whose label they become; others are cut at the median of their order of first appearance and become
 * `{Private, State-gov}`. One value stays itself. A missing value is a value of its own: a partition that has some is cut into missing
 * and present first; where the models do not let it, the missing ones stay with the lowest others and the class is called `*`, which
 * hides which is which. Where all are missing they stay missing.
 *
 * A table that does not satisfy the models as one class, as one with fewer than k rows, is suppressed whole. Time is in
 * proportion to rows times quasi-identifiers times the logarithm of rows / k.
 *
 * @throws AssayError `config` without quasi-identifiers, for a model that needs a population, and in relaxed mode for one that could
 * fail where classes fall together; `data` for numbers beyond 1e150
 */
export function mondrian({ table, models, hierarchies }: MondrianInput, options: MondrianOptions): Release {
  const columns = quasiIdentifiersOf(table);
  check(columns.length, models, options);
  const dimensions = columns.map((column) =>
    dimensionOf(
      column,
      hierarchies.find((hierarchy) => hierarchy.column === column.name),
      options.labelLength,
    ),
  );
  const requirements = new Requirements(table, models);
  const units = unitsOf(table.rows, columns, dimensions, requirements, options);
  const ranked = dimensions.map(({ rankOf, highest }, i) => ({ codes: codesOf(units, i), rankOf, highest }));
  const records = new Records(ranked, units.sizes, units.codes.slice(dimensions.length));
  const labels = dimensions.map((dimension, i) => new ClassLabels(dimension, columns[i]?.dictionary ?? []));
  const partitioning = new Partitioning(records, dimensions, requirements, labels, options);

  const everything = { start: 0, end: records.count, size: table.rows };
  const isReleased = requirements.hold(everything, records);
  if (isReleased) partitioning.run(everything);
  const classOf = ofRows(units, partitioning.classOf);
  return {
    columns: labels.map((ofDimension) => ofDimension.column(classOf)),
    suppressed: new Uint8Array(table.rows).fill(isReleased ? 0 : 1),
    ...renumbered(classOf, labels, partitioning.classes, options),
    method: {
      name: `${options.mode} Mondrian`,
      optimal: false,
      facts: { ranges: options.ranges, cuts: partitioning.cuts, partitions: partitioning.classes },
    },
  };
}

/** What is moved as one: the quasi-identifiers, and behind them what the models look at. */
type Units = Omit<DistinctRows, 'count'>;

/** Equal rows stay together, and are one, unless those in the middle may be shared out. */
function unitsOf(
  rows: number,
  quasiIdentifiers: readonly EncodedColumn[],
  dimensions: readonly Dimension[],
  requirements: Requirements,
  { mode }: MondrianOptions,
): Units {
  const columns = [...quasiIdentifiers, ...requirements.columns];
  if (mode === 'strict' || !dimensions.some(({ isCutAtMedian }) => isCutAtMedian)) return distinctRows(rows, columns);
  // Quasi-identifiers are not moved themselves.
  const codes = columns.map((column, i) => (i < quasiIdentifiers.length ? column.codes : column.codes.slice()));
  return { tupleOf: rowsInOrder(rows), codes, sizes: new Int32Array(rows).fill(1) };
}

function ofRows({ tupleOf }: Units, classOfUnit: Int32Array): Int32Array {
  const classOf = new Int32Array(tupleOf.length);
  for (let row = 0; row < tupleOf.length; row++) classOf[row] = classOfUnit[tupleOf[row] ?? 0] ?? 0;
  return classOf;
}

/**
 * Classes by first appearance, in place. In relaxed mode partitions can come out with the same labels: then they are one class.
 */
function renumbered(
  classOf: Int32Array,
  labels: readonly ClassLabels[],
  partitions: number,
  { mode }: MondrianOptions,
): Pick<Release, 'classOf' | 'classes'> {
  const coded = labels.map((ofDimension) => ofDimension.coded());
  const own = rowsInOrder(partitions);
  const { group, count } = mode === 'strict' ? { group: own, count: partitions } : groupRows(coded, own);
  const numbers = new Int32Array(count).fill(-1);
  let next = 0;
  for (let row = 0; row < classOf.length; row++) {
    const found = group[classOf[row] ?? 0];
    if (found === undefined) continue;
    if (numbers[found] === -1) numbers[found] = next++;
    classOf[row] = numbers[found] ?? -1;
  }
  return { classOf, classes: count };
}

function codesOf({ codes }: Units, column: number): Int32Array {
  return codes[column] ?? new Int32Array(0);
}

function check(quasiIdentifiers: number, models: readonly BoundModel[], { mode }: MondrianOptions): void {
  if (quasiIdentifiers === 0) {
    throw new AssayError('config', {
      what: 'the table has no quasi-identifier that could be generalized',
      mend: 'Give at least one column the role `quasi-identifier`.',
    });
  }
  const changing = models.find(({ model }) => !model.monotone);
  if (mode === 'relaxed' && changing !== undefined) {
    throw new AssayError('config', {
      what: `relaxed Mondrian may leave two classes with equal labels, and ${changing.model.name} can fail for them together`,
      mend: 'Use `mode: strict`.',
    });
  }
}
