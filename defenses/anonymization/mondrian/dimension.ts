import { AssayError } from '#base/errors';
import type { EncodedColumn, Hierarchy } from '../contract.js';
import { EVERYTHING } from '../hierarchies/levels.js';
import { isNumeric, numbersOf, type NumericColumn } from '../numeric-values.js';
import { listed, uniqueTexts } from './listed.js';

const MOST_BITS = 50;
const POWERS = Float64Array.from({ length: MOST_BITS + 1 }, (_, exponent) => 2 ** exponent);

/** What the values of some records of one column become. */
export interface Label {
  readonly text: string;
  /** How much of the domain it stands for, in [0, 1]. */
  readonly share: number;
}

/** The branches into which a cut along a hierarchy divides the values. */
export interface Branches {
  /** By rank: which branch a value is in; ascends with the rank. */
  readonly branchOf: Int32Array;
  /** By branch: the highest rank in it. */
  readonly lastOf: Int32Array;
}

/** The order of a column's values. A value's rank is its place in it, from 1 on; the missing value has rank 0, which is no place. */
export interface Order {
  readonly name: string;
  readonly rankOf: Int32Array;
  readonly codeOf: Int32Array;
  /** The highest rank; 0 where every value is missing. */
  readonly highest: number;
}

/** A quasi-identifier in order. Where methods take two ranks, the values between them are meant, and both of them. */
export interface Dimension extends Order {
  /** How much of the domain they are, in [0, 1]. */
  readonly width: (low: number, high: number) => number;
  readonly isCutAtMedian: boolean;
  /** The branches that part them; null where a median does. */
  branches(low: number, high: number): Branches | null;
  /**
   * What is written for values between different ranks. `key` is equal where the label is.
   *
   * @param present the ranks that occur, ascending
   */
  key(low: number, high: number, present: () => readonly number[]): number | string;
  label(low: number, high: number, present: () => readonly number[]): Label;
  /** What is written for values and missing ones together. */
  readonly everything: string;
}

/**
 * A column in the order of its hierarchy, where it has one, else of its numbers and times, else of the first appearance of its
 * values.
 *
 * @param labelLength the most characters of a label that lists values
 * @throws AssayError `config` for a hierarchy of other values, `data` for numbers that cannot be compared
 */
export function dimensionOf(column: EncodedColumn, hierarchy: Hierarchy | undefined, labelLength: number): Dimension {
  if (hierarchy !== undefined) return alongHierarchy(column, hierarchy);
  return isNumeric(column) ? byNumber(column) : byAppearance(column, labelLength);
}

function inOrder(column: EncodedColumn, compare: (code: number, other: number) => number): Order {
  const ordered = column.dictionary.map((_, code) => code).slice(1);
  const codeOf = Int32Array.from([0, ...ordered.sort(compare)]);
  const rankOf = new Int32Array(codeOf.length);
  for (const [rank, code] of codeOf.entries()) rankOf[code] = rank;
  return { name: column.name, rankOf, codeOf, highest: codeOf.length - 1 };
}

/** `[20, 35]`, the ends as the table has them; the share is width / width of the domain. */
function byNumber(column: NumericColumn): Dimension {
  const numbers = numbersOf(column);
  const order = inOrder(column, (code, other) => (numbers[code] ?? 0) - (numbers[other] ?? 0) || code - other);
  const numberAt = Float64Array.from(order.codeOf, (code) => numbers[code] ?? 0);
  const textAt = (rank: number) => column.dictionary[order.codeOf[rank] ?? 0] ?? '';
  const apart = (low: number, high: number) => (numberAt[high] ?? 0) - (numberAt[low] ?? 0);
  const domain = apart(1, order.highest);
  const width = (low: number, high: number) => (domain > 0 ? apart(low, high) / domain : 0);
  return {
    ...order,
    width,
    isCutAtMedian: true,
    branches: () => null,
    key: (low, high) => low * order.codeOf.length + high,
    label: (low, high) => ({ text: `[${textAt(low)}, ${textAt(high)}]`, share: width(low, high) }),
    everything: EVERYTHING,
  };
}

/** `{Private, State-gov}`: the values that occur. Its share counts them, its width the places between the outermost. */
function byAppearance(column: EncodedColumn, labelLength: number): Dimension {
  const order = inOrder(column, (code, other) => code - other);
  const textAt = (rank: number) => column.dictionary[order.codeOf[rank] ?? 0] ?? '';
  const unique = uniqueTexts(column.dictionary);
  const part = (values: number) => (order.highest > 1 ? (values - 1) / (order.highest - 1) : 0);
  return {
    ...order,
    width: (low, high) => part(high - low + 1),
    isCutAtMedian: true,
    branches: () => null,
    key: (_low, _high, present) => setKey(present(), order.highest),
    label: (_low, _high, present) => {
      const ranks = present();
      return { text: unique(listed(ranks.map(textAt), labelLength)), share: part(ranks.length) };
    },
    everything: EVERYTHING,
  };
}

/** Of few values a sum of powers of two, which a double holds. */
function setKey(ranks: readonly number[], highest: number): number | string {
  if (highest > MOST_BITS) return ranks.join(' ');
  let key = 0;
  for (const rank of ranks) key += POWERS[rank] ?? 0;
  return key;
}

/**
 * The lowest group of the hierarchy that all values lie in. In depth-first order every group is a stretch, so it is the lowest that the
 * first and the last value share.
 */
function alongHierarchy(column: EncodedColumn, hierarchy: Hierarchy): Dimension {
  checkFit(column, hierarchy);
  const { levels, leaves } = hierarchy;
  const groupOf = (level: number, code: number) => levels[level]?.groupOf[code] ?? 0;
  const order = inOrder(column, (code, other) => {
    for (let level = levels.length - 1; level > 0; level--) {
      const difference = groupOf(level, code) - groupOf(level, other);
      if (difference !== 0) return difference;
    }
    return code - other;
  });
  const groupAt = (level: number, rank: number) => groupOf(level, order.codeOf[rank] ?? 0);
  const branches = levels.map((_, level) => branchesOf(order, (rank) => groupAt(level, rank)));
  const branchAt = branches.map(({ branchOf }) => branchOf);
  const shares = levels.map(({ leavesUnder }, level) =>
    Float64Array.from(branches[level]?.lastOf ?? [], (rank) => shareOf(leavesUnder[groupAt(level, rank)], leaves)),
  );
  /** The number of levels where even the highest has them in different groups. Every group is one branch, in this order. */
  const levelOf = (low: number, high: number) => {
    let level = 0;
    for (; level < branchAt.length; level++) {
      const branchOf = branchAt[level];
      if (branchOf?.[low] === branchOf?.[high]) break;
    }
    return level;
  };
  const share = (level: number, rank: number) => shares[level]?.[branchAt[level]?.[rank] ?? 0] ?? 1;
  const everything = levels.at(-1)?.labels[groupAt(levels.length - 1, 0)] ?? EVERYTHING;
  return {
    ...order,
    width: (low, high) => share(levelOf(low, high), low),
    isCutAtMedian: false,
    branches: (low, high) => branches[levelOf(low, high) - 1] ?? null,
    key: (low, high) => {
      const level = levelOf(low, high);
      return level * order.codeOf.length + (branchAt[level]?.[low] ?? 0);
    },
    label: (low, high) => {
      const level = levelOf(low, high);
      return { text: levels[level]?.labels[groupAt(level, low)] ?? everything, share: share(level, low) };
    },
    everything,
  };
}

/** Of a group with so many leaves; all of them where it is none of the hierarchy. */
function shareOf(under: number | undefined, leaves: number): number {
  if (under === undefined) return 1;
  return leaves > 1 ? Math.max(0, under - 1) / (leaves - 1) : 0;
}

function branchesOf(order: Order, groupAt: (rank: number) => number): Branches {
  const branchOf = new Int32Array(order.highest + 1);
  const lastOf: number[] = [];
  for (let rank = 1; rank <= order.highest; rank++) {
    if (rank === 1 || groupAt(rank) !== groupAt(rank - 1)) lastOf.push(rank);
    branchOf[rank] = lastOf.length - 1;
    lastOf[lastOf.length - 1] = rank;
  }
  return { branchOf, lastOf: Int32Array.from(lastOf) };
}

function checkFit({ name, dictionary }: EncodedColumn, { levels }: Hierarchy): void {
  if (levels.length > 0 && levels.every(({ groupOf }) => groupOf.length === dictionary.length)) return;
  throw new AssayError('config', {
    where: name,
    what: 'the hierarchy is not one of the values of this column',
    mend: 'Build it from the table that is protected.',
  });
}
