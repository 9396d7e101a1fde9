import { sumByGroup, type CodedColumn, type Grouping } from '../group-rows.js';

/** All rows of a table in groups, numbered in the order in which the rows first show them. */
export type Partition = Grouping;

/** Up to so many pairs of group and code are looked up in an array. */
const LARGEST_ARRAY = 2 ** 21;

export function oneGroup(rows: number): Partition {
  return { group: new Int32Array(rows), count: Math.min(1, rows) };
}

/** Splits groups by one column more, so that sets of columns with a common beginning share its work. */
export function refine({ group, count }: Partition, { codes, size }: CodedColumn): Partition {
  const refined = new Int32Array(group.length);
  const known = count * size <= LARGEST_ARRAY ? arrayOf(count * size) : new Map<number, number>();
  let groups = 0;
  for (let row = 0; row < group.length; row++) {
    const pair = (group[row] ?? 0) * size + (codes[row] ?? 0);
    let number = known.get(pair);
    if (number === undefined) {
      number = groups++;
      known.set(pair, number);
    }
    refined[row] = number;
  }
  return { group: refined, count: groups };
}

export function sizesOf(partition: Partition): Float64Array {
  return sumByGroup(partition, () => 1);
}

interface Numbers {
  get(key: number): number | undefined;
  set(key: number, number: number): void;
}

/** As a map, several times faster. */
function arrayOf(length: number): Numbers {
  const numbers = new Int32Array(length);
  return {
    get: (key) => {
      const number = numbers[key] ?? 0;
      return number === 0 ? undefined : number - 1;
    },
    set: (key, number) => (numbers[key] = number + 1),
  };
}
