import { freshPrecision, tableAnchor } from '../../../../test/anchors.js';
import { openTable } from '../../../../test/table-fixtures.js';

test.each([
  ['credit-mlp', 60],
  ['credit-trees', 20],
] as const)(
  '%s: each of %d anchors holds on 10,000 fresh draws',
  async (name, rows) => {
    const fixture = await openTable(name);
    const begun = performance.now();
    const lengths: number[] = [];
    const coverages: number[] = [];
    let least = 1;
    for (let index = 0; index < rows; index++) {
      const { anchor, decision } = await tableAnchor(fixture, index);
      expect(anchor.holds).toBe(true);
      least = Math.min(least, await freshPrecision(fixture.target, anchor, decision, index));
      lengths.push(anchor.predicates.length);
      coverages.push(anchor.coverage);
    }
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    console.log(
      `${name}: ${rows} anchors, least precision ${least}, ${mean(lengths).toFixed(2)} predicates, coverage ` +
        `${mean(coverages).toFixed(3)}, ${((performance.now() - begun) / rows).toFixed(0)} ms a row`,
    );
    expect(least).toBeGreaterThanOrEqual(0.95);
    await fixture.target.dispose();
  },
  1_200_000,
);
