import type { EncodedColumn, Hierarchy } from '../contract.js';
import { entropyCosts, lossCosts, precisionCosts, type ColumnCosts } from './cell-costs.js';

export const METRICS = ['loss', 'discernibility', 'average-class-size', 'entropy', 'precision'] as const;

/** See {@link metricOf}. */
export type MetricId = (typeof METRICS)[number];

/** What was counted of a node. */
export interface Tally {
  readonly suppressed: number;
  /** Classes that are not suppressed. */
  readonly kept: number;
  /** The sum of their sizes squared. */
  readonly squares: number;
  /** By column: what suppressing adds to the costs of cells, of the metric's own. */
  readonly surcharges: Float64Array;
}

/** Less is better. Scores order nodes as values do, and are exact where values are rounded. */
export interface Metric {
  readonly id: MetricId;
  /** Of a metric of cells. */
  readonly costs: readonly ColumnCosts[] | null;
  /** No score of this node is below it, nor the bound of any node above it. Known without counting classes. */
  bound(levels: Uint8Array): number;
  score(levels: Uint8Array, tally: Tally): number;
  /** As it is reported. */
  value(score: number): number;
}

export interface MetricInput {
  readonly records: number;
  /** The most records that may be suppressed. */
  readonly allowed: number;
  /** The quasi-identifiers, and the hierarchy of each. */
  readonly columns: readonly EncodedColumn[];
  readonly hierarchies: readonly Hierarchy[];
}

/**
 * `loss`: share of the hierarchy's leaves under a value, averaged over records (a suppressed one counts 1), aggregated over columns
 * by the geometric mean of x + 1, minus 1.
 * `precision`: share of the levels climbed, averaged over cells (1 - Prec of Sweeney 2002); a suppressed cell counts 1.
 * `entropy`: bits lost by generalizing and suppressing / bits lost when everything is suppressed (non-uniform entropy).
 * `discernibility`: sum of squared class sizes + records * suppressed records (Bayardo & Agrawal 2005).
 * `average-class-size`: records kept / classes kept (LeFevre et al. 2006, without division by k); all records where none is kept.
 */
export function metricOf(id: MetricId, input: MetricInput): Metric {
  switch (id) {
    case 'loss':
      return lossMetric(input);
    case 'precision':
      return meanMetric(id, input, pricesOf(input, precisionCosts), 'each-column');
    case 'entropy':
      return meanMetric(id, input, pricesOf(input, entropyCosts), 'together');
    case 'discernibility':
      return discernibility(input);
    case 'average-class-size':
      return averageClassSize(input);
  }
}

export function pricesOf(
  { columns, hierarchies }: MetricInput,
  costsOf: (column: EncodedColumn, hierarchy: Hierarchy) => ColumnCosts,
): readonly ColumnCosts[] {
  return columns.flatMap((column, i) => {
    const hierarchy = hierarchies[i];
    return hierarchy === undefined ? [] : [costsOf(column, hierarchy)];
  });
}

const NONE = new Float64Array(0);

export function lossMetric(input: MetricInput): Metric {
  const costs = pricesOf(input, lossCosts);
  const records = Math.max(1, input.records);
  // Products and sums of non-negative numbers in one order never fall when a factor rises, rounded or not: the bound holds exactly.
  const product = (levels: Uint8Array, surcharges: Float64Array) => {
    let result = 1;
    for (let i = 0; i < costs.length; i++) {
      const { totals, full } = costs[i] ?? NO_COSTS;
      result *= 1 + ((totals[levels[i] ?? 0] ?? 0) + (surcharges[i] ?? 0)) / (full * records);
    }
    return result;
  };
  return {
    id: 'loss',
    costs,
    bound: (levels) => product(levels, NONE),
    score: (levels, { surcharges }) => product(levels, surcharges),
    value: (score) => score ** (1 / Math.max(1, costs.length)) - 1,
  };
}

const NO_COSTS: ColumnCosts = { totals: NONE, surcharges: [], full: 1 };

/** The mean over columns, each with the weight of one or with the weight of what it could lose. */
function meanMetric(
  id: MetricId,
  input: MetricInput,
  costs: readonly ColumnCosts[],
  weighted: 'each-column' | 'together',
): Metric {
  const records = Math.max(1, input.records);
  const all = costs.reduce((sum, { full }) => sum + full, 0);
  const scaleOf = ({ full }: ColumnCosts) => (weighted === 'together' ? all * records : full * records * costs.length);
  const scales = costs.map((column) => scaleOf(column) || 1);
  const sum = (levels: Uint8Array, surcharges: Float64Array) => {
    let result = 0;
    for (let i = 0; i < costs.length; i++) {
      const total = (costs[i]?.totals[levels[i] ?? 0] ?? 0) + (surcharges[i] ?? 0);
      result += total / (scales[i] ?? 1);
    }
    return result;
  };
  return {
    id,
    costs,
    bound: (levels) => sum(levels, NONE),
    score: (levels, { surcharges }) => sum(levels, surcharges),
    value: (score) => score,
  };
}

/** With C classes, s suppressed and n - s others, squares add up to at least (n - s)^2 / C, and with n s to at least n^2 / C. */
function discernibility(input: MetricInput): Metric {
  const { records } = input;
  const classes = mostClasses(input);
  return {
    id: 'discernibility',
    costs: null,
    bound: (levels) => records ** 2 / Math.max(1, classes(levels)),
    score: (_, { squares, suppressed }) => squares + records * suppressed,
    value: (score) => score,
  };
}

function averageClassSize(input: MetricInput): Metric {
  const { records, allowed } = input;
  const classes = mostClasses(input);
  return {
    id: 'average-class-size',
    costs: null,
    bound: (levels) => (records - allowed) / Math.max(1, classes(levels)),
    score: (_, { kept, suppressed }) => (kept === 0 ? records : (records - suppressed) / kept),
    value: (score) => score,
  };
}

/** A node has no more classes than there are combinations of its groups, nor than records. */
function mostClasses({ records, columns, hierarchies }: MetricInput): (levels: Uint8Array) => number {
  const groups = columns.map(({ codes }, i) =>
    (hierarchies[i]?.levels ?? []).map(({ groupOf }) => distinctOf(codes, groupOf)),
  );
  return (levels) => {
    let product = 1;
    for (let i = 0; i < levels.length; i++) product *= groups[i]?.[levels[i] ?? 0] ?? 1;
    return Math.min(product, records);
  };
}

function distinctOf(codes: Int32Array, groupOf: Int32Array): number {
  const present = new Set<number>();
  for (const code of new Set(codes)) present.add(groupOf[code] ?? 0);
  return present.size;
}
