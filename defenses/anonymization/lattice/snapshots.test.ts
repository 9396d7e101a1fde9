import { rng } from '#stats/random';
import type { EncodedColumn } from '../contract.js';
import { distinctTuples } from '../encoding/tuples.js';
import { builtHierarchy } from '../hierarchies/levels.js';
import { RollUp, type Classes } from './classes.js';
import { Snapshots } from './snapshots.js';

const ROWS = 3_000;
/** Values of each column; the level between them and `*` joins three at a time. */
const VALUES = [30, 12, 9, 6, 3];

/** Enough different tuples that columns are raised one after the other, and what comes out between is used again. */
function random() {
  const source = rng('snapshots');
  const columns = VALUES.map((values, c): EncodedColumn => ({
    name: `c${c}`,
    role: 'quasi-identifier',
    type: 'text',
    codes: Int32Array.from({ length: ROWS }, () => source.integer(values + 1)),
    dictionary: [null, ...Array.from({ length: values }, (_, i) => String(i))],
  }));
  const hierarchies = columns.map((column, c) =>
    builtHierarchy(column, VALUES[c]!, [
      (code) => ({
        label: `g${Math.floor(code / 3)}`,
        leavesUnder: code < 3 ? 2 : Math.min(3, VALUES[c]! + 1 - 3 * Math.floor(code / 3)),
      }),
    ]),
  );
  const sensitive: EncodedColumn = {
    ...{ name: 's', role: 'sensitive', type: 'text', dictionary: [null, 'x', 'y', 'z'] },
    codes: Int32Array.from({ length: ROWS }, () => source.integer(4)),
  };
  return { columns, hierarchies, sensitive, source };
}

test.each([0, 50_000, 10_000_000])('classes by way of kept ones are those of the rows, within %i bytes', (limit) => {
  const { columns, hierarchies, sensitive, source } = random();
  const tuples = distinctTuples({ rows: ROWS, columns }, { sensitive: [sensitive] });
  expect(tuples.count).toBeGreaterThan(2_500);
  const rollUp = new RollUp(tuples, hierarchies);
  const snapshots = new Snapshots(rollUp, rollUp.base(), limit, VALUES);

  for (let visit = 0; visit < 20; visit++) {
    const levels = Uint8Array.from(hierarchies, ({ levels: all }) => source.integer(all.length));
    const groupsOf = (codeOf: (column: number) => number) =>
      hierarchies.map((hierarchy, c) => hierarchy.levels[levels[c]!]!.groupOf[codeOf(c)]).join();
    const expected = new Map<string, number[]>();
    for (let row = 0; row < ROWS; row++) {
      const key = groupsOf((c) => columns[c]!.codes[row]!);
      const counts = expected.get(key) ?? [0, 0, 0, 0];
      counts[sensitive.codes[row]!]! += 1;
      expected.set(key, counts);
    }
    const classes = snapshots.classesAt(levels);
    const found = new Map(
      Array.from({ length: classes.count }, (_, i) => [
        groupsOf((c) => tuples.codes[c]![classes.tuples[i]!]!),
        countsOf(classes, i),
      ]),
    );
    expect(classes.levels).toEqual(levels);
    // As texts: comparing maps takes the square of their size.
    expect(textOf(found)).toBe(textOf(expected));
    const sizes = Array.from({ length: classes.count }, (_, i) => countsOf(classes, i).reduce((a, b) => a + b));
    expect([...classes.sizes]).toEqual(sizes);
  }
});

const textOf = (counts: ReadonlyMap<string, number[]>) => JSON.stringify([...counts].sort());

function countsOf({ histograms }: Classes, index: number): number[] {
  const { starts, codes, counts } = histograms[0]!;
  const all = [0, 0, 0, 0];
  for (let at = starts[index]!; at < starts[index + 1]!; at++) all[codes[at]!] = counts[at]!;
  return all;
}
