import { AssayError } from '#base/errors';
import type { Hierarchy } from '../contract.js';
import type { OfCounts, SensitiveColumn } from './sensitive-column.js';

/**
 * Earth mover's distances between the values of a class and those of the table, in [0, 1] (Li, Li & Venkatasubramanian 2007,
 * "t-Closeness", section 4). With n of N records in the class, c_s and P_s of them with value s, each sums whole numbers such as
 * |c_s N - P_s n|, exact below 2^53, and divides once: what is t by hand is no hair more here.
 */
export type DistanceOf = (column: SensitiveColumn) => OfCounts<number>;

/** All values are equally far from each other: half the L1 distance of the shares. */
export const equalDistance: DistanceOf =
  ({ counts: inTable, first, total }) =>
  (counts, records) => {
    if (records === 0) return 0;
    let sum = 0;
    for (let code = first; code < inTable.length; code++) {
      sum += Math.abs((counts[code] ?? 0) * total - (inTable[code] ?? 0) * records);
    }
    return sum / (2 * records * total);
  };

/**
 * Values in an order, neighbours 1/(m - 1) apart: the mean of |cumulative difference|. m counts the values of the order, or of the
 * column where it is told by numbers or dates.
 *
 * @param order all values of the column and maybe more; null: as numbers, dates or false and true have it
 * @throws AssayError `config` for values without an order, or outside of it
 */
export function orderedDistance(order: readonly string[] | null): DistanceOf {
  return (sensitive) => {
    const { counts: inTable, first, total, column } = sensitive;
    if (first === 0) throw withoutPlace(column.name);
    const codes = order === null ? naturalOrder(sensitive) : givenOrder(sensitive, order);
    return (counts, records) => {
      if (records === 0 || codes.length < 2) return 0;
      let cumulative = 0;
      let sum = 0;
      for (let place = 0; place < codes.length - 1; place++) {
        const code = codes[place] ?? ABSENT;
        if (code !== ABSENT) cumulative += (counts[code] ?? 0) * total - (inTable[code] ?? 0) * records;
        sum += Math.abs(cumulative);
      }
      return sum / ((codes.length - 1) * records * total);
    };
  };
}

/** A value of an order that the column does not have. */
const ABSENT = -1;

function naturalOrder({ column }: SensitiveColumn): Int32Array {
  const { dictionary, type, name } = column;
  const codes = Int32Array.from({ length: dictionary.length - 1 }, (_, i) => i + 1);
  const valueOf = (code: number): string => dictionary[code] ?? '';
  if (type === 'integer' || type === 'number') {
    return codes.sort((a, b) => Number(valueOf(a)) - Number(valueOf(b)));
  }
  // ISO 8601 sorts as text; `false` comes before `true`.
  if (type !== 'text') return codes.sort((a, b) => (valueOf(a) < valueOf(b) ? -1 : 1));
  throw new AssayError('config', {
    what: `t-closeness by an order is asked for \`${name}\`, whose values are texts`,
    mend: 'List its values from the least to the greatest in `order`, or take `distance: "equal"`.',
  });
}

function givenOrder({ column }: SensitiveColumn, order: readonly string[]): Int32Array {
  const codeOf = new Map(column.dictionary.map((value, code) => [value, code]));
  const ranks = new Set(order);
  const stranger = column.dictionary.find((value) => value !== null && !ranks.has(value));
  if (stranger !== undefined) {
    throw new AssayError('config', {
      what: `\`${column.name}\` has the value ${JSON.stringify(stranger)}, which \`order\` does not have`,
      mend: 'List every value of the column, from the least to the greatest.',
    });
  }
  return Int32Array.from(order, (value) => codeOf.get(value) ?? ABSENT);
}

function withoutPlace(name: string): AssayError {
  return new AssayError('config', {
    what: `\`missingSensitive\` is "own-value", and a missing value of \`${name}\` has no place in an order`,
    mend: 'Take `missingSensitive: "left-out"`, or another distance.',
  });
}

/**
 * Values in a hierarchy of height H, as far apart as the height of the lowest group of both, divided by H. What is left over below a
 * group moves within it as far as it can, and only the rest goes up. Where the last level has several groups, a root is
 * put above them.
 */
export function hierarchicalDistance(hierarchy: Hierarchy): DistanceOf {
  return ({ counts: inTable, first, total }) => {
    const tree = treeOf(hierarchy, inTable.length, first);
    return (counts, records) => {
      if (records === 0) return 0;
      const { leafOf, nodes } = tree;
      for (const node of nodes) {
        node.surplus.fill(0);
        node.deficit.fill(0);
      }
      const leaves = nodes[0];
      if (leaves === undefined) return 0;
      for (let code = first; code < inTable.length; code++) {
        const extra = (counts[code] ?? 0) * total - (inTable[code] ?? 0) * records;
        put(leaves, leafOf[code] ?? 0, extra);
      }
      return climb(tree) / (tree.height * records * total);
    };
  };
}

/** The groups of one level, with what their children have too much and too little. */
interface Level {
  readonly surplus: Float64Array;
  readonly deficit: Float64Array;
  /** The group of the next level in which a group lies. */
  readonly parentOf: Int32Array;
}

interface Tree {
  /** At least 1. */
  readonly height: number;
  /** The group of level 0 of each code. */
  readonly leafOf: Int32Array;
  readonly nodes: readonly Level[];
}

/** The sum over groups of their height times what moves within them. */
function climb({ nodes }: Tree): number {
  let cost = 0;
  for (let height = 0; height < nodes.length; height++) {
    const level = nodes[height];
    const above = nodes[height + 1];
    if (level === undefined) break;
    for (let group = 0; group < level.surplus.length; group++) {
      const surplus = level.surplus[group] ?? 0;
      const deficit = level.deficit[group] ?? 0;
      // A leaf has one of the two only, and nothing moves within it.
      cost += height * Math.min(surplus, deficit);
      if (above !== undefined) put(above, level.parentOf[group] ?? 0, surplus - deficit);
    }
  }
  return cost;
}

function put({ surplus, deficit }: Level, group: number, extra: number): void {
  if (extra > 0) surplus[group] = (surplus[group] ?? 0) + extra;
  else deficit[group] = (deficit[group] ?? 0) - extra;
}

function treeOf({ levels, column }: Hierarchy, codes: number, first: number): Tree {
  const groupsOf = levels.map(({ groupOf }) => groupOf);
  if (groupsOf.some(({ length }) => length < codes)) {
    throw new AssayError('config', {
      what: `the hierarchy of \`${column}\` is of another table: it lacks values of this one`,
      mend: 'Build it for the table that is looked at.',
    });
  }
  const last = levels.at(-1);
  const hasRoot = last !== undefined && levels.length > 1 && last.labels.filter((label) => label !== null).length <= 1;
  const withRoot = hasRoot && (first === 1 || isOneGroup(last.groupOf));
  const all = withRoot ? groupsOf : [...groupsOf, new Int32Array(codes)];
  return {
    height: all.length - 1,
    leafOf: all[0] ?? new Int32Array(codes),
    nodes: all.map((groupOf, height) => levelOf(groupOf, all[height + 1])),
  };
}

function isOneGroup(groupOf: Int32Array): boolean {
  return groupOf.every((group) => group === groupOf[0]);
}

function levelOf(groupOf: Int32Array, above: Int32Array | undefined): Level {
  const groups = groupOf.reduce((largest, group) => Math.max(largest, group), 0) + 1;
  const parentOf = new Int32Array(groups);
  for (let code = 0; above !== undefined && code < groupOf.length; code++) {
    parentOf[groupOf[code] ?? 0] = above[code] ?? 0;
  }
  return { surplus: new Float64Array(groups), deficit: new Float64Array(groups), parentOf };
}
