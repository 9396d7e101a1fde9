import { row, rowSize, rowsOf, type Tensor } from '#base/tensor';
import type { OneHotColumn, ScalarColumn, TableColumn, TabularDomain } from '#target/domain';
import { columnsOf } from '#target/table-domain';
import { scalarWord, wordOf } from '#target/column-words';
import type { AnchorSpace, Drawer, Rule } from './space.js';

/** Predicates about one column: the same category, or a range that gets narrower with each level. */
type Chain =
  | { readonly column: OneHotColumn }
  | { readonly column: ScalarColumn; readonly seen: Seen; readonly ranges: readonly Range[] };

/** Both ends belong to it. */
interface Range {
  readonly low: number;
  readonly high: number;
}

/** The values of a column. */
interface Seen {
  /** Of the background, ascending. */
  readonly sorted: Float32Array;
  /** Of the background and the sample, each once, ascending. */
  readonly distinct: Float32Array;
}

/** What a rule demands of a column with numbers: which values are left, `[from, to)` of the sorted ones. */
interface Demand extends Range {
  readonly position: number;
  readonly sorted: Float32Array;
  readonly from: number;
  readonly to: number;
}

/**
 * Rules about the columns of a table. A draw is a row of the background, each value of which that breaks the rule is replaced
 * by one that keeps it: a value of another row of the background, or where none of them has one, that of the sample.
 *
 * @param sample the values of one row
 * @param background [n, ...shape], one row at least
 * @param bins into how many parts quantiles cut a column with numbers; `values`: a column has to be exactly as it is
 */
export function tableSpace(
  domain: TabularDomain,
  sample: Float32Array,
  background: Tensor,
  bins: number | 'values',
): AnchorSpace {
  const chains = columnsOf(domain).flatMap((column) => chainsOf(column, sample, background, bins));
  return {
    shape: domain.shape,
    depths: chains.map((chain) => ('ranges' in chain ? chain.ranges.length : 1)),
    drawer: (rule) => drawerOf(demandsOf(chains, rule), categoriesOf(chains, rule), sample, background),
    coverage: (rule) => share(background, demandsOf(chains, rule), categoriesOf(chains, rule), sample),
    describe: (rule) => [
      ...categoriesIn(chains, rule).map((column) => `${column.name} = ${wordOf(column, sample)}`),
      ...demandedRanges(chains, rule).map(({ column, seen, range }) => rangeWords(column, seen, range)),
    ],
  };
}

function chainsOf(column: TableColumn, sample: Float32Array, background: Tensor, bins: number | 'values'): Chain[] {
  if (column.kind === 'one-hot') return [{ column }];
  const own = sample[column.position] ?? NaN;
  const sorted = valuesAt(background, column.position).sort();
  const seen = { sorted, distinct: Float32Array.from(new Set([...sorted, own])).sort() };
  if (bins === 'values') return [{ column, seen, ranges: [{ low: own, high: own }] }];
  const edges = edgesOf(seen, bins);
  const atLeast = edges
    .filter((edge) => edge < own)
    .map((edge) => ({ low: seen.distinct.find((value) => value > edge) ?? own, high: Infinity }));
  const atMost = edges
    .filter((edge) => edge >= own)
    .reverse()
    .map((edge) => ({ low: -Infinity, high: edge }));
  return [atLeast, atMost].filter(({ length }) => length > 0).map((ranges) => ({ column, seen, ranges }));
}

/** Where a column is cut, after each of these values, ascending: its quantiles, or each value where it has few. */
function edgesOf({ sorted, distinct }: Seen, bins: number): number[] {
  const last = distinct.at(-1) ?? NaN;
  const edges =
    distinct.length <= bins
      ? distinct
      : Array.from({ length: bins - 1 }, (_, i) => sorted[Math.ceil(((i + 1) / bins) * sorted.length) - 1] ?? NaN);
  return [...new Set(edges)].filter((edge) => edge < last);
}

function valuesAt(background: Tensor, position: number): Float32Array {
  return Float32Array.from({ length: rowsOf(background) }, (_, i) => row(background, i)[position] ?? NaN);
}

function categoriesIn(chains: readonly Chain[], rule: Rule): OneHotColumn[] {
  return chains.flatMap((chain, i) => ('ranges' in chain || rule[i] === 0 ? [] : [chain.column]));
}

/** The positions that have to be as in the sample. */
function categoriesOf(chains: readonly Chain[], rule: Rule): number[] {
  return categoriesIn(chains, rule).flatMap(({ positions }) => positions);
}

/** Of each column with numbers that a rule speaks of, what its chains leave together. */
function demandedRanges(chains: readonly Chain[], rule: Rule) {
  const ranges = new Map<ScalarColumn, { readonly column: ScalarColumn; readonly seen: Seen; readonly range: Range }>();
  chains.forEach((chain, i) => {
    const level = rule[i] ?? 0;
    const next = 'ranges' in chain ? chain.ranges[level - 1] : undefined;
    if (!('ranges' in chain) || next === undefined) return;
    const { column, seen } = chain;
    const before = ranges.get(column)?.range ?? { low: -Infinity, high: Infinity };
    const range = { low: Math.max(before.low, next.low), high: Math.min(before.high, next.high) };
    ranges.set(column, { column, seen, range });
  });
  return [...ranges.values()];
}

function demandsOf(chains: readonly Chain[], rule: Rule): Demand[] {
  return demandedRanges(chains, rule).map(({ column: { position }, seen: { sorted }, range }) => ({
    ...range,
    position,
    sorted,
    from: countBelow(sorted, (value) => value < range.low),
    to: countBelow(sorted, (value) => value <= range.high),
  }));
}

/** How many of the first values are below, by bisection. */
function countBelow(sorted: Float32Array, isBelow: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBelow(sorted[middle] ?? NaN)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function drawerOf(
  demands: readonly Demand[],
  categories: readonly number[],
  sample: Float32Array,
  background: Tensor,
): Drawer {
  const [rows, size] = [rowsOf(background), rowSize(background)];
  return (random, into) => {
    const drawn = random.integer(rows);
    into.set(background.data.subarray(drawn * size, (drawn + 1) * size));
    for (const position of categories) into[position] = sample[position] ?? NaN;
    for (const { position, low, high, sorted, from, to } of demands) {
      const value = into[position] ?? NaN;
      if (value >= low && value <= high) continue;
      into[position] = (from < to ? sorted[from + random.integer(to - from)] : sample[position]) ?? NaN;
    }
  };
}

function share(
  background: Tensor,
  demands: readonly Demand[],
  categories: readonly number[],
  sample: Float32Array,
): number {
  const [rows, size] = [rowsOf(background), rowSize(background)];
  let count = 0;
  next: for (let start = 0; start < rows * size; start += size) {
    for (const position of categories) if (background.data[start + position] !== sample[position]) continue next;
    for (const { position, low, high } of demands) {
      const value = background.data[start + position] ?? NaN;
      if (!(value >= low && value <= high)) continue next;
    }
    count++;
  }
  return count / rows;
}

/** A range in the units of the data, which may run the other way. Only seen values are said. */
function rangeWords(column: ScalarColumn, { distinct }: Seen, { low, high }: Range): string {
  const within = distinct.filter((value) => value >= low && value <= high);
  const ends = [within[0] ?? low, within.at(-1) ?? high].map((value) => scalarWord(column, value));
  const [least = '', most = ''] = column.units.factor < 0 ? ends.reverse() : ends;
  if (least === most) return `${column.name} = ${least}`;
  const open = column.units.factor < 0 ? { low: -high, high: -low } : { low, high };
  if (open.high === Infinity) return `${column.name} ≥ ${least}`;
  if (open.low === -Infinity) return `${column.name} ≤ ${most}`;
  return `${least} ≤ ${column.name} ≤ ${most}`;
}
