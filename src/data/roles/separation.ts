/** The group of each record: records of one group agree on some columns. */
export interface Grouping {
  readonly groupOf: Int32Array;
  readonly groups: number;
}

/** How well columns tell records apart. */
export interface Separation {
  /** Different combinations of values, as a share of the records, in [0, 1]. */
  readonly distinction: number;
  /** Pairs of records that differ, as a share of all pairs, in [0, 1]. */
  readonly separation: number;
  /** Records that no other one is equal to, as a share, in [0, 1]. */
  readonly unique: number;
}

/** All records in one group: they agree on no columns. */
export function undivided(records: number): Grouping {
  return { groupOf: new Int32Array(records), groups: records === 0 ? 0 : 1 };
}

/** Records by the values of a column, or by their numbers; a missing one is a value of its own. */
export function groupedBy(values: ArrayLike<string | number | null>): Grouping {
  const numbers = new Map<string | number | null, number>();
  const groupOf = Int32Array.from(values, (value) => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  });
  return { groupOf, groups: numbers.size };
}

/** Records that agree on the columns of both. */
export function together(one: Grouping, other: Grouping): Grouping {
  const numbers = new Map<number, number>();
  const groupOf = one.groupOf.map((group, record) => {
    const pair = group * other.groups + (other.groupOf[record] ?? 0);
    const number = numbers.get(pair) ?? numbers.size;
    numbers.set(pair, number);
    return number;
  });
  return { groupOf, groups: numbers.size };
}

/** Distinction and separation (Motwani & Xu 2007, sections 1 and 2), and the records that stand alone. */
export function separationOf({ groupOf, groups }: Grouping): Separation {
  const records = groupOf.length;
  const sizes = new Float64Array(groups);
  for (const group of groupOf) sizes[group] = (sizes[group] ?? 0) + 1;
  const pairs = records * (records - 1);
  return {
    distinction: records === 0 ? 0 : groups / records,
    separation: pairs === 0 ? 0 : 1 - sizes.reduce((equal, size) => equal + size * (size - 1), 0) / pairs,
    unique: records === 0 ? 0 : sizes.reduce((count, size) => count + (size === 1 ? 1 : 0), 0) / records,
  };
}
