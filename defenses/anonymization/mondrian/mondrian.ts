import { AssayError } from '#base/errors';
import { codesAt, equalRows, quasiIdentifiersOf, sumsOf, type EqualRows } from '../encoding/tuples.js';
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
  const ranked = dimensions.map(({ rankOf, highest }, i) => ({ codes: codesOf(columns, i), rankOf, highest }));
  const carried = requirements.columns.map(({ codes }) => codesAt(units.firstOf, codes));
  const records = new Records(ranked, units.firstOf, sumsOf(undefined, units.tupleOf, units.count), carried);
  const labels = dimensions.map((dimension, i) => new ClassLabels(dimension, columns[i]?.dictionary ?? []));
  const partitioning = new Partitioning(records, dimensions, requirements, labels, options);

  const everything = { start: 0, end: records.count, size: table.rows };
  const isReleased = requirements.hold(everything, records);
  if (isReleased) partitioning.run(everything);
  const { ofUnit, named } = inOrder(partitioning, labels, options);
  const classOf = ofRows(units, ofUnit);
  return {
    columns: labels.map((ofDimension) => ofDimension.column(classOf, named)),
    suppressed: new Uint8Array(table.rows).fill(isReleased ? 0 : 1),
    ...{ classOf, classes: named.length },
    method: {
      name: `${options.mode} Mondrian`,
      optimal: false,
      facts: { ranges: options.ranges, cuts: partitioning.cuts, partitions: partitioning.classes },
    },
  };
}

/** What is moved as one. Equal rows stay together, and are one, unless those in the middle may be shared out. */
function unitsOf(
  rows: number,
  quasiIdentifiers: readonly EncodedColumn[],
  dimensions: readonly Dimension[],
  requirements: Requirements,
  { mode }: MondrianOptions,
): EqualRows {
  if (mode === 'strict' || !dimensions.some(({ isCutAtMedian }) => isCutAtMedian)) {
    return equalRows(rows, [...quasiIdentifiers, ...requirements.columns]);
  }
  return { count: rows, tupleOf: rowsInOrder(rows), firstOf: rowsInOrder(rows) };
}

/** In place: what unit a row is in is not asked again. */
function ofRows({ tupleOf }: EqualRows, ofUnit: Int32Array): Int32Array {
  for (let row = 0; row < tupleOf.length; row++) tupleOf[row] = ofUnit[tupleOf[row] ?? 0] ?? 0;
  return tupleOf;
}

interface Classes {
  /** -1 where a unit is in none. */
  readonly ofUnit: Int32Array;
  /** By class: a partition that it was. */
  readonly named: Int32Array;
}

/**
 * Classes by first appearance, which is that of their units. In relaxed mode partitions can come out with the same labels: then they are one
 * class.
 */
function inOrder(
  { classOf, classes }: Partitioning,
  labels: readonly ClassLabels[],
  { mode }: MondrianOptions,
): Classes {
  const own = rowsInOrder(classes);
  const alike = () =>
    groupRows(
      labels.map((ofDimension) => ofDimension.coded()),
      own,
    );
  const { group, count } = mode === 'strict' ? { group: own, count: classes } : alike();
  const numbers = new Int32Array(count).fill(-1);
  const named = new Int32Array(count);
  const ofUnit = new Int32Array(classOf.length).fill(-1);
  let next = 0;
  for (let unit = 0; unit < classOf.length; unit++) {
    const partition = classOf[unit] ?? -1;
    const found = group[partition];
    if (found === undefined) continue;
    if (numbers[found] === -1) {
      named[next] = partition;
      numbers[found] = next++;
    }
    ofUnit[unit] = numbers[found] ?? -1;
  }
  return { ofUnit, named };
}

function codesOf(columns: readonly EncodedColumn[], i: number): Int32Array {
  return columns[i]?.codes ?? new Int32Array(0);
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
