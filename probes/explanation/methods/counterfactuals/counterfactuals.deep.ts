import { row } from '#base/tensor';
import { counterfactualsOf, flaws } from '../../../../test/counterfactuals.js';
import { mlpLayers, mlpScores, otherDecision } from '../../../../test/other-decision.js';
import { openTable } from '../../../../test/table-fixtures.js';

const ROWS = 200;

test.each([
  ['credit-mlp', ROWS],
  ['credit-trees', ROWS],
  // Seven loyal customers have none, as is proved below: tenure is immutable.
  ['churn-mlp', 193],
] as const)(
  '%s: of 200 rows %d have counterfactuals, all sound, with few changes, and no others can have one',
  async (name, count) => {
    const fixture = await openTable(name);
    const begun = performance.now();
    const changes: number[] = [];
    const neighbours: number[] = [];
    let more = 0;
    for (let index = 0; index < ROWS; index++) {
      const explained = await counterfactualsOf(fixture, index);
      const [first] = explained.found;
      if (first === undefined) {
        expect(otherDecision(mlpLayers(name, fixture.domain), fixture.domain, explained.original)).toBeNull();
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
    expect(changes).toHaveLength(count);
    expect(mean(changes)).toBeLessThan(mean(neighbours));
    await fixture.target.dispose();
  },
  1_200_000,
);

test('the proof that churn-mlp gives no other decision finds one wherever the search does', async () => {
  const { target, domain, samples } = await openTable('churn-mlp');
  const layers = mlpLayers('churn-mlp', domain);
  const scores = await target.predict(samples.inputs);
  for (let index = 0; index < 100; index++) {
    const original = row(samples.inputs, index);
    const own = mlpScores(layers, original);
    for (const [j, score] of row(scores, index).entries()) expect(Math.abs(score - (own[j] ?? NaN))).toBeLessThan(1e-4);
    const { found, decision } = await counterfactualsOf({ target, domain, samples }, index);
    const other = otherDecision(layers, domain, original);
    expect(other === null).toBe(found.length === 0);
    if (other === null) continue;
    const { data } = await target.predict({ shape: [1, ...domain.shape], data: other });
    expect(decision(data)).toBeLessThan(0);
  }
  await target.dispose();
}, 1_200_000);
