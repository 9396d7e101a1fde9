import type { JsonObject } from '#base/json';
import { rng } from '#stats/random';
import { audited, type Row } from './testing/audited.js';

/** The definitions, record by record and without any code of the product. */
describe('against the definitions, on random tables', () => {
  function randomRows(seed: number): Row[] {
    const source = rng(`classes ${seed}`);
    const value = (below: number, missing: number) =>
      source.uniform() < missing ? null : String(source.integer(below));
    return Array.from({ length: 1 + source.integer(40) }, () => [value(3, 0.2), value(2, 0.2), value(4, 0.15)]);
  }

  const agrees = (a: Row, b: Row, missing: string) =>
    [0, 1].every((i) => a[i] === b[i] || (missing === 'matches-everything' && (a[i] == null || b[i] == null)));

  const shares = (rows: readonly Row[]) => {
    const known = rows.map((row) => row[2]).filter((value) => value != null);
    const count = new Map<string, number>();
    for (const value of known) count.set(value, (count.get(value) ?? 0) + 1);
    return new Map([...count].map(([value, n]) => [value, n / known.length]));
  };

  const NAIVE: readonly (readonly [string, JsonObject, (members: readonly Row[], all: readonly Row[]) => boolean])[] = [
    ['l-diversity', { l: 2 }, (members) => shares(members).size >= 2],
    [
      'l-diversity',
      { l: 2, kind: 'entropy' },
      (members) => {
        const p = [...shares(members).values()];
        return p.length > 0 && Math.exp(-p.reduce((sum, q) => sum + q * Math.log(q), 0)) >= 2 - 1e-9;
      },
    ],
    [
      'l-diversity',
      { l: 2, kind: 'recursive', c: 1.7 },
      (members) => {
        const [first = 0, ...rest] = [...shares(members).values()].sort((a, b) => b - a);
        return first < 1.7 * rest.reduce((a, b) => a + b, 0);
      },
    ],
    [
      't-closeness',
      { t: 0.3137 },
      (members, all) => {
        const [q, p] = [shares(members), shares(all)];
        if (q.size === 0) return true;
        return [...p].reduce((sum, [value, share]) => sum + Math.abs(share - (q.get(value) ?? 0)), 0) / 2 <= 0.3137;
      },
    ],
    [
      'alpha-k',
      { alpha: 0.61, k: 3 },
      (members) => members.length >= 3 && [...shares(members).values()].every((q) => q <= 0.61),
    ],
    [
      'beta-likeness',
      { beta: 0.93, kind: 'enhanced' },
      (members, all) => {
        const p = shares(all);
        return [...shares(members)].every(([value, q]) => {
          const base = p.get(value) ?? 0;
          return q <= base + 1e-12 || (q - base) / base <= Math.min(0.93, -Math.log(base));
        });
      },
    ],
    [
      'delta-disclosure',
      { delta: 0.57 },
      (members, all) => {
        const p = shares(all);
        return [...shares(members)].every(([value, q]) => Math.abs(Math.log(q / (p.get(value) ?? 0))) < 0.57);
      },
    ],
  ];

  test.each(NAIVE)('%s %j', async (name, options, holds) => {
    let risky = 0;
    for (let seed = 0; seed < 60; seed++) {
      const rows = randomRows(seed);
      const kept = rows.filter((row) => row[0] != null || row[1] != null);
      if (shares(rows).size === 0 || kept.length === 0) continue;
      for (const missing of ['own-value', 'matches-everything']) {
        const classOf = (row: Row) => kept.filter((other) => agrees(row, other, missing));
        const expected = kept.filter((row) => !holds(classOf(row), rows)).length;
        const { data } = await audited(name, { ...options, missing }, rows);
        expect(data.recordsAtRisk).toBe(expected);
        risky += expected;
      }
    }
    expect(risky).toBeGreaterThan(100);
  });

  test('k-map and delta-presence', async () => {
    for (let seed = 0; seed < 60; seed++) {
      const [rows, people] = [randomRows(seed), randomRows(seed + 1000)];
      const hasQuasi = (row: Row) => row[0] != null || row[1] != null;
      const [kept, known] = [rows.filter(hasQuasi), people.filter(hasQuasi)];
      for (const missing of ['own-value', 'matches-everything']) {
        const matching = (row: Row, of: readonly Row[]) => of.filter((other) => agrees(row, other, missing)).length;
        const map = await audited('k-map', { k: 4, missing }, rows, people);
        expect(map.data.recordsAtRisk).toBe(kept.filter((row) => matching(row, known) < 4).length);
        const presence = await audited('delta-presence', { minimum: 0.3, maximum: 1, missing }, rows, people);
        const ratio = (row: Row) => matching(row, kept) / matching(row, known);
        expect(presence.data.recordsAtRisk).toBe(kept.filter((row) => !(ratio(row) >= 0.3 && ratio(row) <= 1)).length);
        expect(presence.data.population?.absent).toBe(known.filter((row) => matching(row, kept) === 0).length);
      }
    }
  });
});
