import { row, zeros } from '#base/tensor';
import { rng } from '#stats/random';
import { isLegal, positionsOf } from '#target/table-domain';
import { counterfactualsOf, flaws, type Explanation } from '../../../../test/counterfactuals.js';
import { openTable, type TableFixture } from '../../../../test/table-fixtures.js';

const ROWS = 200;
/** Random rows by which it is checked that there is no counterfactual where none was found. */
const DRAWS = 20_000;

test.each([
  ['credit-mlp', ROWS],
  ['credit-trees', ROWS],
  // Of seven loyal customers interval bounds over every legal combination prove that there is none: tenure is immutable.
  ['churn-mlp', 193],
] as const)(
  '%s: of 200 rows at least %d have counterfactuals, all sound, with few changes',
  async (name, atLeast) => {
    const fixture = await openTable(name);
    const begun = performance.now();
    const changes: number[] = [];
    const neighbours: number[] = [];
    let more = 0;
    for (let index = 0; index < ROWS; index++) {
      const explained = await counterfactualsOf(fixture, index);
      const [first] = explained.found;
      if (first === undefined) {
        expect(await anotherSearch(fixture, explained, index)).toBe(0);
        continue;
      }
      for (const each of explained.found) expect(await flaws(fixture, explained, each)).toEqual([]);
      const { changed } = explained.unlike!;
      changes.push(first.changed.length);
      neighbours.push(changed.length);
      if (first.changed.length <= changed.length) continue;
      more++;
      // A neighbour may need fewer changes only by being another in what nobody can change.
      expect(changed.some(({ immutable }) => immutable)).toBe(true);
    }
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    console.log(
      `${name}: ${changes.length} of ${ROWS} rows, ${mean(changes).toFixed(2)} changes in the mean, ` +
        `${changes.toSorted((a, b) => a - b)[changes.length >>> 1]} in the median; nearest unlike neighbour ` +
        `${mean(neighbours).toFixed(2)}; more changes than it on ${more} rows; ` +
        `${((performance.now() - begun) / ROWS).toFixed(0)} ms a row`,
    );
    expect(changes.length).toBeGreaterThanOrEqual(atLeast);
    expect(mean(changes)).toBeLessThan(mean(neighbours));
    await fixture.target.dispose();
  },
  1_200_000,
);

/** How many of random legal rows, each column that can be changed from another row or as it is, get another decision. */
async function anotherSearch(
  { target, domain, samples }: TableFixture,
  of: Explanation,
  index: number,
): Promise<number> {
  const source = rng(`another search ${index}`);
  const mutable = (domain.columns ?? []).filter(({ immutable }) => !immutable);
  const batch = zeros([DRAWS, of.original.length]);
  for (let i = 0; i < DRAWS; i++) {
    const whole = row(samples.inputs, source.integer(samples.indices.length));
    row(batch, i).set(of.original);
    for (const column of mutable) {
      const single = row(samples.inputs, source.integer(samples.indices.length));
      const drawn = source.uniform();
      const from = drawn < 0.6 ? whole : drawn < 0.8 ? single : of.original;
      for (const j of positionsOf(column)) row(batch, i)[j] = from[j] ?? NaN;
    }
  }
  const scores = await target.predict(batch);
  let count = 0;
  for (let i = 0; i < DRAWS; i++) {
    if (of.decision(row(scores, i)) < 0 && isLegal(domain, row(batch, i), of.original)) count++;
  }
  return count;
}
