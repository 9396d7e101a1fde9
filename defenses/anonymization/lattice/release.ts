import type { EncodedColumn, Hierarchy, Release, ReleasedColumn, ReleaseMethod } from '../contract.js';
import type { Tuples } from '../encoding/tuples.js';
import type { ClassJudge } from './class-judge.js';
import type { Classes, RollUp } from './classes.js';

/** The table as a node leaves it: classes that fail are suppressed, the others numbered by their first row. */
export function releaseOf(
  levels: Uint8Array,
  input: {
    readonly columns: readonly EncodedColumn[];
    readonly hierarchies: readonly Hierarchy[];
    readonly tuples: Tuples;
    readonly rollUp: RollUp;
    readonly base: Classes;
    readonly judge: ClassJudge;
  },
  method: ReleaseMethod,
): Release {
  const { classOf: classOfTuple, classes } = input.rollUp.classOfTuples(input.base, levels);
  const released = input.judge.released(classes);
  const { tupleOf } = input.tuples;
  const suppressed = new Uint8Array(tupleOf.length);
  const classOf = new Int32Array(tupleOf.length);
  const numbers = new Int32Array(classes.count).fill(-1);
  let count = 0;
  for (let row = 0; row < tupleOf.length; row++) {
    const index = classOfTuple[tupleOf[row] ?? 0] ?? 0;
    if (released[index] === 0) {
      suppressed[row] = 1;
      classOf[row] = -1;
      continue;
    }
    if (numbers[index] === -1) numbers[index] = count++;
    classOf[row] = numbers[index] ?? -1;
  }
  const columns = input.columns.map((column, i) => releasedColumn(column, input.hierarchies[i], levels[i] ?? 0));
  return { columns, suppressed, classOf, classes: count, method };
}

function releasedColumn({ name, codes }: EncodedColumn, hierarchy: Hierarchy | undefined, at: number): ReleasedColumn {
  const level = hierarchy?.levels[at];
  const leaves = hierarchy?.leaves ?? 1;
  const groupOf = level?.groupOf ?? new Int32Array(0);
  return {
    name,
    codes: codes.map((code) => groupOf[code] ?? 0),
    labels: level?.labels ?? [],
    shares: Float64Array.from(level?.leavesUnder ?? [], (under) =>
      leaves > 1 ? Math.max(0, under - 1) / (leaves - 1) : 0,
    ),
  };
}
