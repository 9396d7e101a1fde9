import type { BoundModel, EncodedTable, Release } from '../contract.js';

/** A release in which classes that do not meet every model are suppressed as a whole; no model looks at a population. */
export function suppressFailing(table: EncodedTable, release: Release, models: readonly BoundModel[]): Release {
  const members = membersByClass(release);
  const counters = models.map(({ sensitive }) =>
    sensitive.map((position) => ({
      codes: table.columns[position]?.codes ?? new Int32Array(0),
      counts: new Int32Array(table.columns[position]?.dictionary.length ?? 1),
    })),
  );
  const holds = (rows: Int32Array): boolean =>
    models.every((model, i) => {
      const counted = counters[i] ?? [];
      for (const { codes, counts } of counted) {
        counts.fill(0);
        for (const row of rows) counts[codes[row] ?? 0] = (counts[codes[row] ?? 0] ?? 0) + 1;
      }
      return model.holds({ size: rows.length, population: 0, counts: counted.map(({ counts }) => counts) });
    });
  const kept = members.map(holds);
  if (kept.every(Boolean)) return release;
  return without(release, kept);
}

/** The rows of each class, in the order of the table. */
function membersByClass({ classOf, classes }: Release): Int32Array[] {
  const sizes = new Int32Array(classes);
  for (const own of classOf) if (own >= 0) sizes[own] = (sizes[own] ?? 0) + 1;
  const members = Array.from(sizes, (size) => new Int32Array(size));
  const filled = new Int32Array(classes);
  for (const [row, own] of classOf.entries()) {
    const rows = members[own];
    const place = filled[own] ?? 0;
    if (rows === undefined) continue;
    rows[place] = row;
    filled[own] = place + 1;
  }
  return members;
}

/** The kept classes keep their order, and so their numbers are by first appearance again. */
function without(release: Release, kept: readonly boolean[]): Release {
  let next = 0;
  const numbers = Int32Array.from(kept, (isKept) => (isKept ? next++ : -1));
  return {
    ...release,
    suppressed: release.suppressed.map((flag, row) => (numbers[release.classOf[row] ?? -1] === -1 ? 1 : flag)),
    classOf: release.classOf.map((own) => numbers[own] ?? -1),
    classes: next,
  };
}
